"""Which cases stand or fall together, so that intervals resample them as one.

Hundreds of live cases ask different things of one set of functions, and some two hundred questions
occur in several categories. The four multi-turn categories vary the same scenarios.
"""

import json
from collections.abc import Iterable

from train.benchmarks.bfcl.cases import FunctionCase
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue
from train.benchmarks.selection import join_groups


def group_cases(cases: Iterable[FunctionCase | Dialogue]) -> dict[str, str]:
    """The group of each case by its id, named after one of its cases.

    Single-turn cases share a group when their functions are the same or their questions are, or
    both do with a third; multi-turn ones when their numbers are.
    """
    return join_groups((case.id, _list_keys(case)) for case in cases)


def _list_keys(case: FunctionCase | Dialogue) -> tuple[str, ...]:
    if isinstance(case, Dialogue):
        return (case.id.rpartition("_")[2],)
    shared = (("functions", case.functions), ("question", case.question))
    return tuple(json.dumps(pair, sort_keys=True) for pair in shared)
