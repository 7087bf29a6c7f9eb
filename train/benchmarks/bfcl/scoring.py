"""Stored outputs scored: a verdict a row, and the totals."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tool_catalog.errors import UnknownName, UserMistake
from train.benchmarks.bfcl.cases import (
    MULTI_TURN,
    WITHOUT_ANSWERS,
    Category,
    FunctionCase,
    load_cases,
)
from train.benchmarks.bfcl.checking.ast_check import check_calls
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.multi_turn.dialogue_score import score_dialogue
from train.benchmarks.bfcl.multi_turn.dialogues import load_dialogues
from train.benchmarks.bfcl.multi_turn.official import load_official
from train.benchmarks.bfcl.outputs import read_output
from train.benchmarks.bfcl.tools import restore_names
from train.benchmarks.bfcl.totals import CategoryTally, LeaderboardTotals, total
from train.evaluation.transcripts import Transcript

_Judge = Callable[[Any], ErrorType | None]


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


def score_output(output: Any, case: FunctionCase) -> ErrorType | None:
    """The first fault of one output, None when it counts.

    Function names may be those of the endpoint or the published ones.
    """
    calls = read_output(output, case.category)
    if case.category in WITHOUT_ANSWERS:
        called = not isinstance(calls, ErrorType) and bool(calls)
        if case.category is Category.LIVE_RELEVANCE:
            return None if called else ErrorType.NO_CALL_IN_RELEVANCE
        return ErrorType.CALL_IN_IRRELEVANCE if called else None
    if isinstance(calls, ErrorType):
        return calls
    return check_calls(restore_names(calls, case), case)


def score_rows(
    rows: Iterable[Mapping[str, Any]], folder: Path, official: Path | None = None
) -> tuple[list[Score], LeaderboardTotals]:
    """Score rows of `id`, `category` and `model_output`; other columns are not looked at.

    Args:
        rows: Outputs in any order; the same case may come again, and every row counts.
        folder: The leaderboard's data, of which the categories that occur are read.
        official: Folder of the leaderboard's package, for multi-turn rows; without it the package
            is where Python finds it.

    Raises:
        UserMistake: a row that is none, of no category run here, or of an unknown case; or there
            are multi-turn rows, and the package is missing.
    """
    judges: dict[Category, Mapping[str, _Judge]] = {}
    scores = []
    for number, row in enumerate(rows, start=1):
        category, name = _read_key(number, row)
        if category not in judges:
            judges[category] = _open_judges(folder, category, official)
        if name not in judges[category]:
            raise UserMistake(f"row {number}: {category} has no case {name!r}; is it of version 4?")
        scores.append(Score(name, category, judges[category][name](row["model_output"])))
    return scores, total(_count(scores))


def list_rows(episodes: Iterable[Transcript]) -> list[dict[str, Any]]:
    """Episodes of a run as rows that can be scored again; those without a score are not."""
    return [
        {"id": e.case, "category": e.part, "model_output": e.verdict["model_output"]}
        for e in episodes
        if e.scored
    ]


def _open_judges(folder: Path, category: Category, official: Path | None) -> Mapping[str, _Judge]:
    """What scores the outputs of each case."""
    if category not in MULTI_TURN:
        return {c.id: partial(score_output, case=c) for c in load_cases(folder, category)}
    package = load_official(official)
    return {
        c.id: partial(score_dialogue, case=c, official=package)
        for c in load_dialogues(folder, category)
    }


def _read_key(number: int, row: Mapping[str, Any]) -> tuple[Category, str]:
    match row:
        case {"id": str(name), "category": str(category), "model_output": _}:
            if category not in set(Category):
                raise UnknownName("category", category, Category)
            return Category(category), name
    raise UserMistake(f"row {number}: needs id, category and model_output")


def _count(scores: Iterable[Score]) -> dict[Category, CategoryTally]:
    """Tallies in the order of `Category`."""
    seen, right = Counter[Category](), Counter[Category]()
    for score in scores:
        seen[score.category] += 1
        right[score.category] += score.valid
    return {name: CategoryTally(right[name], seen[name]) for name in Category if name in seen}
