"""Which rows a model learns from and which it is tried on: no contrast set stands on both sides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from gen.checks.quality.sample import LabelledText
from tool_catalog.errors import UserMistake

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5


class TooFewGroups(UserMistake):
    """A set with fewer contrast sets than folds: nothing can be held out."""


@dataclass(frozen=True, slots=True)
class Split:
    """The fold of each row, and its group."""

    folds: NDArray[Any]
    groups: Sequence[str]

    def walk(self) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """For each fold the rows to learn from and those to be tried on, as masks."""
        import numpy as np

        names = np.array(self.groups)
        for number in range(FOLDS):
            tried = self.folds == number
            if tried.any():
                yield ~tried & ~np.isin(names, np.unique(names[tried])), tried


def check_groups(rows: Sequence[LabelledText], source: str) -> None:
    """Refuse what has too few groups.

    Raises:
        TooFewGroups: fewer than there are folds.
    """
    found = len({row.group for row in rows})
    if found < FOLDS:
        raise TooFewGroups(
            f"{source} has {found} contrast set{'' if found == 1 else 's'} (groups), fewer than "
            f"the {FOLDS} folds; give more rows of other groups"
        )


def split_groups(rows: Sequence[LabelledText]) -> Split:
    """Folds of whole contrast sets."""
    return _split([row.group for row in rows], rows)


def split_families(rows: Sequence[LabelledText]) -> Split | None:
    """Folds of whole templates or techniques; `None` when no label has one for each fold.

    A label with fewer families than folds is held out by contrast set.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.family:
            found[row.label].add(row.family)
    many = {label for label, families in found.items() if len(families) >= FOLDS}
    if not many:
        return None
    keys = [
        f"family {row.family}" if row.label in many and row.family else f"group {row.group}"
        for row in rows
    ]
    return _split(keys, rows)


def thin_out(rows: Sequence[LabelledText], limit: int) -> list[LabelledText]:
    """At most so many rows, whole contrast sets in an order that only their names decide."""
    sizes = Counter(row.group for row in rows)
    kept: set[str] = set()
    total = 0
    for group in order_names(list(sizes)):
        total += sizes[group]
        if total > limit and kept:
            break
        kept.add(group)
    return [row for row in rows if row.group in kept]


def order_names(names: Sequence[str]) -> list[str]:
    """Names in an order that is like chance, and always the same."""
    return sorted(names, key=lambda name: (blake2b(name.encode(), digest_size=8).digest(), name))


def _split(keys: Sequence[str], rows: Sequence[LabelledText]) -> Split:
    import numpy as np

    places = _assign(keys, [row.label for row in rows])
    return Split(np.array([places[key] for key in keys]), [row.group for row in rows])


def _assign(keys: Sequence[str], labels: Sequence[str]) -> Mapping[str, int]:
    """A fold for each key, large ones first, so that every label is spread evenly."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for key, label in zip(keys, labels, strict=True):
        counts[key][label] += 1
    totals = Counter(labels)
    loads: list[Counter[str]] = [Counter() for _ in range(FOLDS)]
    places: dict[str, int] = {}
    for key in sorted(order_names(list(counts)), key=lambda key: -counts[key].total()):
        held = counts[key]
        costs = [sum(n * load[lab] / totals[lab] for lab, n in held.items()) for load in loads]
        places[key] = costs.index(min(costs))
        loads[places[key]].update(held)
    return places
