"""What the benchmark commands show: progress, tables, transcripts. No decisions."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rich.table import Table
from rich.text import Text

from gen.checks.bootstrap import Interval
from gen.cli.console import console, print_json
from gen.cli.progress import show_progress
from tool_catalog.errors import CheckFailed
from train.agents.turn import THOUGHT
from train.evaluation.benchmark import Figures, Report
from train.evaluation.outcome import Outcome
from train.evaluation.runner import OnEpisode
from train.evaluation.transcripts import Transcript

_ERRORS_SHOWN = 5
_COLUMN = 12
_FIRST_COLUMN = 30
_HINTS = {
    Outcome.CUT: "what was cut may want more --max-tokens",
    Outcome.UNJUDGED: "what is unjudged is judged again with --resume",
    Outcome.ERROR: "errors are run again with --resume",
}
_ROLE_COLORS = {"system": "dim", "user": "cyan", "assistant": "green", "tool": "yellow"}


@contextmanager
def track_cases(title: str, quiet: bool) -> Iterator[OnEpisode]:
    """A progress bar over cases, with those without a score counted and time left."""
    with show_progress(title, "cases", quiet=quiet) as on_update:
        yield lambda done, total, unscored: on_update(
            done, total, f"{unscored} not scored" if unscored else ""
        )


def print_report(report: Report, *, most_unscored: float, as_json: bool) -> None:
    """Every headline measure over all cases and by part, beside the floors; then what to know.

    Args:
        report: of a run.
        most_unscored: with a larger share of cases unscored, no share of the scored ones is shown.
        as_json: print all of it as data instead.
    """
    if as_json:
        print_json(dataclasses.asdict(keep_scores(report, most_unscored)))
        return
    names = [name for name in report.headline if name in report.figures.overall]
    table = Table(
        "", "scored cases,\n95 % interval", title=f"{report.benchmark}: {report.agent}",
        caption="all cases: those without a score counted against the agent" + _describe_floors(
            report
        ),
    )  # fmt: skip
    table.add_column("all cases", justify="right")
    for floor in report.floors:
        table.add_column(f"{floor}*", justify="right")
    for name in names:
        table.add_row(
            _name(name),
            _write_scored(report.figures, name, most_unscored),
            _write(report.figures.overall.get(name)),
            *(_write(floor.measures.get(name)) for floor in report.floors.values()),
        )
    console.print(table)
    for name, figures in {report.agent: report.figures, **report.floors}.items():
        print_outcomes(name, figures)
    if len(report.parts) > 1:
        _print_parts(report, names, most_unscored)
    for note in report.notes:
        console.print(f"note: {note}", highlight=False)
    print_unscored(report.unscored)
    for warning in report.warnings:
        console.print(f"warning: {warning}", style="yellow", highlight=False)


def keep_scores(report: Report, most_unscored: float) -> Report:
    """A report for scripts: without shares of scored cases where too few are scored."""
    return replace(
        report,
        figures=report.figures.keep_scores(most_unscored),
        parts={name: part.keep_scores(most_unscored) for name, part in report.parts.items()},
    )


def _describe_floors(report: Report) -> str:
    if not report.floors:
        return ""
    return "\n* by the benchmark's rules, which score silence too; no model is needed for these"


def print_outcomes(agent: str, figures: Figures) -> None:
    """How many cases of an agent ended as what."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in figures.outcomes.items())
    console.print(f"{agent}, {figures.cases} cases: {counts}", highlight=False)


def _print_parts(report: Report, names: Sequence[str], most_unscored: float) -> None:
    """One part a row, with as many measures as the terminal is wide."""
    room = max(1, (console.width - _FIRST_COLUMN) // _COLUMN)
    captions = ["in brackets: over all cases, those without a score counted against the agent"]
    if len(names) > room:
        captions.append("more measures in report.json")
    table = Table("", "scored", caption="\n".join(captions))
    for name in names[:room]:
        table.add_column(_name(name), justify="right")
    for part, figures in report.parts.items():
        shares = (_write_both(figures, name, most_unscored) for name in names[:room])
        table.add_row(part, f"{figures.scored} of {figures.cases}", *shares)
    console.print(table)


def _write_scored(figures: Figures, measure: str, most_unscored: float) -> str:
    """A share of the scored cases, where enough are scored to call it one."""
    found = figures.measures.get(measure)
    if found is None or not figures.is_score(measure, most_unscored):
        return "-"
    return write_interval(found)


def _write_both(figures: Figures, measure: str, most_unscored: float) -> str:
    enough = figures.is_score(measure, most_unscored)
    scored = _write(figures.measures.get(measure)) if enough else "-"
    if figures.scored == figures.cases:
        return scored
    return f"{scored} ({_write(figures.overall.get(measure))})"


def check_scored(report: Report, most_unscored: float) -> None:
    """Refuse to call the shares of a run scores.

    Raises:
        CheckFailed: more cases than that are without a score.
    """
    figures = report.figures
    if figures.unscored_share > most_unscored:
        counts = ", ".join(
            f"{count} {outcome}" for outcome, count in figures.outcomes.items()
            if count and outcome != Outcome.SCORED
        )  # fmt: skip
        [(reason, _)] = Counter(report.unscored.values()).most_common(1)
        raise CheckFailed(
            f"{len(report.unscored)} of {figures.cases} cases have no score ({counts}), more than "
            f"{100 * most_unscored:g}% (--max-unscored): this is no measurement of {report.agent}; "
            f"mostly {reason}"
        )


def _name(measure: str) -> str:
    return measure.replace("_", " ")


def _write(estimate: Interval | None) -> str:
    return "-" if estimate is None or estimate.value is None else f"{estimate.value:.1%}"


def write_interval(estimate: Interval, *, short: bool = False) -> str:
    """A share in per cent, with its interval unless it is to be short."""
    if short or estimate.value is None or estimate.low is None or estimate.high is None:
        return _write(estimate)
    return f"{estimate.value:.1%} [{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]"


def print_unscored(unscored: Mapping[str, str]) -> None:
    """Cases without a score, the first of them with their reasons."""
    if not unscored:
        return
    found = {reason.partition(":")[0] for reason in unscored.values()}
    hints = "; ".join(hint for outcome, hint in _HINTS.items() if outcome in found)
    console.print(f"{len(unscored)} cases have no score{hints and f' ({hints})'}:",
                  style="yellow")  # fmt: skip
    for case, reason in list(unscored.items())[:_ERRORS_SHOWN]:
        console.print(Text(f"  {case}: {reason}"))
    if len(unscored) > _ERRORS_SHOWN:
        console.print(f"  and {len(unscored) - _ERRORS_SHOWN} more, in report.json")


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
    if not episode.scored:
        console.print(Text(f"{episode.outcome}: {episode.reason}", style="red"))
        return
    held = {name: value for name, value in episode.measures.items() if value is not None}
    console.print(Text(", ".join(f"{k} {v:g}" for k, v in held.items()), style="bold"))


def _write_json(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def print_lines(rows: Sequence[Mapping[str, Any]]) -> None:
    """One JSON object a line, for scripts."""
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))  # noqa: T201 - not through rich's wrapping
