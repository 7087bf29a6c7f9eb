"""Texts of others that share thirteen words in a row with one of ours: there are none."""

from collections.abc import Iterator, Mapping, Sequence

from gen.checks.bootstrap import estimate_mean
from gen.checks.quality.figure import QualityFigure, leave_out
from gen.checks.quality.sample import LabelledText, Sample
from gen.checks.quality.tokens import list_grams, list_words

LENGTH = 13


def measure(
    sample: Sample, foreign: Mapping[str, Sequence[LabelledText]]
) -> Iterator[QualityFigure]:
    """A share for each file that is compared with."""
    if not foreign:
        yield leave_out("O", f"texts of others with {LENGTH} words of ours", 0.0,
                        why="needs --compare FILE")  # fmt: skip
        return
    grams = {name: [_read_grams(t.text) for t in texts] for name, texts in foreign.items()}
    wanted = frozenset().union(*(held for texts in grams.values() for held in texts))
    ours: set[int] = set()
    for text in dict.fromkeys(sample.texts):
        ours |= wanted & _read_grams(text)
    for name, texts in foreign.items():
        shared = [bool(held & ours) for held in grams[name]]
        found = estimate_mean((t.group, float(s)) for t, s in zip(texts, shared, strict=True))
        note = next((f"{t.text[:60]!r}" for t, s in zip(texts, shared, strict=True) if s), "")
        title = f"texts of {name} with {LENGTH} words in a row of ours"
        yield QualityFigure("O", title, found, 0.0, False, note)


def _read_grams(text: str) -> frozenset[int]:
    """Runs of words by their hash, which is the same throughout one process."""
    return frozenset(map(hash, list_grams(list_words(text), LENGTH)))
