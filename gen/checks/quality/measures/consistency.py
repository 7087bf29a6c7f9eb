"""Q4: contrast sets on every member of which a model of single words decides rightly.

It sees all that the agent sees: operator, request, results. Who understands the situation is right
on all members; who goes by words is right on some and wrong on their twins.
"""

from collections import defaultdict
from collections.abc import Iterator

from gen.checks.bootstrap import estimate_mean
from gen.checks.quality.figure import QualityFigure, leave_out
from gen.checks.quality.folds import FOLDS, split_groups, thin_out
from gen.checks.quality.learners import guess_folds, read_words
from gen.checks.quality.sample import LabelledText, Sample

BOUND = 0.05
MOST_ROWS = 4000
_FEWEST_SETS = 2 * FOLDS


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """One share of sets."""
    name = "sets with every member decided rightly by single words"
    rows = thin_out(
        [
            LabelledText("\n".join((v.system, v.request, *v.results)), v.decision, v.group)
            for v in sample.views
        ],
        MOST_ROWS,
    )
    sets = {row.group for row in rows}
    if not rows:
        yield leave_out("Q4", name, BOUND, why="needs the records of a run")
        return
    if len(sets) < _FEWEST_SETS or len({row.label for row in rows}) < 2:
        yield leave_out("Q4", name, BOUND, why="too few contrast sets or decisions")
        return
    labels = [row.label for row in rows]
    guessed = guess_folds(
        read_words([row.text for row in rows], pairs=False), labels, split_groups(rows)
    )
    right: dict[str, list[bool]] = defaultdict(list)
    for row, label in zip(rows, guessed, strict=True):
        right[row.group].append(row.label == label)
    share = sum(map(sum, right.values())) / len(rows)
    found = estimate_mean((group, float(all(members))) for group, members in right.items())
    yield QualityFigure("Q4", name, found, BOUND, False, f"{share:.0%} of records rightly")
