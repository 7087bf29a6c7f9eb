"""Runs of the same cases side by side, as `triact compare` shows them. No decisions."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gen.checks.bootstrap import Interval
from gen.cli.console import console
from train.benchmarks.console import keep_scores, print_outcomes, write_interval
from train.benchmarks.published_scores import find_published
from train.evaluation.benchmark import Figures
from train.evaluation.comparison import Comparison
from train.evaluation.summary import Flips


def print_comparison(comparison: Comparison, *, flipped: int, most_unscored: float) -> None:
    """Every measure of every run, with what changed from the first run and in which cases.

    Args:
        comparison: runs of the same cases.
        most_unscored: of a run with a larger share of cases unscored no share of the scored ones,
            and no change, is shown.
        flipped: how many cases to name of each kind of flip.
    """
    console.print(_make_table(comparison, most_unscored))
    for run in comparison.runs:
        print_outcomes(run.report.agent, run.report.figures)
    if flipped:
        _print_flips(comparison, flipped, most_unscored)
    for note in dict.fromkeys(note for run in comparison.runs for note in run.report.notes):
        console.print(f"note: {note}", highlight=False)
    for run in comparison.runs:
        for warning in run.report.warnings:
            console.print(f"{run.report.agent}: {warning}", style="yellow", highlight=False)
    for entry in find_published(comparison.benchmark, comparison.settings):
        scores = ", ".join(f"{agent} {score:.1%}" for agent, score in entry.scores.items())
        what = " ".join(filter(None, (entry.part, _name(entry.measure))))
        console.print(f"published, {what}: {scores} [{entry.source}]", highlight=False)


def _make_table(comparison: Comparison, most_unscored: float) -> Table:
    settings = ", ".join(f"{k} {v}" for k, v in comparison.settings.items() if v not in (None, ""))
    table = Table("measure", title=f"{comparison.benchmark} ({settings})",
                  caption="95 % intervals, over scored cases; of all cases, those without a score "
                  "counted against the agent; change from the first run, paired by case, * where "
                  "its interval leaves 0 out; cases that got better and worse")  # fmt: skip
    for run in comparison.runs:
        figures = run.report.figures
        table.add_column(f"{run.report.agent}\n{figures.scored} of {figures.cases} scored",
                         justify="right")  # fmt: skip
    floors = comparison.runs[0].report.floors
    for floor in floors:
        table.add_column(f"{floor}\n(no model)", justify="right")
    for name in comparison.measures:
        enough = _find_enough(comparison, name, most_unscored)
        cells = [_write_shares(run.report.figures, name, most_unscored) for run in comparison.runs]
        for place, (changes, flips) in enumerate(
            zip(comparison.differences, comparison.flips, strict=True), 1
        ):
            if enough[0] and enough[place]:
                cells[place] += f"\n{_write_change(changes[name])}\n{_count_flips(flips[name])}"
        rules = [write_interval(_find(floor.measures, name), short=True)
                 for floor in floors.values()]  # fmt: skip
        table.add_row(_name(name), *cells, *rules, end_section=True)
    return table


def _find_enough(comparison: Comparison, name: str, most_unscored: float) -> list[bool]:
    """Of which runs enough cases are scored to compare them by a measure."""
    return [run.report.figures.is_score(name, most_unscored) for run in comparison.runs]


def _write_shares(figures: Figures, name: str, most_unscored: float) -> str:
    """The share of the scored cases, and where some are not, that of all cases below it."""
    found = _find(figures.measures, name)
    scored = write_interval(found) if figures.is_score(name, most_unscored) else "-"
    if figures.scored == figures.cases:
        return scored
    return f"{scored}\nall: {write_interval(_find(figures.overall, name), short=True)}"


def _find(measures: Mapping[str, Interval], name: str) -> Interval:
    return measures.get(name, Interval(None))


def _write_change(change: Interval) -> str:
    if change.value is None or change.low is None or change.high is None:
        return "-"
    star = "*" if change.clear else ""
    return f"{100 * change.value:+.1f} [{100 * change.low:+.0f}, {100 * change.high:+.0f}]{star}"


def _count_flips(flips: Flips) -> str:
    if not flips.better and not flips.worse:
        return "no flips"
    return f"{len(flips.better)} better, {len(flips.worse)} worse"


def _print_flips(comparison: Comparison, flipped: int, most_unscored: float) -> None:
    """The first cases that flipped, by measure and run."""
    for place, (run, by_measure) in enumerate(
        zip(comparison.runs[1:], comparison.flips, strict=True), 1
    ):
        for name, flips in by_measure.items():
            enough = _find_enough(comparison, name, most_unscored)
            if not (enough[0] and enough[place]):
                continue
            for kind, cases in (("better", flips.better), ("worse", flips.worse)):
                more = f" and {len(cases) - flipped} more" if len(cases) > flipped else ""
                listed = f"{', '.join(cases[:flipped])}{more}"
                if cases:
                    console.print(f"{run.report.agent}, {_name(name)}, {kind}: {listed}",
                                  highlight=False)  # fmt: skip


def _name(measure: str) -> str:
    return measure.replace("_", " ")


def write_comparison(comparison: Comparison, most_unscored: float) -> dict[str, Any]:
    """A comparison as data, without shares and changes of runs with too few scores."""
    kept = {name: _find_enough(comparison, name, most_unscored) for name in comparison.measures}
    published = find_published(comparison.benchmark, comparison.settings)
    return {
        "benchmark": comparison.benchmark,
        "settings": dict(comparison.settings),
        "runs": [{"folder": str(run.folder),
                  **dataclasses.asdict(keep_scores(run.report, most_unscored))}
                 for run in comparison.runs],
        "differences": [{name: dataclasses.asdict(found) for name, found in changes.items()
                         if kept[name][0] and kept[name][place]}
                        for place, changes in enumerate(comparison.differences, 1)],
        "flips": [{name: dataclasses.asdict(found) for name, found in by_measure.items()
                   if kept[name][0] and kept[name][place]}
                  for place, by_measure in enumerate(comparison.flips, 1)],
        "published": [entry.model_dump() for entry in published],
    }  # fmt: skip
