"""P5: how often the decision is guessed rightly from the operator's words and the request alone.

A linear model of words and pairs of words sees neither results nor earlier turns. Where it is
mostly right, nothing has to be looked up to decide.
"""

from collections.abc import Iterator, Sequence

from gen.checks.bootstrap import estimate_mean
from gen.checks.quality.figure import QualityFigure, leave_out
from gen.checks.quality.folds import FOLDS, split_groups, thin_out
from gen.checks.quality.learners import guess_folds, read_words
from gen.checks.quality.sample import LabelledText, RecordView, Sample

BOUND = 0.85
MOST_ROWS = 4000
_FEWEST_SETS = 2 * FOLDS


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """One share."""
    name = "decision guessed from system prompt and request alone, accuracy"
    if not sample.views:
        yield leave_out("P5", name, BOUND, why="needs the records of a run")
        return
    rows = list_rows(sample.views)
    guessed = guess(rows)
    found = estimate_mean(
        (row.group, float(right)) for row, right in zip(rows, guessed, strict=False)
    )
    note = "" if guessed else "too few contrast sets or decisions"
    yield QualityFigure("P5", name, found, BOUND, False, note)


def list_rows(views: Sequence[RecordView]) -> list[LabelledText]:
    """What is seen of each record, with its decision; at most `MOST_ROWS`."""
    rows = [LabelledText(f"{v.system} {v.request}", v.decision, v.group) for v in views]
    return thin_out(rows, MOST_ROWS)


def guess(rows: Sequence[LabelledText]) -> list[bool]:
    """Whether each label is guessed rightly; empty with too few contrast sets or one label."""
    if len({r.group for r in rows}) < _FEWEST_SETS or len({r.label for r in rows}) < 2:
        return []
    labels = [row.label for row in rows]
    guessed = guess_folds(read_words([row.text for row in rows]), labels, split_groups(rows))
    return [one == other for one, other in zip(guessed, labels, strict=True)]
