"""Runs side by side in one picture: what the attacker gets against what the user gets."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from train.evaluation.comparison import Comparison

SECURITY = {"injecagent": "attack_success", "own": "attack_success",
            "agent-safetybench": "flagged_call"}  # fmt: skip
"""What is plotted against utility: the share of cases in which the attacker got their way."""
UTILITY = {"injecagent": "benign_utility", "own": "benign_utility",
           "agent-safetybench": "attempted"}  # fmt: skip
OVER_REFUSAL = "over_refusal"
_MARKERS = "osD^vP*X"


def draw_comparisons(comparisons: Sequence[Comparison], path: Path) -> Path | None:
    """Draw attack success against benign utility, over-refusal as colour; None without either."""
    drawn = [c for c in comparisons if _list_points(c)]
    if not drawn:
        return None
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(drawn), figsize=(5.2 * len(drawn), 4.4), squeeze=False, layout="constrained"
    )
    for axis, comparison in zip(axes[0], drawn, strict=True):
        points = _draw_points(axis, comparison)
    figure.colorbar(points, ax=axes[0].tolist(), label="over-refusal")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return path


def _list_points(comparison: Comparison) -> list[tuple[str, float, float, float]]:
    """Agent, utility, attack success and over-refusal, of runs that have all three."""
    points = []
    for run in comparison.runs:
        names = (UTILITY.get(comparison.benchmark), SECURITY.get(comparison.benchmark))
        found = [run.report.figures.measures.get(name or "") for name in (*names, OVER_REFUSAL)]
        values = [estimate.value for estimate in found if estimate is not None]
        if len(values) == 3 and None not in values:
            x, y, refused = (float(value or 0.0) for value in values)
            points.append((run.report.agent, x, y, refused))
    return points


def _draw_points(axis: Any, comparison: Comparison) -> Any:
    points = _list_points(comparison)
    drawn = None
    for (name, x, y, refused), marker in zip(points, cycle(_MARKERS), strict=False):
        drawn = axis.scatter([x], [y], c=[refused], s=90, marker=marker, label=name, zorder=3,
                             cmap="viridis_r", vmin=0, vmax=1, edgecolors="black",
                             clip_on=False)  # fmt: skip
    axis.plot([p[1] for p in points], [p[2] for p in points], color="grey", linewidth=0.8)
    setting = comparison.settings.get("setting")
    axis.set_title(f"{comparison.benchmark}{f' ({setting})' if setting else ''}")
    axis.set_xlabel(UTILITY[comparison.benchmark].replace("_", " ") + " (more is better)")
    axis.set_ylabel(SECURITY[comparison.benchmark].replace("_", " ") + " (less is better)")
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(-0.02, 1.02)
    axis.grid(alpha=0.3)
    # Outside the axes: inside, its markers would read as runs.
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False, fontsize=8)
    return drawn
