"""Areas under the curve, within folds, with intervals by contrast set.

Scores of two folds come from two models and are never compared. Each fold's scores are put into
bins by rank, so that a resample is a sum of counts by group and the one bootstrap serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gen.checks.bootstrap import Interval, estimate
from gen.checks.quality.folds import FOLDS, Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 64
CHANCE = 0.5


def estimate_area(scores: Any, wanted: Sequence[bool], split: Split) -> Interval:
    """How often a wanted row is scored above another of its fold; below chance counts as chance."""
    sums = _count_bins(scores, wanted, split)
    return estimate(sums, read_areas, _count(scores))


def find_area(scores: Any, wanted: Sequence[bool], split: Split) -> float:
    """The same without its interval; chance when there is nothing to tell apart."""
    import numpy as np

    area = float(read_areas(_count_bins(scores, wanted, split).sum(axis=0)))
    return CHANCE if np.isnan(area) else area


def compare_areas(first: Any, second: Any, wanted: Sequence[bool], split: Split) -> Interval:
    """The second area minus the first, of the same rows, resampled together."""
    import numpy as np

    tables = [_count_bins(scores, wanted, split) for scores in (first, second)]
    width = tables[0].shape[1]

    def subtract(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(read_areas(sums[..., width:]) - read_areas(sums[..., :width]))

    return estimate(np.hstack(tables), subtract, _count(first))


def estimate_plain_area(
    scores: Any, wanted: Sequence[bool], groups: Sequence[str], *, floor: float = 0.0
) -> Interval:
    """The area of one model's scores, with no fold."""
    import numpy as np

    one = Split(np.zeros(len(groups), dtype=int), groups)
    sums = _count_bins(scores, wanted, one)
    return estimate(sums, lambda found: read_areas(found, floor), _count(scores))


def read_areas(sums: NDArray[Any], floor: float = CHANCE) -> NDArray[Any]:
    """Areas from counts by fold, label and bin, a mean of folds by their pairs; NaN without any."""
    import numpy as np

    counts = sums.reshape(*sums.shape[:-1], FOLDS, 2, _BINS)
    others, wanted = counts[..., 0, :], counts[..., 1, :]
    below = np.cumsum(others, axis=-1) - others / 2
    wins = (wanted * below).sum(axis=(-2, -1))
    pairs = (wanted.sum(axis=-1) * others.sum(axis=-1)).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        areas = wins / pairs
    return np.asarray(np.maximum(areas, floor))


def _count_bins(scores: Any, wanted: Sequence[bool], split: Split) -> NDArray[Any]:
    """Counts by group, in its order; columns are fold, label, bin."""
    import numpy as np

    names, places = np.unique(np.array(split.groups), return_inverse=True)
    sums = np.zeros((len(names), FOLDS, 2, _BINS))
    labels = np.array(wanted).astype(int)
    for number in range(FOLDS):
        here = (split.folds == number) & ~np.isnan(scores)
        if here.any():
            bins = _rank(np.asarray(scores)[here])
            for cell in zip(places[here], labels[here], bins, strict=True):
                sums[cell[0], number, cell[1], cell[2]] += 1
    return sums.reshape(len(names), -1)


def _rank(scores: NDArray[Any]) -> NDArray[Any]:
    """The bin of each score; equal scores share one."""
    import numpy as np

    values, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    if len(values) <= _BINS:
        return np.asarray(places)
    middles = np.cumsum(counts) - counts / 2
    return np.asarray((middles / len(scores) * _BINS).astype(int)[places])


def _count(scores: Any) -> int:
    import numpy as np

    return int((~np.isnan(scores)).sum())
