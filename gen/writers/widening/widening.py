"""Cells asked for, checked, held against what there is, filed, and counted.

What a model answered is kept like every reply, so that the same command goes on where it was
stopped and asks only for what is missing. Equal replies give equal files.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen.engine.bill import Bill, Estimate
from gen.engine.structure import Asker
from gen.writers.commission import Commission, foresee, open_desk
from gen.writers.meaning import Flaw
from gen.writers.widening.kind import Cell, Filed, NewPiece, WritableKind
from gen.writers.widening.novelty import KnownTexts
from gen.writers.yield_report import FAILED, WORDED, YieldReport
from tool_catalog.errors import (
    BadReply,
    CheckFailed,
    EndpointFailed,
    EndpointRefused,
    find_first,
)

TRIES = 3
"""How often a cell is asked for before it is given up."""
PILOT = 100
"""Cells after which the yield is held against what was asked for."""

_EXPECTED = 120
"""Tokens that an answer is thought to have."""

OnCell = Callable[[int, int], None]
"""Called with how many cells are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Widening:
    """What came of all cells."""

    filed: tuple[Filed, ...]
    tally: YieldReport
    requests: int
    cached: int
    tokens_in: int
    tokens_out: int
    money: float | None
    seconds: float

    @property
    def pieces(self) -> int:
        """Those that stand in files."""
        return sum(filed.pieces for filed in self.filed if filed.path)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        files = [
            {"group": f.group, "pieces": f.pieces, "path": f.path and str(f.path),
             "reason": f.reason}
            for f in self.filed
        ]  # fmt: skip
        used = {
            name: getattr(self, name)
            for name in (f.name for f in dataclasses.fields(self))
            if name not in ("filed", "tally")
        }
        return {"pieces": self.pieces, **used, "filed": files, "yield": self.tally.to_dict()}


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is to be written."""

    kind: WritableKind
    count: int
    seed: int
    out: Path
    near: float
    """Similarity from which a text is a copy of another."""
    least: float
    """Share of the first cells that must be of use, or all stops."""


def widen(commission: Commission, task: Assignment, on_cell: OnCell) -> Widening:
    """Have a kind of thing written, and file what is of use.

    Raises:
        CheckFailed: too little of the first answers is of use.
        EndpointRefused: the endpoint answers nothing, or the budget is spent; replies are kept.
    """
    commission.make_config()
    return asyncio.run(_widen(commission, task, on_cell))


def estimate_widening(commission: Commission, task: Assignment) -> Estimate:
    """What it will take; nothing is sent."""
    commission.make_config()

    async def work() -> Estimate:
        async with open_desk(commission, task.seed) as desk:
            cells = task.kind.list_cells(task.count, task.seed)
            settings = _make_settings(commission, task)
            asked = [
                desk.asker.make_request(
                    task.kind.write(cell),
                    task.kind.schema,
                    expected=_EXPECTED,
                    **settings,
                )
                for cell in cells
            ]
            return foresee(desk.asker, asked, commission, desk.replies)

    return asyncio.run(work())


def _make_settings(commission: Commission, task: Assignment) -> dict[str, Any]:
    return {"temperature": 0.9, "max_tokens": commission.max_tokens, "seed": task.seed}


async def _widen(commission: Commission, task: Assignment, on_cell: OnCell) -> Widening:
    begun = time.monotonic()
    async with open_desk(commission, task.seed) as desk:
        settings = _make_settings(commission, task)
        await desk.asker.find_mode(**settings)
        cells = task.kind.list_cells(task.count, task.seed)
        desk_of = _Answers(task, desk.asker, settings, len(cells), on_cell)
        answers = await _gather(desk_of, cells)
        pieces = desk_of.keep_new(answers)
        note = f"written by {commission.model}, instruction of {task.kind.name}, seed {task.seed}"
        filed = tuple(
            task.kind.file_away(group, some, task.out, note)
            for group, some in _group(pieces).items()
        )
        return _sum_up(filed, desk_of.tally, desk.bill, begun)


async def _gather(desk: "_Answers", cells: Sequence[Cell]) -> list[NewPiece | Flaw]:
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(desk.ask(cell)) for cell in cells]
    except* (EndpointRefused, CheckFailed) as stopped:
        raise find_first(stopped) from None
    return [task.result() for task in tasks]


class _Answers:
    """Cells on their way, and what became of them."""

    def __init__(
        self,
        task: Assignment,
        asker: Asker,
        settings: dict[str, Any],
        total: int,
        on_cell: OnCell,
    ) -> None:
        self._task, self._asker, self._settings = task, asker, settings
        self._total, self._on_cell = total, on_cell
        self._done, self._useful = 0, 0
        self.tally = YieldReport()
        self._known = KnownTexts(task.kind.list_known(), task.near)

    async def ask(self, cell: Cell) -> NewPiece | Flaw:
        """A piece for a cell, after as many tries as it takes; or what was wrong at last."""
        found = await self._try(cell)
        self._done += 1
        self._useful += isinstance(found, NewPiece)
        self._on_cell(self._done, self._total)
        if self._done == min(PILOT, self._total) and self._useful < self._task.least * self._done:
            worst = ", ".join(f"{name} {n}" for name, n in self.tally.refused.most_common(3))
            raise CheckFailed(
                f"only {self._useful} of {self._done} answers are of use, less than --min-yield "
                f"{self._task.least:.0%}; refused for: {worst}. Take a larger model or a lower "
                "--min-yield; every reply is kept"
            )
        return found

    async def _try(self, cell: Cell) -> NewPiece | Flaw:
        kind = self._task.kind
        opening = messages = kind.write(cell)
        flaw = Flaw("reply", "no answer")
        for attempt in range(TRIES):
            settings = {**self._settings, "seed": self._task.seed + attempt}
            try:
                answer = await self._asker.ask(messages, kind.schema, **settings)
            except EndpointRefused:
                raise
            except EndpointFailed as error:  # which was asked for again already
                why = f"reply {error.reason}" if isinstance(error, BadReply) else "no reply"
                self.tally.refused[why] += 1
                return Flaw(why, str(error))
            found = kind.read(cell, answer)
            if isinstance(found, NewPiece):
                found = self._compare(found)
            if isinstance(found, NewPiece):
                return found
            flaw = found
            self.tally.refused[flaw.check] += 1
            said = {"role": "assistant", "content": answer.model_dump_json()}
            messages = [*opening, said, {"role": "user", "content": kind.say_again(flaw)}]
        return flaw

    def _compare(self, piece: NewPiece) -> NewPiece | Flaw:
        """A piece that copies nothing that there was before."""
        copies = (self._known.find_copy(text) for text in piece.texts)
        if copy := next(filter(None, copies), ""):
            return Flaw("copy", f"it is nearly the same as {copy!r}, which there is already")
        return piece

    def keep_new(self, answers: Sequence[NewPiece | Flaw]) -> list[NewPiece]:
        """The pieces, in the order of their cells, without copies of one another; all counted."""
        kept = []
        fresh = KnownTexts((), self._task.near)
        cells = self._task.kind.list_cells(self._task.count, self._task.seed)
        for cell, found in zip(cells, answers, strict=True):
            if isinstance(found, NewPiece) and any(map(fresh.find_copy, found.texts)):
                found = Flaw("copy", "another answer says nearly the same")
                self.tally.refused[found.check] += 1
            self.tally.count(WORDED if isinstance(found, NewPiece) else FAILED, **cell.values)
            if isinstance(found, NewPiece):
                kept.append(found)
                for text in found.texts:
                    fresh.add(text)
        return kept


def _group(pieces: Sequence[NewPiece]) -> dict[str, list[NewPiece]]:
    found: dict[str, list[NewPiece]] = {}
    for piece in pieces:
        found.setdefault(piece.cell.group, []).append(piece)
    return found


def _sum_up(filed: tuple[Filed, ...], tally: YieldReport, bill: Bill, begun: float) -> Widening:
    return Widening(
        filed, tally, bill.requests, bill.cached, bill.tokens_in, bill.tokens_out, bill.money,
        round(time.monotonic() - begun, 1),
    )  # fmt: skip
