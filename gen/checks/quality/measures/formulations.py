"""How many ways a template's request is put, when values, names and phrases are masked.

Two requests share a skeleton when of the pairs of neighbouring words that either has, masks
counting as words, more than half stand in both: another name or a synonym makes no other skeleton.
Each template and member must have at least eight; where it occurs in fewer contrast sets than that,
it needs as many as it has sets.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from gen.checks.bootstrap import Interval, estimate_mean
from gen.checks.quality.figure import FigurePart, QualityFigure, leave_out
from gen.checks.quality.masking import read_skeleton
from gen.checks.quality.sample import Sample

FEWEST = 8
ALIKE = 0.5
"""Highest share of pairs of words that two skeletons have in common."""
_Pairs = frozenset[tuple[str, str]]


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """The share of templates' members that are put in enough ways."""
    name = f"templates' members with {FEWEST} skeletons, or none repeated"
    masked: dict[tuple[str, str], set[str]] = defaultdict(set)
    for view in sample.views:
        if view.member:
            masked[view.template, view.member].add(view.masked)
    sets = Counter((t, m) for t, m, _ in {(v.template, v.member, v.group) for v in sample.views})
    if not masked:
        yield leave_out("F", name, 1.0, at_least=True, why="needs the records of a run")
        return
    counts = {key: count_skeletons(sorted(texts)) for key, texts in masked.items()}
    held = [(key[0], float(count >= min(FEWEST, sets[key]))) for key, count in counts.items()]
    parts = [
        FigurePart(" ".join(key), Interval(float(count), count=sets[key]))
        for key, count in sorted(counts.items())
    ]
    middle = sorted(counts.values())[len(counts) // 2]
    note = f"{middle} skeletons in the middle, {min(counts.values())} at the least"
    yield QualityFigure("F", name, estimate_mean(held), 1.0, True, note, tuple(parts))


def count_skeletons(masked: Iterable[str]) -> int:
    """How many skeletons masked texts have; one that shares with an earlier one adds none."""
    kept: list[_Pairs] = []
    for text in masked:
        pairs = _pair_words(read_skeleton(text))
        if not any(_are_alike(pairs, other) for other in kept):
            kept.append(pairs)
    return len(kept)


def _pair_words(words: Sequence[str]) -> _Pairs:
    ends = ("", *words, "")
    return frozenset(pairwise(ends))


def _are_alike(one: _Pairs, other: _Pairs) -> bool:
    return len(one & other) > ALIKE * len(one | other)
