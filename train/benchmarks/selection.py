"""Which cases are played, and which of them stand or fall together."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def draw_evenly(items: Sequence[T], kind: Callable[[T], str], limit: int, seed: int) -> list[T]:
    """Some items, spread evenly over their kinds, in their order; all of them for 0.

    No kind gives two more than another that has some left. With the same seed, a larger limit has
    every item of a smaller one.
    """
    if not 0 < limit < len(items):
        return list(items)
    places: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        places.setdefault(kind(item), []).append(place)
    drawn: list[tuple[int, int]] = []
    for name, known in places.items():
        Random(f"{seed}:{name}").shuffle(known)
        drawn += enumerate(known)
    drawn.sort(key=lambda turn: turn[0])  # stable: kinds take turns in their order
    return [items[place] for place in sorted(place for _, place in drawn[:limit])]


def join_groups(shared: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """A group for each name, called after the first of its names.

    Args:
        shared: names, each with what it has in common with others; two that have one thing in
            common are of one group, and so are two that share a group with a third.
    """
    leaders: dict[str, str] = {}
    firsts: dict[str, str] = {}

    def find(name: str) -> str:
        while leaders[name] != name:
            leaders[name] = name = leaders[leaders[name]]
        return name

    for name, keys in shared:
        leaders[name] = name
        for key in keys:
            one, other = find(firsts.setdefault(key, name)), find(name)
            leaders[other] = one
    first: dict[str, str] = {}
    return {name: first.setdefault(find(name), name) for name in leaders}
