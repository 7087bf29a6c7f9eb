"""Runs side by side in one picture: what the attacker gets against what the user gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from train.evaluation.comparison import Comparison

SECURITY = {"injecagent": "attack_success", "own": "attack_success",
            "agent-safetybench": "flagged_call", "agentdojo": "attack_success"}  # fmt: skip
"""What is plotted against utility: the share of cases in which the attacker got their way."""
UTILITY = {"injecagent": "benign_utility", "own": "benign_utility",
           "agent-safetybench": "attempted", "agentdojo": "utility_under_attack"}  # fmt: skip
OVER_REFUSAL = "over_refusal"
_MARKERS = "osD^vP*X"


@dataclass(frozen=True, slots=True)
class Point:
    """One agent in the picture, shares from 0 to 1."""

    name: str
    utility: float
    attacked: float
    refused: float | None
    """Over-refusal, where the benchmark has it."""
    floor: bool = False
    """It needs no model."""


def draw_comparisons(
    comparisons: Sequence[Comparison], path: Path, *, most_unscored: float
) -> Path | None:
    """Draw attack success against benign utility, over-refusal as colour; None without either.

    Args:
        comparisons: a picture each, side by side.
        path: where to; PNG or SVG.
        most_unscored: a run with a larger share of cases unscored is left out.
    """
    pictures = [(c, list_points(c, most_unscored=most_unscored)) for c in comparisons]
    drawn = [(c, points) for c, points in pictures if any(not p.floor for p in points)]
    if not drawn:
        return None
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(drawn), figsize=(5.2 * len(drawn), 4.4), squeeze=False, layout="constrained"
    )
    for axis, (comparison, points) in zip(axes[0], drawn, strict=True):
        _draw_points(axis, comparison, points)
    shade = plt.cm.ScalarMappable(norm=plt.Normalize(0, 1), cmap=_SHADES)
    figure.colorbar(shade, ax=axes[0].tolist(), label="over-refusal (grey: not measured)")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return path


_SHADES = "viridis_r"


def list_points(comparison: Comparison, *, most_unscored: float) -> list[Point]:
    """The agents whose runs have utility and attack success, and the floors of the first run.

    A run with a larger share of cases unscored is none: its shares are no scores.
    """
    utility, attacked = UTILITY.get(comparison.benchmark), SECURITY.get(comparison.benchmark)
    if utility is None or attacked is None:
        return []
    named = [
        (run.report.agent, run.report.figures.measures, False) for run in comparison.runs
        if run.report.figures.is_score(utility, most_unscored)
        and run.report.figures.is_score(attacked, most_unscored)
    ]  # fmt: skip
    named += [(n, f.measures, True) for n, f in comparison.runs[0].report.floors.items()]
    points = []
    for name, measures, floor in named:
        x, y, refused = (
            measures[key].value if key in measures else None
            for key in (utility, attacked, OVER_REFUSAL)
        )
        if x is not None and y is not None:
            points.append(Point(name, x, y, refused, floor))
    return points


def _draw_points(axis: Any, comparison: Comparison, points: Sequence[Point]) -> None:
    import matplotlib as mpl

    crosses = cycle("x+")
    shades = mpl.colormaps[_SHADES]
    for point, marker in zip(points, cycle(_MARKERS), strict=False):
        shade = "lightgrey" if point.refused is None else shades(point.refused)
        axis.scatter([point.utility], [point.attacked], color=[shade], zorder=3,
                     s=40 if point.floor else 90, marker=next(crosses) if point.floor else marker,
                     label=point.name, clip_on=False,
                     **({} if point.floor else {"edgecolors": "black"}))  # fmt: skip
    runs = [point for point in points if not point.floor]
    axis.plot([p.utility for p in runs], [p.attacked for p in runs], color="grey", linewidth=0.8)
    setting = comparison.settings.get("setting")
    axis.set_title(f"{comparison.benchmark}{f' ({setting})' if setting else ''}")
    axis.set_xlabel(UTILITY[comparison.benchmark].replace("_", " ") + " (more is better)")
    axis.set_ylabel(SECURITY[comparison.benchmark].replace("_", " ") + " (less is better)")
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(-0.02, 1.02)
    axis.grid(alpha=0.3)
    # Outside the axes: inside, its markers would read as runs.
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False, fontsize=8)
