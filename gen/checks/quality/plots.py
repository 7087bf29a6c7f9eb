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
    """Each value between 0 and 1 with its interval and bound; other sets as diamonds."""
    import matplotlib.pyplot as plt

    shown = [f for f in panel.figures if f.estimate.value is not None and f.bound <= 1]
    shown = [f for f in shown if f.id not in ("P6", "C")]
    figure, axis = plt.subplots(figsize=(9, 1.2 + 0.3 * len(shown)))
    for place, found in enumerate(shown):
        _draw_value(axis, place, found)
        for number, other in enumerate(beside):
            if (value := _find_value(other, found)) is not None:
                axis.plot(value, place, "D", color=_OTHERS[number % len(_OTHERS)], markersize=5)
    for number, other in enumerate(beside):
        axis.plot([], [], "D", color=_OTHERS[number % len(_OTHERS)], label=other.source)
    for judgement in ("pass", "fail"):
        axis.plot([], [], "o", color=_COLORS[judgement], label=judgement)
    axis.plot([], [], "|", color="black", markersize=12, label="bound")
    axis.set_yticks(range(len(shown)), [_shorten(f"{f.id} {f.name}") for f in shown])
    axis.invert_yaxis()
    low = min(0.0, *(f.estimate.value or 0.0 for f in shown)) if len(shown) > 1 else 0.0
    axis.set_xlim(min(low - 0.02, -0.02), 1.02)
    axis.grid(axis="x", alpha=0.3)
    axis.set_title(panel.source)
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return _save(figure, path)


def _draw_value(axis: Any, place: int, found: QualityFigure) -> None:
    value = found.estimate.value or 0.0
    low = value if found.estimate.low is None else found.estimate.low
    high = value if found.estimate.high is None else found.estimate.high
    color = _COLORS[found.judgement]
    axis.plot([low, high], [place, place], color=color, linewidth=2)
    axis.plot(value, place, "o", color=color, markersize=6)
    axis.plot(found.bound, place, "|", color="black", markersize=12, markeredgewidth=2)


def _find_value(other: Panel, found: QualityFigure) -> float | None:
    """The worst of another panel's figures of the same measure; channels are not told apart."""
    aspect = found.name.partition(",")[0].partition(" of ")[0]
    values = [
        f.estimate.value
        for f in other.figures
        if f.id == found.id and f.name.startswith(aspect) and f.estimate.value is not None
    ]
    if not values:
        return None
    return min(values) if found.at_least else max(values)


def _draw_parts(panel: Panel, id: str, path: Path) -> Path:
    """The parts of each figure of a measure, one picture a figure side by side."""
    import matplotlib.pyplot as plt

    figures = [figure for figure in panel.figures if figure.id == id and figure.parts]
    columns = 3 if id == "P1" else 2
    rows = -(-len(figures) // columns)
    most = max(len(figure.parts) for figure in figures)
    drawn, axes = plt.subplots(
        rows, columns, figsize=(6.2 * columns, rows * (1.1 + 0.26 * most)), squeeze=False
    )
    for axis in axes.flat[len(figures) :]:
        axis.set_visible(False)
    for axis, found in zip(axes.flat, figures, strict=False):
        for place, part in enumerate(found.parts):
            _draw_value(axis, place, _judge(found, part))
        axis.axvline(found.bound, color="black", linewidth=1)
        axis.set_yticks(range(len(found.parts)), [_shorten(p.name) for p in found.parts])
        axis.invert_yaxis()
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
