"""Runs of one benchmark side by side: before and after, or any agents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from tool_catalog.errors import BadRun
from train.benchmarks.benchmark import REPORT, Report, read_report
from train.benchmarks.published_scores import Published, find_published
from train.benchmarks.summary import Difference, compare
from train.benchmarks.transcripts import EPISODES, Episode, Store

SECURITY = {"injecagent": "attack_success", "own": "attack_success",
            "agent-safetybench": "flagged_call"}  # fmt: skip
"""What is plotted against utility: the share of cases in which the attacker got their way."""
UTILITY = {"injecagent": "benign_utility", "own": "benign_utility",
           "agent-safetybench": "attempted"}  # fmt: skip
OVER_REFUSAL = "over_refusal"
_MARKERS = "osD^vP*X"


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished run with its episodes."""

    folder: Path
    report: Report
    episodes: Sequence[Episode]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs on the same cases; the first is what the others are compared with."""

    benchmark: str
    settings: Mapping[str, Any]
    runs: Sequence[Finished]
    measures: Sequence[str]
    differences: Sequence[Mapping[str, Difference]]
    """Of every run but the first: each measure's paired change from the first."""
    published: Sequence[Published]


def find_runs(folders: Sequence[Path]) -> list[Finished]:
    """Every finished run in these folders or below them, in the order given, then by name.

    Raises:
        BadRun: a folder holds none.
    """
    found: dict[Path, Finished] = {}
    for folder in folders:
        here = sorted(path.parent for path in folder.rglob(EPISODES))
        finished = [path for path in here if (path / REPORT).is_file()]
        if not finished:
            raise BadRun(
                f"{folder} holds no finished benchmark run; make one with triact benchmark"
            )
        for path in finished:
            found[path] = Finished(path, read_report(path), [*Store(path).read().values()])
    return list(found.values())


def compare_runs(runs: Sequence[Finished]) -> list[Comparison]:
    """Runs of the same benchmark and settings, compared with the first of them."""
    groups: dict[tuple[str, str], list[Finished]] = {}
    for run in runs:
        settings = repr(sorted(run.report.settings.items()))
        groups.setdefault((run.report.benchmark, settings), []).append(run)
    return [_compare(group) for group in groups.values()]


def _compare(runs: Sequence[Finished]) -> Comparison:
    first, *others = runs
    names = [name for name in first.report.headline if name in first.report.measures]
    return Comparison(
        benchmark=first.report.benchmark,
        settings=first.report.settings,
        runs=runs,
        measures=names,
        differences=[
            {name: compare(first.episodes, run.episodes, name) for name in names} for run in others
        ],
        published=find_published(first.report.benchmark, first.report.settings),
    )


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
        found = [run.report.measures.get(name or "") for name in (*names, OVER_REFUSAL)]
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
