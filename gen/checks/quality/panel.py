"""All measures in the order of the table, over a sample and the texts of others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from gen.checks.quality.figure import QualityFigure
from gen.checks.quality.folds import FOLDS, check_groups
from gen.checks.quality.measures import (
    artefacts,
    consistency,
    contexts,
    copies,
    coverage,
    decisions,
    entities,
    formulations,
    inputs,
    meaning,
    overlap,
    self_bleu,
    transfer,
    vocabulary,
)
from gen.checks.quality.sample import LabelledText, Sample
from gen.checks.quality.texts_file import make_text_sample

Measure = Callable[[Sample], Iterator[QualityFigure]]
Foreign = Mapping[str, Sequence[LabelledText]]
"""Rows of other sets by the name of their file."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What was found of a set."""

    source: str
    figures: tuple[QualityFigure, ...]

    @property
    def passed(self) -> bool:
        """No bound is broken."""
        return not self.failed

    @property
    def failed(self) -> list[QualityFigure]:
        """Figures whose bound is broken; what could not be measured breaks none."""
        return [figure for figure in self.figures if figure.holds is False]


def measure_sample(
    sample: Sample,
    source: str,
    foreign: Foreign,
    workers: int = 1,
    on_measure: Callable[[int, int], None] | None = None,
) -> Panel:
    """Every figure of a sample.

    Args:
        sample: of a run or of a file.
        source: its name.
        foreign: what it is compared with.
        workers: processes for what takes longest.
        on_measure: told how many measures are done, and of how many.

    Raises:
        TooFewGroups: nothing could be held out.
    """
    for texts in sample.channels.values():
        check_groups(texts, source)
    return _measure(list_measures(foreign, workers), sample, source, on_measure)


def measure_beside(rows: Sequence[LabelledText], source: str) -> Panel:
    """What another set can have measured, to stand beside; nothing of it is judged.

    With one label or few groups nothing is told apart, and its words alone are looked at.
    """
    sample = make_text_sample(rows)
    some = [self_bleu.measure, vocabulary.measure, copies.measure]
    if len({r.label for r in rows}) > 1 and len({r.group for r in rows}) >= FOLDS:
        some = [artefacts.measure, meaning.measure, *some]
    return _measure(some, sample, source)


def _measure(
    measures: Sequence[Measure],
    sample: Sample,
    source: str,
    on_measure: Callable[[int, int], None] | None = None,
) -> Panel:
    figures: list[QualityFigure] = []
    for done, measure in enumerate(measures, 1):
        figures += measure(sample)
        if on_measure is not None:
            on_measure(done, len(measures))
    return Panel(source, tuple(figures))


def list_measures(foreign: Foreign, workers: int = 1) -> list[Measure]:
    """The measures, those that compare bound to what they compare with."""
    return [
        partial(artefacts.measure, workers=workers),
        meaning.measure,
        inputs.measure,
        contexts.measure,
        consistency.measure,
        decisions.measure,
        entities.measure,
        partial(transfer.measure, foreign=foreign),
        self_bleu.measure,
        vocabulary.measure,
        formulations.measure,
        copies.measure,
        coverage.measure,
        partial(overlap.measure, foreign=foreign),
    ]
