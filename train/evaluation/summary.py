"""Measures of a run's transcripts: means with intervals, and paired differences between two runs.

Every measure is a number per case between 0 and 1, or none where the case does not count.
"""

from collections.abc import Sequence

from train.evaluation.bootstrap import Interval, compare_means, estimate_mean
from train.evaluation.transcripts import Transcript


def list_measures(episodes: Sequence[Transcript]) -> list[str]:
    """Names of the measures, in the order in which they first occur."""
    return list(dict.fromkeys(name for e in episodes for name in e.measures))


def summarize(episodes: Sequence[Transcript]) -> dict[str, Interval]:
    """Every measure over the episodes without an error."""
    scored = [e for e in episodes if e.error is None]
    return {name: estimate(scored, name) for name in list_measures(scored)}


def summarize_parts(episodes: Sequence[Transcript]) -> dict[str, dict[str, Interval]]:
    """The same for each part, in the order in which parts first occur."""
    parts = list(dict.fromkeys(e.part for e in episodes))
    return {part: summarize([e for e in episodes if e.part == part]) for part in parts}


def estimate(episodes: Sequence[Transcript], measure: str) -> Interval:
    """Mean and 95 % interval of one measure."""
    return estimate_mean((e.group, e.measures.get(measure)) for e in episodes)


def compare(first: Sequence[Transcript], second: Sequence[Transcript], measure: str) -> Interval:
    """Second run minus first in one measure, over the cases that both have without an error."""
    ours, theirs = (
        {e.case: (e.group, e.measures.get(measure)) for e in episodes if e.error is None}
        for episodes in (first, second)
    )
    return compare_means(ours, theirs)
