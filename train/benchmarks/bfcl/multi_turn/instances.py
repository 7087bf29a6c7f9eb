"""The official classes while one case is played or checked, apart from every other case.

The official runner keeps its instances as global names made of a model's and a case's name, for
good. Here each opening has a name of its own, and what it left is removed when it closes.
"""

import decimal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from train.benchmarks.bfcl.cases import Category
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue
from train.benchmarks.bfcl.multi_turn.official import Official


class Instances:
    """The classes of one case, at its start until something is run."""

    def __init__(self, official: Official, case: Dialogue, owner: str) -> None:
        self._official, self._case, self._owner = official, case, owner

    def run(self, calls: Sequence[str]) -> list[str]:
        """Carry calls out, in their order; a call that fails says so in its result.

        Args:
            calls: of `train.benchmarks.bfcl.multi_turn.call_source`; they are evaluated.
        """
        with decimal.localcontext():  # which one of the classes changes
            results, _ = self._official.run(
                func_call_list=list(calls),
                initial_config=self._case.start,
                involved_classes=list(self._case.classes),
                model_name=self._owner,
                test_entry_id=self._case.id,
                long_context=self._case.category is Category.MULTI_TURN_LONG_CONTEXT,
            )
        return list(results)

    def check(self, turns: Sequence[Sequence[Sequence[str]]]) -> ErrorType | None:
        """What is wrong with the calls of every step of every turn, by the official checker.

        It carries them out anew, beside those that are due, on instances of its own.
        """
        entry = {
            "id": self._case.id,
            "initial_config": self._case.start,
            "involved_classes": list(self._case.classes),
        }
        with decimal.localcontext():
            found = self._official.check(
                turns, self._case.answers, entry, str(self._case.category), self._owner
            )
        return None if found["valid"] else ErrorType(found["error_type"])


@contextmanager
def open_instances(official: Official, case: Dialogue) -> Iterator[Instances]:
    """Instances for one case; they are gone afterwards."""
    owner = f"triact_{uuid4().hex}"
    try:
        yield Instances(official, case, owner)
    finally:
        for name in [n for n in official.instances if n.startswith(f"{owner}_")]:
            del official.instances[name]
