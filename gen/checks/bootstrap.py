"""The one bootstrap: means and what is counted like them, with 95 % intervals over groups.

Cases of a group stand or fall together, so groups are resampled, not cases. A resample depends on
the seed and the number of groups alone: two measures of the same cases, and two runs of the same
cases, are resampled alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # numpy belongs to the training extra
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 1000
_BOUNDS = (2.5, 97.5)
Table: TypeAlias = "NDArray[np.float64]"
Statistic: TypeAlias = "Callable[[Table], Table]"
"""From sums, in the last axis, to the value that they come to; NaN where there is none."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and its 95 % interval; `None` when there is nothing to count, or one group only."""

    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0
    """Cases in the denominator; of a difference, those that both runs have."""

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def sum_groups(rows: Iterable[tuple[str, Sequence[float]]], width: int) -> Table:
    """The sums of rows by group, groups in the order of their names."""
    import numpy as np

    found: dict[str, Table] = {}
    for group, numbers in rows:
        found.setdefault(group, np.zeros(width))
        found[group] += numbers
    return np.array([found[group] for group in sorted(found)]).reshape(len(found), width)


def estimate(sums: Table, statistic: Statistic, count: int, seed: int = 0) -> Interval:
    """What the sums of all groups come to, with an interval over groups.

    Args:
        sums: one row a group.
        statistic: what is made of the sums.
        count: cases in the denominator.
        seed: of the resamples.
    """
    import numpy as np

    value = float(statistic(sums.sum(axis=0)))
    if np.isnan(value):
        return Interval(None, count=count)
    if len(sums) < 2:
        return Interval(value, count=count)
    values = statistic(_draw(len(sums), seed) @ sums)
    low, high = np.nanpercentile(values, _BOUNDS) if not np.isnan(values).all() else (value, value)
    return Interval(value, float(low), float(high), count)


def estimate_mean(rows: Iterable[tuple[str, float | None]], seed: int = 0) -> Interval:
    """The mean of values, each with its group; None counts neither above nor below."""
    sums = sum_groups(((group, _count(value)) for group, value in rows), 2)
    return estimate(sums, divide, int(sums[:, 1].sum()), seed)


def compare_means(
    first: Mapping[str, tuple[str, float | None]],
    second: Mapping[str, tuple[str, float | None]],
    seed: int = 0,
) -> Interval:
    """Second mean minus first over the cases that both have, resampled in pairs.

    Args:
        first: group and value by case.
        second: the same of another run.
        seed: of the resamples.
    """
    both = [case for case in first if case in second]
    rows = ((first[c][0], (*_count(first[c][1]), *_count(second[c][1]))) for c in both)
    return estimate(sum_groups(rows, 4), _subtract, len(both), seed)


def divide(sums: Table) -> Table:
    """First sum over second."""
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])


def _subtract(sums: Table) -> Table:
    return divide(sums[..., 2:]) - divide(sums[..., :2])


def _count(value: float | None) -> tuple[float, float]:
    return (0.0, 0.0) if value is None else (float(value), 1.0)


@lru_cache(maxsize=32)
def _draw(groups: int, seed: int) -> Table:
    """How often each group is drawn, one row a resample."""
    import numpy as np

    dice = np.random.default_rng(seed)
    drawn = dice.multinomial(groups, np.full(groups, 1 / groups), size=RESAMPLES).astype(float)
    drawn.setflags(write=False)
    return drawn
