"""P1: what length, format and function words alone tell, for every pair of labels.

Each pair of labels of a channel is judged. Each kind of attack against every other kind of text
there, malicious requests against other requests, payloads and claims against other placed content,
is tried too and shown beside it: there a kind may be known by its looks, but not its label. A
linear and a boosted model are tried on contrast sets that they have not seen, and again on
templates or techniques that they have not seen; the worst of the four is what counts.
"""

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import combinations

from gen.checks.bootstrap import Interval
from gen.checks.quality.areas import estimate_area, find_area
from gen.checks.quality.figure import FigurePart, QualityFigure, choose_worst
from gen.checks.quality.folds import FOLDS, Split, split_families, split_groups, thin_out
from gen.checks.quality.learners import Learner, score_folds
from gen.checks.quality.sample import ATTACKS, LabelledText, Sample
from gen.checks.quality.traits import BOUNDS, READERS, Trait

MOST_ROWS = 2500
"""Of a pair; enough for an interval of a few hundredths."""
_FEWEST = 2 * FOLDS
_KIND = " kind"
_Job = tuple[str, list[LabelledText]]


def measure(sample: Sample, workers: int = 1) -> Iterator[QualityFigure]:
    """A figure for each channel and family of traits: its worst pair of labels.

    Args:
        sample: of which every channel is measured.
        workers: processes that try pairs.
    """
    for channel, texts in sample.channels.items():
        found: dict[Trait, list[FigurePart]] = {trait: [] for trait in Trait}
        for tried in _try_pairs(_list_jobs(channel, texts), workers):
            for trait, part in tried.items():
                found[trait].append(part)
        for trait, parts in found.items():
            name = f"{trait} alone, {channel} channel, AUC"
            labels = [part for part in parts if not part.name.endswith(_KIND)]
            found_worst = choose_worst("P1", name, labels, BOUNDS[trait])
            yield replace(found_worst, parts=tuple(parts))


def _list_jobs(channel: str, texts: Sequence[LabelledText]) -> Iterator[_Job]:
    """Pairs by name with some of their rows, but for those of which one side is rare."""
    for first, second, rows in list_pairs(channel, texts):
        some = thin_out(rows, MOST_ROWS)
        counts = Counter(row.label for row in some)
        if len(counts) == 2 and min(counts.values()) >= _FEWEST:
            yield f"{second} against {first}", some


def _try_pairs(jobs: Iterable[_Job], workers: int) -> Iterator[dict[Trait, FigurePart]]:
    if workers == 1:
        yield from map(_try_pair, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        yield from pool.map(_try_pair, jobs)


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
            yield f"{kind}{_KIND}", f"{attack}{_KIND}", [*dict.fromkeys(rows)]


def _try_pair(job: _Job) -> dict[Trait, FigurePart]:
    """For each trait the worst of both learners and both ways of holding out."""
    name, rows = job
    label = min(row.label for row in rows)
    wanted = [row.label == label for row in rows]
    splits = [split for split in (split_groups(rows), split_families(rows)) if split is not None]
    return {trait: FigurePart(name, _find_worst(rows, wanted, splits, trait)) for trait in Trait}


def _find_worst(
    rows: Sequence[LabelledText], wanted: Sequence[bool], splits: Sequence[Split], trait: Trait
) -> Interval:
    features = _read(rows, trait)
    tried = [
        (score_folds(features, wanted, split, learner), split)
        for split in splits
        for learner in Learner
    ]
    scores, split = max(tried, key=lambda found: find_area(found[0], wanted, found[1]))
    return estimate_area(scores, wanted, split)


def _read(rows: Sequence[LabelledText], trait: Trait) -> object:
    import numpy as np

    return np.array([READERS[trait](row.text) for row in rows])
