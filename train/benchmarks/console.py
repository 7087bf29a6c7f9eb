"""What the benchmark commands show: progress, tables, transcripts. No decisions."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.table import Table
from rich.text import Text

from gen.cli.console import console, print_json
from gen.cli.progress import show_progress
from train.agents.turn import THOUGHT
from train.benchmarks.published_scores import find_published
from train.evaluation.benchmark import Report
from train.evaluation.bootstrap import Interval
from train.evaluation.comparison import Comparison
from train.evaluation.runner import OnEpisode
from train.evaluation.transcripts import Transcript

_ERRORS_SHOWN = 5
_MOST_COLUMNS = 3
_COLUMN = 12
_FIRST_COLUMN = 30
_ROLE_COLORS = {"system": "dim", "user": "cyan", "assistant": "green", "tool": "yellow"}


@contextmanager
def track_cases(title: str, quiet: bool) -> Iterator[OnEpisode]:
    """A progress bar over cases, with errors counted and time left."""
    with show_progress(title, "cases", quiet=quiet) as on_update:
        yield lambda done, total, failed: on_update(
            done, total, f"{failed} errors" if failed else ""
        )


def print_report(report: Report, *, as_json: bool) -> None:
    """Every headline measure over all cases and by part, then notes and errors."""
    if as_json:
        print_json(dataclasses.asdict(report))
        return
    scored = report.cases - len(report.errors)
    names = [name for name in report.headline if name in report.measures]
    title = f"{report.benchmark}: {report.agent}, {scored} of {report.cases} cases scored"
    table = Table("", "all, 95 % interval", title=title)
    wide = len(report.parts) > _MOST_COLUMNS or len(report.parts) < 2
    for part in () if wide else report.parts:
        table.add_column(part, justify="right")
    for name in names:
        parts = () if wide else (_write(m.get(name)) for m in report.parts.values())
        table.add_row(_name(name), _write_interval(report.measures[name]), *parts)
    console.print(table)
    if wide and len(report.parts) > 1:
        _print_parts(report, names)
    for note in report.notes:
        console.print(f"note: {note}", highlight=False)
    print_errors(report.errors)


def _print_parts(report: Report, names: Sequence[str]) -> None:
    """Many parts: one a row, with as many measures as the terminal is wide."""
    room = max(1, (console.width - _FIRST_COLUMN) // _COLUMN)
    caption = "more measures in report.json" if len(names) > room else None
    names = names[:room]
    table = Table("", "cases", caption=caption)
    for name in names:
        table.add_column(_name(name), justify="right")
    for part, measures in report.parts.items():
        table.add_row(part, str(_count(measures)), *(_write(measures.get(n)) for n in names))
    console.print(table)


def _name(measure: str) -> str:
    return measure.replace("_", " ")


def _count(measures: Mapping[str, Interval]) -> int:
    return max((estimate.count for estimate in measures.values()), default=0)


def _write(estimate: Interval | None) -> str:
    return "-" if estimate is None or estimate.value is None else f"{estimate.value:.1%}"


def _write_interval(estimate: Interval) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return _write(estimate)
    return f"{estimate.value:.1%} [{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]"


def print_errors(errors: Mapping[str, str]) -> None:
    """Cases without a verdict, the first of them with their reasons."""
    if not errors:
        return
    console.print(f"{len(errors)} cases could not be scored; run them again with --resume:",
                  style="yellow")  # fmt: skip
    for case, reason in list(errors.items())[:_ERRORS_SHOWN]:
        console.print(Text(f"  {case}: {reason}"))
    if len(errors) > _ERRORS_SHOWN:
        console.print(f"  and {len(errors) - _ERRORS_SHOWN} more, in report.json")


def print_comparison(comparison: Comparison, *, as_json: bool) -> None:
    """Runs of the same cases side by side, each change from the first in brackets."""
    if as_json:
        print_json(write_comparison(comparison))
        return
    settings = ", ".join(f"{k} {v}" for k, v in comparison.settings.items() if v not in (None, ""))
    table = Table("measure", title=f"{comparison.benchmark} ({settings})",
                  caption="95 % intervals; change from the first run, paired by case, * where "
                  "its interval leaves 0 out")  # fmt: skip
    for run in comparison.runs:
        table.add_column(f"{run.report.agent}\n{run.report.cases - len(run.report.errors)} cases",
                         justify="right")  # fmt: skip
    for name in comparison.measures:
        first, *others = (run.report.measures.get(name, Interval(None)) for run in comparison.runs)
        cells = [
            f"{_write_interval(estimate)}\n{_write_change(changes[name])}"
            for estimate, changes in zip(others, comparison.differences, strict=True)
        ]
        table.add_row(_name(name), _write_interval(first), *cells)
    console.print(table)
    for note in dict.fromkeys(note for run in comparison.runs for note in run.report.notes):
        console.print(f"note: {note}", highlight=False)
    for run in comparison.runs:
        if run.report.errors:
            console.print(f"{run.report.agent}: {len(run.report.errors)} cases could not be scored "
                          "and are in no figure", style="yellow")  # fmt: skip
    for entry in find_published(comparison.benchmark, comparison.settings):
        scores = ", ".join(f"{agent} {score:.1%}" for agent, score in entry.scores.items())
        what = " ".join(filter(None, (entry.part, _name(entry.measure))))
        console.print(f"published, {what}: {scores} [{entry.source}]", highlight=False)


def write_comparison(comparison: Comparison) -> dict[str, Any]:
    """A comparison as data."""
    published = find_published(comparison.benchmark, comparison.settings)
    return {
        "benchmark": comparison.benchmark,
        "settings": dict(comparison.settings),
        "runs": [{"folder": str(run.folder), **dataclasses.asdict(run.report)}
                 for run in comparison.runs],
        "differences": [{name: dataclasses.asdict(d) for name, d in changes.items()}
                        for changes in comparison.differences],
        "published": [entry.model_dump() for entry in published],
    }  # fmt: skip


def _write_change(change: Interval) -> str:
    if change.value is None or change.low is None or change.high is None:
        return "-"
    star = "*" if change.clear else ""
    return f"{100 * change.value:+.1f} [{100 * change.low:+.0f}, {100 * change.high:+.0f}]{star}"


def print_episode(episode: Transcript) -> None:
    """A transcript, a message a paragraph, with what came of it."""
    console.rule(Text(f"{episode.case} ({episode.part})"))
    for message in episode.messages:
        role = str(message["role"])
        console.print(Text(role, style=f"bold {_ROLE_COLORS.get(role, '')}".strip()))
        if message.get(THOUGHT):
            console.print(Text(str(message[THOUGHT]), style="dim italic"))
        if message.get("content"):
            console.print(Text(str(message["content"])))
        for call in message.get("tool_calls") or ():
            function = call["function"]
            console.print(Text(f"-> {function['name']} {_write_json(function['arguments'])}"))
    if episode.error is not None:
        console.print(Text(f"error: {episode.error}", style="red"))
    if episode.measures:
        held = {name: value for name, value in episode.measures.items() if value is not None}
        console.print(Text(", ".join(f"{k} {v:g}" for k, v in held.items()), style="bold"))


def _write_json(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def print_lines(rows: Sequence[Mapping[str, Any]]) -> None:
    """One JSON object a line, for scripts."""
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))  # noqa: T201 - not through rich's wrapping
