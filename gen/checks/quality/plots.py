"""A panel in pictures: every area and share beside its bound, and every pair told apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gen.checks.quality.figure import FigurePart, QualityFigure
from gen.checks.quality.panel import Panel

_COLORS = {"pass": "#2a9d8f", "fail": "#c1121f", "not measured": "#999999"}
_OTHERS = ("#264653", "#e9a03b", "#7b2cbf", "#457b9d")
_PARTED = ("P1", "P6")
_OTHER_SCALES = ("P6", "V", "C")
_LONGEST = 62


def draw_panel(panel: Panel, beside: Sequence[Panel], folder: Path) -> list[Path]:
    """Draw PNGs into a folder that is there; returns the files."""
    import matplotlib as mpl

    mpl.use("Agg")
    files = [_draw_figures(panel, beside, folder / "figures.png")]
    for id in _PARTED:
        if any(figure.parts for figure in panel.figures if figure.id == id):
            files.append(_draw_parts(panel, id, folder / f"{id.lower()}.png"))
    return files


def _draw_figures(panel: Panel, beside: Sequence[Panel], path: Path) -> Path:
    """Each value between 0 and 1 with its interval and bound; below them those of other sets."""
    import matplotlib.pyplot as plt

    rows = [("", found, _COLORS[found.judgement]) for found in _choose_shown(panel)]
    for number, other in enumerate(beside):
        color = _OTHERS[number % len(_OTHERS)]
        rows += [(f"{other.source}: ", found, color) for found in _choose_shown(other)]
    figure, axis = plt.subplots(figsize=(9, 1.2 + 0.3 * len(rows)))
    for place, (_, found, color) in enumerate(rows):
        _draw_value(axis, place, found, color)
    for number, other in enumerate(beside):
        color = _OTHERS[number % len(_OTHERS)]
        axis.plot([], [], "o", color=color, label=f"{other.source}, not judged")
    for judgement in ("pass", "fail"):
        axis.plot([], [], "o", color=_COLORS[judgement], label=judgement)
    axis.plot([], [], "|", color="black", markersize=12, label="bound")
    axis.set_yticks(
        range(len(rows)), [_shorten(f"{who}{found.id} {found.name}") for who, found, _ in rows]
    )
    axis.set_ylim(len(rows) - 0.5, -0.5)
    lows = [found.estimate.low or 0.0 for _, found, _ in rows]
    axis.set_xlim(min(0.0, *lows, 0.0) - 0.02, 1.02)
    axis.grid(axis="x", alpha=0.3)
    axis.set_title(_shorten(panel.source))
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return _save(figure, path)


def _choose_shown(panel: Panel) -> list[QualityFigure]:
    """Areas and shares; ratios and counts have other scales."""
    valued = [figure for figure in panel.figures if figure.estimate.value is not None]
    return [figure for figure in valued if figure.id not in _OTHER_SCALES]


def _draw_value(axis: Any, place: int, found: QualityFigure, color: str) -> None:
    value = found.estimate.value or 0.0
    low = value if found.estimate.low is None else found.estimate.low
    high = value if found.estimate.high is None else found.estimate.high
    axis.plot([low, high], [place, place], color=color, linewidth=2)
    axis.plot(value, place, "o", color=color, markersize=6)
    axis.plot(found.bound, place, "|", color="black", markersize=12, markeredgewidth=2)


def _draw_parts(panel: Panel, id: str, path: Path) -> Path:
    """The parts of each figure of a measure, one picture a figure side by side."""
    import matplotlib.pyplot as plt

    figures = [figure for figure in panel.figures if figure.id == id and figure.parts]
    columns = 3 if id == "P1" else 2
    rows = -(-len(figures) // columns)
    most = max(len(figure.parts) for figure in figures)
    drawn, axes = plt.subplots(
        rows,
        columns,
        figsize=(6.6 * columns, rows * (1.1 + 0.26 * most)),
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat[len(figures) :]:
        axis.set_visible(False)
    for axis, found in zip(axes.flat, figures, strict=False):
        for place, part in enumerate(found.parts):
            judged = _judge(found, part)
            _draw_value(axis, place, judged, _COLORS[judged.judgement])
        axis.axvline(found.bound, color="black", linewidth=1)
        axis.set_yticks(range(len(found.parts)), [_shorten(p.name) for p in found.parts])
        axis.set_ylim(len(found.parts) - 0.5, -0.5)
        if id == "P1":
            axis.set_xlim(0.49, 1.01)
        axis.set_title(_shorten(found.name), fontsize=10)
        axis.grid(axis="x", alpha=0.3)
    return _save(drawn, path)


def _judge(found: QualityFigure, part: FigurePart) -> QualityFigure:
    """A part held against the bound of its figure."""
    return QualityFigure(found.id, part.name, part.estimate, found.bound, found.at_least)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _save(figure: Any, path: Path) -> Path:
    import matplotlib.pyplot as plt

    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)
    return path
