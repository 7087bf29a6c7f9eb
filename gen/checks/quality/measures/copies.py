"""Texts with a near copy in another contrast set: requests, payloads, finals, results.

MinHash over word trigrams, Jaccard 0.8, each text of five words or more once a set; of a run also
how many requests outside training stand in training word for word.
"""

from collections.abc import Iterable, Iterator, Sequence

from gen.checks.bootstrap import estimate_mean
from gen.checks.duplicates import flag_copies
from gen.checks.quality.figure import QualityFigure, leave_out
from gen.checks.quality.folds import thin_out
from gen.checks.quality.sample import LabelledText, RecordView, Sample

BOUND = 0.05
LEAKED = 0.001
_SHORTEST = 5
"""Words; shorter texts are alike because there is little to say."""
MOST = 20_000


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """A share of each kind of text, and one of leaked requests."""
    for name, texts in sample.speeches.items():
        yield _share(f"near copies across sets, {name}", texts)
    if sample.views:
        yield _find_leaks(sample.views)


def _share(name: str, texts: Iterable[LabelledText]) -> QualityFigure:
    """The share of texts of some length that have a near copy in another set."""
    pairs = {(t.group, t.text): t for t in texts if len(t.text.split()) >= _SHORTEST}
    kept = thin_out([*pairs.values()], MOST)
    if not kept:
        return leave_out("N", name, BOUND, why="no texts of some length")
    compared = [(text.group, text.text) for text in kept]
    after, before = [*flag_copies(compared)], [*flag_copies(compared[::-1])][::-1]
    rows = [(t.group, float(a or b)) for t, a, b in zip(kept, after, before, strict=True)]
    return QualityFigure("N", name, estimate_mean(rows), BOUND, False)


def _find_leaks(views: Sequence[RecordView]) -> QualityFigure:
    """Of the requests outside training, those that stand in training too."""
    name = "requests outside train that stand in it"
    known = {view.request for view in views if view.split == "train"}
    others = {(view.group, view.request) for view in views if view.split != "train"}
    if not known or not others:
        return leave_out("N", name, LEAKED, why="needs a train split and another")
    rows = ((group, float(text in known)) for group, text in others)
    return QualityFigure("N", name, estimate_mean(rows), LEAKED, False)
