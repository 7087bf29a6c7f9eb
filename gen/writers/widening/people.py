"""New personas: what people of many walks mention in passing, whatever they ask for."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, product
from itertools import count as count_from
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from gen.checks.inertness import find_live
from gen.config import RunConfig
from gen.stories.persona import load_asides
from gen.templating.facts import find_marks
from gen.writers.instructions import Message, load_instruction
from gen.writers.language import is_language
from gen.writers.meaning import Flaw, find_refusal, speaks_to_model
from gen.writers.widening.kind import Cell, Filed, NewPiece
from tool_catalog.errors import BadTemplate

_SHORTEST, _LONGEST = 12, 160
_EXAMPLES = 4
_APART = 37
"""How far apart people begin in the list of ways."""
_ASKS = re.compile(r"\?|\b(?:please|could you|can you|would you|thanks|thank you)\b", re.IGNORECASE)


class FiveLines(BaseModel):
    """What a model is asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    line1: str
    line2: str
    line3: str
    line4: str
    line5: str


class People:
    """The kind `personas`.

    Args:
        config: folders of templates that hold some.
    """

    name = "personas"
    schema = FiveLines

    def __init__(self, config: RunConfig) -> None:
        self._folders = tuple(config.template_folders)
        self._known = load_asides(self._folders)
        self._instruction = load_instruction("persona")

    def list_cells(self, count: int, seed: int) -> Sequence[Cell]:
        """See `WritableKind`: people come round in turn, all else is drawn."""
        dice, lists = Random(f"{seed}:people"), self._instruction.lists
        people = dice.sample(lists["people"], len(lists["people"]))
        ways = dice.sample(some := list(product(lists["moments"], lists["manners"])), len(some))
        cells = []
        for number in range(count):
            turn, person = divmod(number, len(people))
            moment, manner = ways[(turn + person * _APART) % len(ways)]  # another one each turn
            values = {"person": people[person], "moment": moment, "manner": manner}
            cells.append(Cell(number, self.name, values))
        return cells

    def write(self, cell: Cell) -> list[Message]:
        """See `WritableKind`."""
        lines = [line for some in self._known.roles.values() for line in some]
        shown = Random(cell.number).sample(lines, _EXAMPLES)
        return self._instruction.write(
            {**cell.values, "examples": "\n".join(f"- {x}" for x in shown)}
        )

    def say_again(self, flaw: Flaw) -> str:
        """See `WritableKind`."""
        return self._instruction.render("again", {"faults": flaw.reason})

    def read(self, cell: Cell, answer: Any) -> NewPiece | Flaw:
        """See `WritableKind`."""
        lines = [" ".join(str(line).split()) for line in dict(answer).values()]
        if len(set(map(str.lower, lines))) < len(lines):
            return Flaw("copy", "two of its lines are the same")
        flaw = next((found for line in lines if (found := _find_flaw(line))), None)
        return flaw or NewPiece(cell, answer, tuple(lines))

    def list_known(self) -> Iterable[str]:
        """See `WritableKind`."""
        for lines in (*self._known.roles.values(), *self._known.moods.values()):
            yield from lines

    def file_away(self, group: str, pieces: Sequence[NewPiece], out: Path, note: str) -> Filed:
        """See `WritableKind`: a file of roles, proven by being read as the user's own."""
        roles: dict[str, list[str]] = {}
        for piece in pieces:
            name = "_".join(piece.cell.values["person"].split()[1:]).replace("-", "_")
            stems = chain([name], (f"{name}_{number}" for number in count_from(2)))
            stem = next(s for s in stems if s not in roles and s not in self._known.roles)
            roles[stem] = [*piece.texts]
        text = f"# {note}\n" + yaml.safe_dump(
            {"roles": roles}, allow_unicode=True, sort_keys=False, width=10**6
        )
        folder = out / "speech"
        path = next(
            path for path in (folder / f"personas-{n}.yaml" for n in count_from(1))
            if not path.exists() or path.read_text("utf-8") == text
        )  # fmt: skip
        if reason := _prove(text, set(roles)):
            return Filed(group, len(pieces), reason=reason)
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return Filed(group, len(pieces), path)


def _prove(text: str, roles: set[str]) -> str:
    """Why a file cannot be read as the user's own; empty when it can."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "speech" / "personas-0.yaml"
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        try:
            return "" if roles <= set(load_asides((Path(folder),)).roles) else "roles are missing"
        except BadTemplate as error:
            return str(error).replace(f"{folder}/", "")


def _find_flaw(line: str) -> Flaw | None:
    if not _SHORTEST <= len(line) <= _LONGEST:
        return Flaw("length", f"{line!r} has {len(line)} characters; {_SHORTEST} to {_LONGEST} fit")
    if marks := find_marks(line):
        return Flaw("values", f"{line!r} holds {marks[0]!r}; leave values out")
    if live := find_live(line):
        return Flaw("inertness", live)
    if "{" in line or "}" in line:
        return Flaw("places", "it holds braces, which a template would fill in")
    if refusal := find_refusal(line):
        return Flaw("refusal", f"it {refusal} in place of a line")
    if speaks_to_model(line):
        return Flaw("orders", f"{line!r} speaks to a model")
    if asks := _ASKS.search(line):
        return Flaw("asks", f"{line!r} asks or thanks ({asks.group()!r})")
    return None if is_language(line, "en") else Flaw("language", f"{line!r} is not in English")
