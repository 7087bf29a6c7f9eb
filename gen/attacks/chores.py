"""Chores and notes: what people are asked and told every day, and no agent could do for them.

They stand in a technique's harmless twins where an attack has its order: as long, with as many
names, addresses, numbers and links, and nobody is wronged by them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gen.attacks.template_file import TemplateFile, read_front
from gen.records import SourceFile
from gen.stories.slot import Casting, StorySlot, draw_slots
from gen.templating.facts import find_references, resolve
from tool_catalog.errors import UnknownName

FEWEST_CHORES = 12


class ChoresFront(BaseModel):
    """A file of chores and notes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    slots: dict[str, StorySlot] = Field(default_factory=dict)
    chores: list[str] = Field(min_length=FEWEST_CHORES)
    """Asked of people: "hand the signed sheet to the caretaker"."""
    notes: list[str] = Field(min_length=FEWEST_CHORES)
    """Told to people: "the gym is closed on Tuesday"."""


@dataclass(frozen=True, eq=False)
class Chores:
    """Chores and notes of one walk of life."""

    name: str
    front: ChoresFront
    source: SourceFile

    def draw(self, kind: str, rng: Random, casting: Casting, today: date) -> str:
        """A chore or a note with its values; `kind` is which."""
        lines: Sequence[str] = self.front.chores if kind == "chore" else self.front.notes
        facts = draw_slots(self.front.slots, rng, casting, today, {"today": today.isoformat()})
        return str(resolve(rng.choice(lines), facts))


def read_chores(file: TemplateFile) -> Chores:
    """Read and check one file.

    Raises:
        BadTemplate: it cannot be used; file and line are named.
    """
    front = read_front(file, ChoresFront)
    for kind in ("chores", "notes"):
        for index, line in enumerate(getattr(front, kind)):
            for name in sorted(find_references(line) - {*front.slots, "today"}):
                raise file.error((kind, index), UnknownName("slot", name, front.slots))
    return Chores(file.name, front, file.describe("chores"))


def name_spoken(kind: str, text: str) -> Mapping[str, Any]:
    """A chore or note as a twin's line speaks of it: as it is, and as a sentence begins."""
    return {kind: text, kind.capitalize(): text[:1].upper() + text[1:]}
