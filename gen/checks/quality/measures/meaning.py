"""P2: words must generalise better than form; and P0: there must be something to learn.

A model of words and pairs of words, and the better of two models of format, are tried on
templates (of requests) or techniques (of contents) that they have not seen. Their difference is
what meaning adds. Where words tell nothing even of contrast sets unseen, the labels are noise.

Told apart is what words can tell: malicious from other requests, payloads from harmless contents.
What only context decides (errands, claims, scenes) is left out, and so are quotations of attacks,
whose words are an attack's own; with them the figure is a part. In a set that is no run it is the
label malicious, or the rarest one, against the rest, but for texts that occur under both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from gen.checks.quality.areas import compare_areas, estimate_area, find_area
from gen.checks.quality.figure import FigurePart, QualityFigure, leave_out
from gen.checks.quality.folds import FOLDS, Split, split_families, split_groups, thin_out
from gen.checks.quality.learners import Learner, read_words, score_folds
from gen.checks.quality.sample import (
    HARMLESS,
    OF_OTHER_WORDS,
    PAYLOAD,
    TOOL,
    USER,
    LabelledText,
    Sample,
)
from gen.checks.quality.traits import READERS, Trait
from gen.taxonomy.labels import Label

MOST_ROWS = 8000
MARGIN = 0.10
LEARNABLE = 0.70
_FEWEST = 2 * FOLDS
_REST = "rest"


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """Two figures a channel."""
    for channel, texts in sample.channels.items():
        name, rows = list_told(channel, texts)
        rows = thin_out(rows, MOST_ROWS)
        wanted = [row.label == name for row in rows]
        learnt = f"labels can be learnt from words, {channel} channel, AUC"
        margin = f"words minus format on unseen families, {channel} channel"
        if min(sum(wanted), len(wanted) - sum(wanted)) < _FEWEST:
            yield leave_out("P0", learnt, LEARNABLE, at_least=True, why="too few texts of a label")
            yield leave_out("P2", margin, MARGIN, at_least=True, why="too few texts of a label")
            continue
        words, note = read_words([row.text for row in rows]), f"{name} against the rest"
        split = split_groups(rows)
        found = estimate_area(score_folds(words, wanted, split), wanted, split)
        yield QualityFigure("P0", learnt, found, LEARNABLE, True, note)
        if (families := split_families(rows)) is None:
            yield leave_out(
                "P2", margin, MARGIN, at_least=True,
                why=f"fewer than {FOLDS} templates or techniques are named",
            )  # fmt: skip
        else:
            figure = _compare(margin, rows, words, wanted, families, note)
            yield replace(figure, parts=tuple(_compare_with_quotations(channel, texts)))


def list_told(
    channel: str, texts: Sequence[LabelledText], *, quotations: bool = False
) -> tuple[str, list[LabelledText]]:
    """What is told from the rest, and the rows of both, labelled as that or as rest."""
    if channel == USER:
        name, kept = str(Label.MALICIOUS), [(t, t.kind) for t in texts if t.kind]
    elif channel == TOOL:
        known = (PAYLOAD, *HARMLESS) if quotations else (PAYLOAD, *OF_OTHER_WORDS)
        name, kept = PAYLOAD, [(t, t.kind) for t in texts if t.kind in known]
    else:
        clear = _drop_ambiguous(texts)
        name, kept = choose_label(clear), [(t, t.label) for t in clear]
    rows = (replace(t, label=name if found == name else _REST) for t, found in kept)
    return name, [*dict.fromkeys(rows)]


def _compare_with_quotations(channel: str, texts: Sequence[LabelledText]) -> Iterator[FigurePart]:
    """The same, quotations of attacks among the rest; nothing for a channel without any."""
    if channel != TOOL:
        return
    name, rows = list_told(channel, texts, quotations=True)
    rows = thin_out(rows, MOST_ROWS)
    wanted, families = [row.label == name for row in rows], split_families(rows)
    if families is not None:
        words = read_words([row.text for row in rows])
        figure = _compare("", rows, words, wanted, families, "")
        yield FigurePart(f"with quotations, {figure.note.removesuffix(', ')}", figure.estimate)


def _drop_ambiguous(texts: Sequence[LabelledText]) -> list[LabelledText]:
    labels: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        labels[text.text].add(text.label)
    return [text for text in texts if len(labels[text.text]) == 1]


def choose_label(rows: Sequence[LabelledText]) -> str:
    """Malicious, or the rarest label; empty without rows."""
    counts = Counter(row.label for row in rows)
    if Label.MALICIOUS in counts or not counts:
        return str(Label.MALICIOUS)
    return min(sorted(counts), key=counts.__getitem__)


def _compare(
    name: str,
    rows: Sequence[LabelledText],
    words: Any,
    wanted: Sequence[bool],
    split: Split,
    note: str,
) -> QualityFigure:
    import numpy as np

    form = np.array([READERS[Trait.FORMAT](row.text) for row in rows])
    tried = [score_folds(form, wanted, split, learner) for learner in Learner]
    areas = [find_area(scores, wanted, split) for scores in tried]
    best = tried[areas.index(max(areas))]
    meant = score_folds(words, wanted, split)
    found = compare_areas(best, meant, wanted, split)
    if found.value is None:
        why = "no family can be held out: contrast sets with it stand in every fold"
        return leave_out("P2", name, MARGIN, at_least=True, why=why)
    area = find_area(meant, wanted, split)
    note = f"words {area:.2f}, format {max(areas):.2f}, {note}"
    return QualityFigure("P2", name, found, MARGIN, True, note)
