"""Stored outputs scored: a verdict a row, and the totals."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tool_catalog.errors import UnknownName, UserMistake
from train.agents.turn import is_blank
from train.benchmarks.bfcl.cases import (
    MULTI_TURN,
    WITHOUT_ANSWERS,
    Category,
    FunctionCase,
    load_cases,
    refuse_agentic,
)
from train.benchmarks.bfcl.checking.ast_check import check_calls
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.multi_turn.dialogue_score import score_dialogue
from train.benchmarks.bfcl.multi_turn.dialogues import load_dialogues
from train.benchmarks.bfcl.multi_turn.official import load_official
from train.benchmarks.bfcl.outputs import CallForm, read_output
from train.benchmarks.bfcl.tools import rename_functions, restore_names
from train.benchmarks.bfcl.totals import CategoryTally, LeaderboardTotals, total
from train.benchmarks.coverage import Coverage, RowFault, UnknownCase, cover, refuse_none
from train.evaluation.transcripts import Transcript

_Judge = Callable[[Any], ErrorType | None]
_FAILED = "Error during inference:"


@dataclass(frozen=True, slots=True)
class Score:
    """What one output earned."""

    id: str
    category: Category
    error_type: ErrorType | None

    @property
    def valid(self) -> bool:
        """Whether the output counts."""
        return self.error_type is None

    def to_columns(self) -> dict[str, Any]:
        """The verdict, as published rows have it."""
        return {"id": self.id, "valid": self.valid, "error_type": self.error_type}


def score_output(
    output: Any, case: FunctionCase, form: CallForm = CallForm.EITHER
) -> ErrorType | None:
    """The first fault of one output, None when it counts."""
    calls = read_output(output, case.category, form)
    if case.category in WITHOUT_ANSWERS:
        called = not isinstance(calls, ErrorType) and bool(calls)
        if case.category is Category.LIVE_RELEVANCE:
            return None if called else ErrorType.NO_CALL_IN_RELEVANCE
        return ErrorType.CALL_IN_IRRELEVANCE if called else None
    if isinstance(calls, ErrorType):
        return calls
    if form is CallForm.TOOLS:
        return check_calls(calls, rename_functions(case))
    return check_calls(restore_names(calls, case) if form is CallForm.EITHER else calls, case)


@dataclass(frozen=True, slots=True)
class StoredOutputScores:
    """Rows, judged and counted."""

    rows: tuple[Score | RowFault, ...]
    """One a row, in the order of the rows."""
    totals: LeaderboardTotals
    """Of the cases that have a row, as the leaderboard counts them."""
    of_all: LeaderboardTotals
    """Of every case of the categories that occur: what is missing or no answer is wrong."""
    coverage: Coverage

    @property
    def faults(self) -> list[RowFault]:
        """Rows without a verdict."""
        return [row for row in self.rows if isinstance(row, RowFault)]


def score_rows(
    rows: Iterable[Mapping[str, Any] | UserMistake],
    folder: Path,
    official: Path | None = None,
    form: CallForm = CallForm.EITHER,
) -> StoredOutputScores:
    """Score rows of `id`, `category` and `model_output`; other columns are not looked at.

    Args:
        rows: Outputs in any order, or why one cannot be read. Every row gets its verdict; of
            several of one case the last one counts.
        folder: The leaderboard's data, of which the categories that occur are read.
        official: Folder of the leaderboard's package, for multi-turn rows; without it the package
            is where Python finds it.
        form: What counts as a call of a single-turn row.

    Raises:
        UserMistake: no row is of a published case; the data cannot be read; or there are
            multi-turn rows, and the package is missing.
    """
    judges: dict[Category, Mapping[str, _Judge]] = {}
    found: list[Score | RowFault] = []
    unanswered: dict[str, bool] = {}
    for number, row in enumerate(rows, start=1):
        try:
            category, name, output = _read_row(number, row)
        except UserMistake as error:
            found.append(RowFault(number, error))
            continue
        if category not in judges:
            judges[category] = _open_judges(folder, category, official, form)
        judge = judges[category].get(name)
        if judge is None:
            missing = f"row {number}: {category} has no case {name!r}; is it of version 4?"
            found.append(RowFault(number, UnknownCase(missing)))
            continue
        found.append(Score(name, category, judge(output)))
        unanswered[name] = holds_no_answer(output)
    return _count_rows(found, judges, {name for name, empty in unanswered.items() if empty})


def holds_no_answer(output: Any) -> bool:
    """Whether an output is nothing, or the leaderboard's own words for a failed request."""
    text = "" if output is None else output
    return isinstance(text, str) and (is_blank(text) or text.startswith(_FAILED))


def list_rows(episodes: Iterable[Transcript]) -> list[dict[str, Any]]:
    """Episodes of a run as rows that can be scored again; those without a score are not."""
    return [
        {"id": e.case, "category": e.part, "model_output": e.verdict["model_output"]}
        for e in episodes
        if e.scored
    ]


def _open_judges(
    folder: Path, category: Category, official: Path | None, form: CallForm
) -> Mapping[str, _Judge]:
    """What scores the outputs of each case."""
    if category not in MULTI_TURN:
        return {
            c.id: partial(score_output, case=c, form=form) for c in load_cases(folder, category)
        }
    package = load_official(official)
    return {
        c.id: partial(score_dialogue, case=c, official=package)
        for c in load_dialogues(folder, category)
    }


def _read_row(number: int, row: Mapping[str, Any] | UserMistake) -> tuple[Category, str, Any]:
    match row:
        case UserMistake():
            raise row
        case {"id": str(name), "category": str(category), "model_output": output}:
            if category not in set(Category):
                raise UnknownCase(f"row {number}: {UnknownName('category', category, Category)}")
            try:
                refuse_agentic(Category(category))
            except UserMistake as error:
                raise UnknownCase(f"row {number}: {error}") from error
            return Category(category), name, output
    raise UserMistake(f"row {number}: needs id, category and model_output")


def _count_rows(
    rows: Sequence[Score | RowFault],
    judges: Mapping[Category, Mapping[str, _Judge]],
    unanswered: Collection[str],
) -> StoredOutputScores:
    scores = [row for row in rows if isinstance(row, Score)]
    refuse_none(len(scores), [row for row in rows if isinstance(row, RowFault)])
    last = {score.id: score for score in scores}.values()
    right = [score for score in last if score.valid and score.id not in unanswered]
    return StoredOutputScores(
        rows=tuple(rows),
        totals=total(_count(last)),
        of_all=total(
            {
                category: CategoryTally(
                    sum(score.category is category for score in right), len(judges[category])
                )
                for category in Category
                if category in judges
            }
        ),
        coverage=cover(
            [name for category in Category for name in judges.get(category, ())],
            [score.id for score in scores],
            unanswered,
        ),
    )


def _count(scores: Iterable[Score]) -> dict[Category, CategoryTally]:
    """Tallies in the order of `Category`."""
    seen, right = Counter[Category](), Counter[Category]()
    for score in scores:
        seen[score.category] += 1
        right[score.category] += score.valid
    return {name: CategoryTally(right[name], seen[name]) for name in Category if name in seen}
