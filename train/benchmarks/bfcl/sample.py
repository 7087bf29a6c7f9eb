"""A few cases of each category, evenly."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

from train.benchmarks.bfcl.cases import Category

T = TypeVar("T")


def draw_cases(
    cases: Mapping[Category, Sequence[T]], limit: int, seed: int
) -> dict[Category, list[T]]:
    """That many cases over all categories, in their published order; all of them for 0.

    No category gives two cases more than another that has some left. With the same seed, a larger
    limit has every case of a smaller one.
    """
    wanted = _share(cases, limit or sum(map(len, cases.values())))
    drawn = {}
    for category, known in cases.items():
        order = list(range(len(known)))
        Random(f"{seed}:{category}").shuffle(order)
        drawn[category] = [known[place] for place in sorted(order[: wanted[category]])]
    return drawn


def _share(cases: Mapping[Category, Sequence[T]], limit: int) -> dict[Category, int]:
    wanted = dict.fromkeys(cases, 0)
    left = min(limit, sum(map(len, cases.values())))
    while left:
        for category in [name for name in cases if wanted[name] < len(cases[name])][:left]:
            wanted[category] += 1
            left -= 1
    return wanted
