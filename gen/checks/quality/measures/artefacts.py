"""P1: what length, format and function words alone tell, for every pair of labels.

Each pair of labels of a channel, and each kind of attack against every other kind of text there:
malicious requests against other requests, payloads and claims against other placed content. A
linear and a boosted model are tried on contrast sets that they have not seen, and again on
templates or techniques that they have not seen; the worst of the four is what counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from gen.checks.quality.areas import estimate_area
from gen.checks.quality.figure import FigurePart, QualityFigure, choose_worst
from gen.checks.quality.folds import FOLDS, Split, split_families, split_groups, thin_out
from gen.checks.quality.learners import Learner, score_folds
from gen.checks.quality.sample import ATTACKS, LabelledText, Sample
from gen.checks.quality.traits import BOUNDS, READERS, Trait

MOST_ROWS = 2500
"""Of a pair; enough for an interval of a few hundredths."""
_FEWEST = 2 * FOLDS


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """A figure for each channel and family of traits: its worst pair."""
    for channel, texts in sample.channels.items():
        found: dict[Trait, list[FigurePart]] = {trait: [] for trait in Trait}
        for first, second, rows in list_pairs(channel, texts):
            for trait in Trait:
                found[trait] += _try_pair(f"{second} against {first}", rows, trait)
        for trait, parts in found.items():
            name = f"{trait} alone, {channel} channel, AUC"
            yield choose_worst("P1", name, parts, BOUNDS[trait])


def list_pairs(
    channel: str, texts: Sequence[LabelledText]
) -> Iterator[tuple[str, str, list[LabelledText]]]:
    """Two labels or kinds at a time, with the rows of both; the label is what they are told by."""
    for first, second in combinations(sorted({t.label for t in texts}), 2):
        yield first, second, [t for t in texts if t.label in (first, second)]
    attacks = ATTACKS.get(channel, ())
    kinds = sorted({t.kind for t in texts} - {"", *attacks})
    for attack in attacks:
        for kind in kinds:
            rows = [replace(t, label=t.kind) for t in texts if t.kind in (attack, kind)]
            yield f"{kind} kind", f"{attack} kind", [*dict.fromkeys(rows)]


def _try_pair(name: str, rows: Sequence[LabelledText], trait: Trait) -> Iterator[FigurePart]:
    """The worst of both learners and both ways of holding out; nothing when a label is rare."""
    rows = thin_out(rows, MOST_ROWS)
    labels = sorted({row.label for row in rows})
    if len(labels) < 2 or min(sum(r.label == lab for r in rows) for lab in labels) < _FEWEST:
        return
    wanted = [row.label == labels[0] for row in rows]
    splits: list[Split | None] = [split_groups(rows), split_families(rows)]
    features = _read(rows, trait)
    found = [
        estimate_area(score_folds(features, wanted, split, learner), wanted, split)
        for split in splits
        if split is not None
        for learner in Learner
    ]
    yield FigurePart(name, max(found, key=lambda interval: interval.value or 0.0))


def _read(rows: Sequence[LabelledText], trait: Trait) -> object:
    import numpy as np

    return np.array([READERS[trait](row.text) for row in rows])
