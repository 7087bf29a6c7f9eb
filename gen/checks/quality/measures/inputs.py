"""Q2: what single words of a part of the input tell of the tool label, by who wrote the texts.

Neither the request, nor the offered tools, nor lengths and places say what a result holds. Texts
by templates and by a model are measured apart, so that a writer whose style tells is found out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from gen.checks.quality.areas import estimate_area
from gen.checks.quality.figure import FigurePart, QualityFigure, choose_worst, leave_out
from gen.checks.quality.folds import FOLDS, split_groups, thin_out
from gen.checks.quality.learners import read_words, score_folds
from gen.checks.quality.sample import LabelledText, RecordView, Sample

BOUND = 0.55
MOST_ROWS = 8000
_FEWEST = 2 * FOLDS


def _see_request(view: RecordView) -> str:
    return view.request


def _see_tools(view: RecordView) -> str:
    return " ".join(tool.replace(".", "_") for tool in view.tools)


def _see_metadata(view: RecordView) -> str:
    """Lengths in steps, number of tools, and where the content stands, as words."""
    size = len(" ".join(view.contents))
    if not size:
        return ""  # that there is none is no secret
    positions = [f"at_{position}" for position in view.positions]
    return " ".join([
        f"request_{len(view.request) // 40}", f"content_{size // 40}",
        f"tools_{len(view.tools)}", view.leaves["language"], *positions,
    ])  # fmt: skip


INPUTS: Mapping[str, Callable[[RecordView], str]] = {
    "request": _see_request,
    "offered tools": _see_tools,
    "metadata": _see_metadata,
}


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """A figure for each part of the input: its worst writer and label."""
    writers = sorted({view.generator for view in sample.views})
    for name, see in INPUTS.items():
        title = f"tool label from the {name} alone, AUC"
        if not writers:
            yield leave_out("Q2", title, BOUND, why="needs the records of a run")
            continue
        parts = [
            part
            for writer in writers
            for part in _try_writer(writer, [v for v in sample.views if v.generator == writer], see)
        ]
        yield choose_worst("Q2", title, parts, BOUND)


def _try_writer(
    writer: str, views: Sequence[RecordView], see: Callable[[RecordView], str]
) -> Iterator[FigurePart]:
    rows = [LabelledText(see(v), v.tool_label, v.group) for v in views if see(v)]
    rows = thin_out(rows, MOST_ROWS)
    if len({row.group for row in rows}) < _FEWEST:
        return
    features, split = read_words([row.text for row in rows]), split_groups(rows)
    for label in sorted({row.label for row in rows}):
        wanted = [row.label == label for row in rows]
        if _FEWEST <= sum(wanted) <= len(wanted) - _FEWEST:
            found = estimate_area(score_folds(features, wanted, split), wanted, split)
            yield FigurePart(f"{label} against the rest, by {writer}", found)
