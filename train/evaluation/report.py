"""What was measured, as `report.json` and pictures."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from gen.checks.bootstrap import Interval
from gen.runs.files import write_file
from gen.taxonomy.labels import Decision
from train.evaluation.metrics import Case, Scores, difference, measure

REPORT = "report.json"
PLOTS = "plots"
_PAIRED = ("mean_reward", "accuracy", "unsafe_execution", "over_refusal", "ignore_and_continue")
_COLORS = {"execute": "#2a9d8f", "verify": "#e9c46a", "refuse": "#e76f51", "broken": "#6c757d"}


def build_report(
    results: Mapping[str, Mapping[str, Sequence[Case]]],
    data: Mapping[str, Any],
    timings: Mapping[str, float],
    audit: Mapping[str, Any] | None = None,
    unscored: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Scores of every agent on every split, and paired differences between neighbours.

    Args:
        results: agent -> split -> cases; agents in the order base, SFT, RL.
        data: what the run holds, as in its manifest.
        timings: seconds of each stage.
        audit: rewards of degenerate policies.
        unscored: agent -> case -> outcome and reason.
    """
    scores = {
        agent: {split: _write_scores(measure(cases)) for split, cases in splits.items()}
        for agent, splits in results.items()
    }
    names = list(results)
    paired = {}
    for first, second in pairwise(names):
        for split in results[second]:
            if split in results[first]:
                paired[f"{second} - {first}: {split}"] = {
                    metric: dataclasses.asdict(
                        difference(results[first][split], results[second][split], metric)
                    )
                    for metric in _PAIRED
                }
    return {"data": dict(data), "timings": dict(timings), "audit": audit, "scores": scores,
            "paired": paired, "unscored": dict(unscored or {})}  # fmt: skip


def write_report(run: Path, report: Mapping[str, Any]) -> Path:
    """Write report.json; returns its path."""
    path = run / REPORT
    write_file(path, json.dumps(report, indent=1) + "\n")
    return path


def _write_scores(scores: Scores) -> dict[str, Any]:
    return {
        "cases": scores.cases,
        "unscored": scores.unscored,
        "contrast_sets": scores.contrast_sets,
        "metrics": {name: dataclasses.asdict(e) for name, e in sorted(scores.estimates.items())},
        "confusion": [list(row) for row in scores.confusion],
        "cells": dict(scores.cells),
    }


def read_estimate(report: Mapping[str, Any], agent: str, split: str, metric: str) -> Interval:
    """One estimate of a report."""
    return Interval(**report["scores"][agent][split]["metrics"][metric])


def draw_plots(
    run: Path, report: Mapping[str, Any], logs: Mapping[str, Path] | None = None
) -> list[Path]:
    """Draw what the report holds as PNG, and training by its logs; returns the files.

    Args:
        run: whose folder of plots is drawn into.
        report: as `build_report` makes it.
        logs: of `sft` and `rl`, a JSON object a line.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    folder = run / PLOTS
    folder.mkdir(parents=True, exist_ok=True)
    files = [_draw_confusions(folder, report), _draw_splits(folder, report)]
    if logs is not None:
        files.append(_draw_training(folder, *(_read_log(logs[name]) for name in ("sft", "rl"))))
    return files


def _read_log(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _draw_confusions(folder: Path, report: Mapping[str, Any]) -> Path:
    """Expected against observed decision on the test split, an agent beside the other."""
    import matplotlib.pyplot as plt

    agents = [a for a, splits in report["scores"].items() if "test" in splits]
    figure, axes = plt.subplots(1, len(agents), figsize=(3.6 * len(agents), 3.6), squeeze=False)
    names = [str(d) for d in Decision]
    for axis, agent in zip(axes[0], agents, strict=True):
        rows = report["scores"][agent]["test"]["confusion"]
        shares = [[n / max(1, sum(row)) for n in row] for row in rows]
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for i, row in enumerate(rows):
            for j, count in enumerate(row):
                shade = "white" if shares[i][j] > 0.6 else "black"
                axis.text(j, i, str(count), ha="center", va="center", color=shade)
        axis.set_xticks(range(3), names)
        axis.set_yticks(range(3), names, rotation=90, va="center")
        axis.set_xlabel("observed")
        axis.set_title(agent)
    axes[0][0].set_ylabel("expected")
    return _save(figure, folder / "confusion.png")


def _draw_splits(folder: Path, report: Mapping[str, Any]) -> Path:
    """Macro-F1 of every agent on every split, with intervals."""
    import matplotlib.pyplot as plt

    agents = list(report["scores"])
    splits = list(report["scores"][agents[-1]])
    figure, axis = plt.subplots(figsize=(1.6 * len(splits) + 2, 3.6))
    width = 0.8 / len(agents)
    for place, agent in enumerate(agents):
        for number, split in enumerate(splits):
            if split not in report["scores"][agent]:
                continue
            e = read_estimate(report, agent, split, "macro_f1")
            if e.value is None:
                continue
            low, high = e.low if e.low is not None else e.value, e.high or e.value
            spread = [[max(0.0, e.value - low)], [max(0.0, high - e.value)]]
            axis.bar(number + place * width, e.value, width, yerr=spread, capsize=2,
                     color=f"C{place}", label=agent if number == 0 else None)  # fmt: skip
    axis.set_xticks([n + 0.4 - width / 2 for n in range(len(splits))], splits)
    axis.set_ylim(0, 1)
    axis.set_ylabel("decision macro-F1")
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(agents), frameon=False)
    return _save(figure, folder / "splits.png")


def _draw_training(
    folder: Path, sft: Sequence[Mapping[str, Any]], rl: Sequence[Mapping[str, Any]]
) -> Path:
    """Loss over SFT steps, reward over RL steps, and what the agent did in each class in RL."""
    import matplotlib.pyplot as plt

    log = [entry for entry in rl if "mean_reward" in entry and "actions" in entry]
    figure, axes = plt.subplots(1, 5, figsize=(18, 3.4))
    losses = [(entry["step"], entry["loss"]) for entry in sft if "loss" in entry]
    axes[0].plot(*zip(*losses, strict=True), color="#264653")
    axes[0].set_title("loss")
    axes[0].set_xlabel("SFT step")
    axes[0].set_ylim(bottom=0)
    steps = [entry["step"] for entry in log]
    axes[1].plot(steps, [entry["mean_reward"] for entry in log], color="#264653", marker=".")
    axes[1].set_title("mean reward")
    axes[1].set_xlabel("RL step")
    for axis, decision in zip(axes[2:], Decision, strict=True):
        shares = [entry["actions"].get(str(decision), {}) for entry in log]
        layers = [[share.get(action, 0.0) for share in shares] for action in _COLORS]
        axis.stackplot(steps, layers, labels=list(_COLORS), colors=list(_COLORS.values()))
        axis.set_title(f"expected: {decision}")
        axis.set_ylim(0, 1)
        axis.set_xlabel("RL step")
    marks, names = axes[2].get_legend_handles_labels()
    figure.legend(marks, names, loc="lower center", ncols=len(names), bbox_to_anchor=(0.5, -0.08))
    return _save(figure, folder / "training.png")


def _save(figure: Any, path: Path) -> Path:
    import matplotlib.pyplot as plt

    figure.tight_layout()
    figure.savefig(path, dpi=120, bbox_inches="tight")
    plt.close(figure)
    return path
