"""What can be written: which cells there are, what is asked in one, when an answer is of use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from gen.writers.instructions import Message
from gen.writers.meaning import Flaw


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing that is asked for. Who asks decides on its variety, and not the model's mood."""

    number: int
    group: str
    """What is filed together with it."""
    values: Mapping[str, str]
    """What it is to be, by axis; reports count by these."""


@dataclass(frozen=True, slots=True)
class NewPiece:
    """An answer that can be used."""

    cell: Cell
    answer: BaseModel
    texts: tuple[str, ...]
    """What of it must not be a copy of anything that there is."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of the pieces of a group."""

    group: str
    pieces: int
    path: Path | None = None
    reason: str = ""
    """Why they are no file; empty where they are."""


class WritableKind(Protocol):
    """Something that `triact write` has written."""

    @property
    def name(self) -> str:
        """As the command names it."""
        ...

    @property
    def schema(self) -> type[BaseModel]:
        """The form of an answer."""
        ...

    def list_cells(self, count: int, seed: int) -> Sequence[Cell]:
        """So many things to ask for, drawn by seed."""
        ...

    def write(self, cell: Cell) -> list[Message]:
        """What a model is asked."""
        ...

    def say_again(self, flaw: Flaw) -> str:
        """What it is told of an answer that cannot be used."""
        ...

    def read(self, cell: Cell, answer: Any) -> NewPiece | Flaw:
        """The answer as a piece, or why it is of no use."""
        ...

    def list_known(self) -> Iterable[str]:
        """Texts that there are already."""
        ...

    def file_away(self, group: str, pieces: Sequence[NewPiece], out: Path, note: str) -> Filed:
        """Write a group's pieces to a file that a person can read and change, once it is proven.

        Args:
            group: of `Cell.group`.
            pieces: all of it.
            out: the user's folder of templates.
            note: who wrote them.
        """
        ...
