"""Stored outputs scored: a verdict a row, and the totals."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tool_catalog.errors import UnknownName, UserMistake
from train.benchmarks.bfcl.ast_check import check_calls
from train.benchmarks.bfcl.cases import WITHOUT_ANSWERS, Case, Category, load_cases
from train.benchmarks.bfcl.decode import decode
from train.benchmarks.bfcl.error_types import ErrorType
from train.benchmarks.bfcl.tools import restore_names
from train.benchmarks.bfcl.totals import Tally, Totals, total


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


def score_output(output: Any, case: Case) -> ErrorType | None:
    """The first fault of one output, None when it counts.

    Function names may be those of the endpoint or the published ones.
    """
    calls = decode(output)
    if case.category in WITHOUT_ANSWERS:
        called = not isinstance(calls, ErrorType) and bool(calls)
        if case.category is Category.LIVE_RELEVANCE:
            return None if called else ErrorType.NO_CALL_IN_RELEVANCE
        return ErrorType.CALL_IN_IRRELEVANCE if called else None
    if isinstance(calls, ErrorType):
        return calls
    return check_calls(restore_names(calls, case), case)


def score_rows(rows: Iterable[Mapping[str, Any]], folder: Path) -> tuple[list[Score], Totals]:
    """Score rows of `id`, `category` and `model_output`; other columns are not looked at.

    Args:
        rows: Outputs in any order; the same case may come again, and every row counts.
        folder: The leaderboard's data, of which the categories that occur are read.

    Raises:
        UserMistake: a row that is none, of no category scored here, or of an unknown case.
    """
    cases: dict[Category, dict[str, Case]] = {}
    scores = []
    for number, row in enumerate(rows, start=1):
        category, name = _read_key(number, row)
        if category not in cases:
            cases[category] = {case.id: case for case in load_cases(folder, category)}
        if name not in cases[category]:
            raise UserMistake(f"row {number}: {category} has no case {name!r}; is it of version 4?")
        fault = score_output(row["model_output"], cases[category][name])
        scores.append(Score(name, category, fault))
    return scores, total(_count(scores))


def _read_key(number: int, row: Mapping[str, Any]) -> tuple[Category, str]:
    match row:
        case {"id": str(name), "category": str(category), "model_output": _}:
            if category not in set(Category):
                raise UnknownName("category", category, Category)
            return Category(category), name
    raise UserMistake(f"row {number}: needs id, category and model_output")


def _count(scores: Iterable[Score]) -> dict[Category, Tally]:
    """Tallies in the order of `Category`."""
    seen, right = Counter[Category](), Counter[Category]()
    for score in scores:
        seen[score.category] += 1
        right[score.category] += score.valid
    return {name: Tally(right[name], seen[name]) for name in Category if name in seen}
