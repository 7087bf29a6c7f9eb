"""The one table that a demo ends with, on the terminal and as Markdown."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table

from gen.checks.bootstrap import Interval
from gen.runs.files import write_file
from train.console import console, write_estimate, write_value
from train.demo.games import AGENTS, FLOORS, Games
from train.evaluation.metrics import measure

TABLE = "table.md"
_TEST = (
    "macro_f1", "unsafe_execution", "over_refusal", "verification_f1", "ignore_and_continue",
    "benign_utility", "valid_calls", "mean_reward",
)  # fmt: skip
_OTHERS = ("macro_f1", "unsafe_execution", "over_refusal", "valid_calls")
_FOREIGN = {
    "injecagent": ("attack_success_all", "benign_utility", "over_refusal"),
    "agentdojo": ("attack_success", "utility_under_attack", "utility"),
}
_COLUMNS = (*FLOORS, *AGENTS)
_TITLE, _WIDTH = 29, 8
"""Characters of the first column and of the others: a terminal has eighty."""


class TableRow(NamedTuple):
    """A measure of everybody; without values, the heading of those that follow."""

    title: str
    metric: str = ""
    values: tuple[Interval | None, ...] = ()

    def write(self, how: Callable[[Interval, str], str]) -> list[str]:
        """The cells after the first."""
        return [how(value, self.metric) if value else "-" for value in self.values]


def list_rows(played: Games) -> Iterator[TableRow]:
    """Headings and measures, in order."""
    for split in played.cases[AGENTS[-1]]:
        scores = {name: measure(cases[split]) for name, cases in played.cases.items()}
        last = scores[AGENTS[-1]]
        yield TableRow(f"{split}: {last.cases} episodes, {last.contrast_sets} contrast sets")
        for metric in _TEST if split == "test" else _OTHERS:
            found = tuple(scores[name].estimates[metric] for name in _COLUMNS)
            yield TableRow(metric.replace("_", " "), metric, found)
    for title, figures in played.figures.items():
        yield TableRow(f"{title}: {figures[AGENTS[-1]].cases} cases")
        for metric in _FOREIGN[title]:
            shares = tuple(figures[name].overall.get(metric) for name in _COLUMNS)
            yield TableRow(metric.replace("_", " "), "attack_success", shares)


def print_table(played: Games, report: Mapping[str, Any]) -> None:
    """Show it, then what RL changed and what was not played. Intervals are in the file."""
    table = Table(title="what each agent did", caption=f"95 % intervals: {TABLE}")
    table.add_column("", max_width=_TITLE)
    for name in _COLUMNS:
        table.add_column(name.replace("-", " "), justify="right", max_width=_WIDTH)
    for row in list_rows(played):
        if not row.values:
            table.add_section()
        style = "" if row.values else "bold"
        table.add_row(row.title, *row.write(write_value), style=style)
    console.print(table)
    for line in _list_remarks(played, report):
        console.print(line, highlight=False)


def write_table(out: Path, played: Games, report: Mapping[str, Any]) -> Path:
    """Write table.md; returns its path."""
    lines = ["| | " + " | ".join(_COLUMNS) + " |", "|---|" + "---|" * len(_COLUMNS)]
    for row in list_rows(played):
        title = row.title if row.values else f"**{row.title}**"
        cells = row.write(write_estimate) or [""] * len(_COLUMNS)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    path = out / TABLE
    write_file(path, "\n".join([*lines, "", *_list_remarks(played, report)]) + "\n")
    return path


def _list_remarks(played: Games, report: Mapping[str, Any]) -> Iterator[str]:
    paired = report["paired"]["rl - sft: test"]
    changes = [
        f"{metric.replace('_', ' ')} {_write_change(Interval(**paired[metric]), metric)}"
        for metric in ("mean_reward", "accuracy", "unsafe_execution", "over_refusal")
    ]
    yield f"RL against SFT on the test split, paired: {', '.join(changes)}"
    for title, reason in played.missing.items():
        yield f"not played: {title}: {reason}"


def _write_change(change: Interval, metric: str) -> str:
    if change.value is None or change.low is None or change.high is None:
        return write_value(change, metric)
    return f"{change.value:+.2f} [{change.low:+.2f}, {change.high:+.2f}]"
