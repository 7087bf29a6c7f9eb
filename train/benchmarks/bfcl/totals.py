"""Scores put together as the leaderboard does, with a total only when all of it was run."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from train.benchmarks.bfcl.cases import Category


class CategoryTally(NamedTuple):
    """How many outputs of a category are right."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """The score of the category."""
        return self.right / self.total


class Segment(StrEnum):
    """What the total is made of."""

    NON_LIVE = "non_live"
    LIVE = "live"
    IRRELEVANCE = "irrelevance"
    MULTI_TURN = "multi_turn"
    AGENTIC = "agentic"


WEIGHTS: Mapping[Segment, float] = {
    Segment.NON_LIVE: 0.1,
    Segment.LIVE: 0.1,
    Segment.IRRELEVANCE: 0.1,
    Segment.MULTI_TURN: 0.3,
    Segment.AGENTIC: 0.4,
}
"""Of version 4."""

_Group = tuple[Category, ...]
_MEANS: Mapping[Segment, tuple[_Group, ...]] = {
    Segment.NON_LIVE: (
        (Category.SIMPLE_PYTHON, Category.SIMPLE_JAVA, Category.SIMPLE_JAVASCRIPT),
        (Category.MULTIPLE,),
        (Category.PARALLEL,),
        (Category.PARALLEL_MULTIPLE,),
    ),
    Segment.IRRELEVANCE: ((Category.IRRELEVANCE,), (Category.LIVE_IRRELEVANCE,)),
    Segment.MULTI_TURN: (
        (Category.MULTI_TURN_BASE,),
        (Category.MULTI_TURN_MISS_FUNC,),
        (Category.MULTI_TURN_MISS_PARAM,),
        (Category.MULTI_TURN_LONG_CONTEXT,),
    ),
    Segment.AGENTIC: (
        (Category.WEB_SEARCH_BASE, Category.WEB_SEARCH_NO_SNIPPET),
        (Category.MEMORY_KV, Category.MEMORY_VECTOR, Category.MEMORY_REC_SUM),
    ),
}
"""Segments that are means of means, whatever the sizes."""

_LIVE = (
    Category.LIVE_SIMPLE,
    Category.LIVE_MULTIPLE,
    Category.LIVE_PARALLEL,
    Category.LIVE_PARALLEL_MULTIPLE,
)
"""The segment in which every case weighs the same. Relevance is reported and in no segment."""


@dataclass(frozen=True, slots=True)
class LeaderboardTotals:
    """The scores of one run."""

    categories: Mapping[Category, CategoryTally]
    segments: Mapping[Segment, float | None]
    """None: a category of the segment was not run."""
    missing: tuple[Segment, ...]
    """Segments without a score. The leaderboard counts them as 0; here there is no total then."""
    overall: float | None

    @property
    def share(self) -> float | None:
        """Of all cases the share that is right, each weighing the same."""
        cases = sum(tally.total for tally in self.categories.values())
        right = sum(tally.right for tally in self.categories.values())
        return right / cases if cases else None


def total(tallies: Mapping[Category, CategoryTally]) -> LeaderboardTotals:
    """Segments and total of the categories that were run; one without outputs was not."""
    run = {category: tally for category, tally in tallies.items() if tally.total}
    segments = {segment: _score(segment, run) for segment in Segment}
    scores = {segment: score for segment, score in segments.items() if score is not None}
    missing = tuple(segment for segment in Segment if segment not in scores)
    overall = None if missing else sum(WEIGHTS[name] * score for name, score in scores.items())
    return LeaderboardTotals(run, segments, missing, overall)


def _score(segment: Segment, run: Mapping[Category, CategoryTally]) -> float | None:
    groups = (_LIVE,) if segment is Segment.LIVE else _MEANS[segment]
    if not all(category in run for group in groups for category in group):
        return None
    if segment is Segment.LIVE:
        tallies = [run[category] for category in _LIVE]
        return sum(tally.right for tally in tallies) / sum(tally.total for tally in tallies)
    return _mean([_mean([run[category].share for category in group]) for group in groups])


def _mean(scores: list[float]) -> float:
    return sum(scores) / len(scores)
