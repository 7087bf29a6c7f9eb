"""Measures of a run's episodes: means with intervals, and paired differences between two runs.

Every measure is a number per case between 0 and 1, or none where the case does not count. Cases of
a group stand or fall together, so intervals resample groups.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.benchmarks.transcripts import Episode
from train.metrics import Estimate

_RESAMPLES = 1000
_INTERVAL = (2.5, 97.5)
_Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """Second run minus first, over the cases that both have."""

    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0
    """Cases that both runs have without an error."""

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def list_measures(episodes: Sequence[Episode]) -> list[str]:
    """Names of the measures, in the order in which they first occur."""
    return list(dict.fromkeys(name for e in episodes for name in e.measures))


def summarize(episodes: Sequence[Episode]) -> dict[str, Estimate]:
    """Every measure over the episodes without an error."""
    scored = [e for e in episodes if e.error is None]
    return {name: estimate(scored, name) for name in list_measures(scored)}


def summarize_parts(episodes: Sequence[Episode]) -> dict[str, dict[str, Estimate]]:
    """The same for each part, in the order in which parts first occur."""
    parts = list(dict.fromkeys(e.part for e in episodes))
    return {part: summarize([e for e in episodes if e.part == part]) for part in parts}


def estimate(episodes: Sequence[Episode], measure: str) -> Estimate:
    """Mean and 95 % interval of one measure."""
    sums, counts = _count(episodes, measure, _number_groups(episodes))
    total = int(counts.sum())
    if not total:
        return Estimate(None)
    value = float(sums.sum() / total)
    if len(sums) < 2:
        return Estimate(value, count=total)
    draws = _draw(len(sums), measure)
    means = _divide(draws @ sums, draws @ counts)
    low, high = np.nanpercentile(means, _INTERVAL)
    return Estimate(value, float(low), float(high), total)


def compare(first: Sequence[Episode], second: Sequence[Episode], measure: str) -> Difference:
    """Difference of one measure, resampled in pairs: both runs over the same groups."""
    others = {e.case: e for e in second if e.error is None}
    ours = [e for e in first if e.error is None and e.case in others]
    theirs = [others[e.case] for e in ours]
    groups = _number_groups(ours)
    (a, n), (b, m) = _count(ours, measure, groups), _count(theirs, measure, groups)
    if not n.sum() or not m.sum():
        return Difference(None, count=len(ours))
    value = float(b.sum() / m.sum() - a.sum() / n.sum())
    if len(a) < 2:
        return Difference(value, count=len(ours))
    draws = _draw(len(a), measure)
    changes = _divide(draws @ b, draws @ m) - _divide(draws @ a, draws @ n)
    low, high = np.nanpercentile(changes, _INTERVAL)
    return Difference(value, float(low), float(high), len(ours))


def _number_groups(episodes: Sequence[Episode]) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(e.group for e in episodes))}


def _count(
    episodes: Sequence[Episode], measure: str, groups: Mapping[str, int]
) -> tuple[_Table, _Table]:
    """Sum and number of a measure's values in each group."""
    sums, counts = np.zeros(len(groups)), np.zeros(len(groups))
    for episode in episodes:
        value = episode.measures.get(measure)
        if value is not None:
            sums[groups[episode.group]] += value
            counts[groups[episode.group]] += 1
    return sums, counts


def _draw(groups: int, measure: str) -> _Table:
    """How often each group is drawn, one row a resample; the same for the same measure."""
    dice = np.random.default_rng(zlib.crc32(measure.encode()))
    return dice.multinomial(groups, np.full(groups, 1 / groups), size=_RESAMPLES).astype(float)


def _divide(sums: _Table, counts: _Table) -> _Table:
    """Means; none of a resample in which nothing counts."""
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
