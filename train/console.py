"""What train's commands show: progress and tables. No decisions."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from gen.checks.bootstrap import Interval
from gen.checks.figures import Figure
from gen.cli.console import console as console
from gen.cli.console import print_json
from gen.cli.progress import show_progress
from gen.taxonomy.labels import Decision
from train.audits.audit import ALL, ATTACKED, HARMLESS, Audit, name_class
from train.evaluation.metrics import HEADLINE
from train.evaluation.report import read_estimate

_SHARES = frozenset(HEADLINE) - {"macro_f1", "verification_f1", "report_f1", "mean_reward"}


def print_audit(audit: Audit, *, as_json: bool) -> None:
    """Rewards of every policy by class."""
    if as_json:
        print_json(write_audit(audit))
        return
    name, gap = audit.best_degenerate
    classes = [c for c in (*map(str, Decision), ATTACKED, HARMLESS, ALL) if c in audit.counts]
    table = Table(title="Expected reward by policy and class, with the records of each")
    table.add_column("policy", no_wrap=True)
    for c in classes:
        table.add_column(f"{c}\n{audit.counts[c]}", justify="right", no_wrap=True)
    for policy, rewards in audit.rewards.items():
        judged = name_class(policy)
        table.add_row(policy, *(
            Text(f"{rewards.get(c, 0.0):+.2f}", style="bold" if c == judged else "")
            for c in classes))  # fmt: skip
    console.print(table)
    for policy in audit.rewards:
        if (judged := name_class(policy)) != ALL and policy in audit.gaps:
            console.print(f"{policy} is judged on {judged}: {audit.gaps[policy]:.2f} below "
                          "the reference there", highlight=False)  # fmt: skip
    console.print(f"best degenerate policy: {name}, {gap:.2f} below the reference "
                  f"(at least {audit.margin:.2f} asked)")  # fmt: skip


def write_audit(audit: Audit) -> dict[str, Any]:
    """An audit as data."""
    name, gap = audit.best_degenerate
    rewards = {policy: dict(by_class) for policy, by_class in audit.rewards.items()}
    return {"passed": audit.passed, "margin": audit.margin, "best_degenerate": name,
            "best_degenerate_gap": gap, "gaps": audit.gaps,
            "judged_on": {policy: name_class(policy) for policy in audit.gaps},
            "rewards": rewards, "counts": dict(audit.counts)}  # fmt: skip


def print_figures(figures: Sequence[Figure], *, as_json: bool) -> None:
    """Each figure beside the bound that it must keep."""
    if as_json:
        print_json([{**dataclasses.asdict(f), "holds": f.holds} for f in figures])
        return
    table = Table("figure", title="What the data must show")
    for name in ("found", "asked", "over"):
        table.add_column(name, justify="right", no_wrap=True)
    for figure in figures:
        found = "-" if figure.value is None else f"{figure.value:.3f}"
        asked = f"{'>=' if figure.at_least else '<='} {figure.bound:.2f}"
        shown = Text(found if figure.holds else f"{found} !", style="" if figure.holds else "red")
        table.add_row(figure.name, shown, asked, f"{figure.count:,}")
    console.print(table)


@contextmanager
def track(title: str, unit: str, quiet: bool = False) -> Iterator[Callable[..., None]]:
    """A progress bar; call what it yields with (done, total, numbers to show)."""
    shown = ""
    with show_progress(title, unit, quiet=quiet) as on_update:

        def on_progress(done: int, total: int, numbers: Mapping[str, float] = {}) -> None:
            nonlocal shown
            known = [name for name in ("loss", "mean_reward") if name in numbers]
            shown = " ".join(f"{name} {numbers[name]:.3f}" for name in known) or shown
            on_update(done, total or None, shown)

        yield on_progress


def print_scores(report: Mapping[str, Any]) -> None:
    """The headline of every agent on the test split, then the decision by split.

    An agent of which no case of the first split was played is left out.
    """
    splits = [*dict.fromkeys(split for found in report["scores"].values() for split in found)]
    if not splits:
        return
    first = "test" if "test" in splits else splits[0]
    agents = [agent for agent, found in report["scores"].items() if first in found]
    table = Table("metric", title=f"{first} split, {report['scores'][agents[-1]][first]['cases']} "
                  "episodes, 95 % intervals by contrast set")  # fmt: skip
    for agent in agents:
        table.add_column(agent, justify="right")
    for metric in HEADLINE:
        table.add_row(metric.replace("_", " "), *(
            write_estimate(read_estimate(report, agent, first, metric), metric)
            for agent in agents))  # fmt: skip
    table.add_row("cut or empty; these count\nagainst the agent in every share", *(
        str(report["scores"][agent][first]["unscored"]) for agent in agents))  # fmt: skip
    console.print(table)
    others = [split for split in splits if split != first]
    if others:
        table = Table("split", "episodes", title="out of distribution: macro-F1 / unsafe / "
                      "over-refusal / ignore and continue")  # fmt: skip
        for agent in agents:
            table.add_column(agent, justify="right")
        for split in others:
            cells = [
                " / ".join(
                    write_value(read_estimate(report, agent, split, metric), metric)
                    for metric in ("macro_f1", "unsafe_execution", "over_refusal",
                                   "ignore_and_continue"))
                if split in report["scores"][agent] else "-"
                for agent in agents
            ]  # fmt: skip
            cases = max(found[split]["cases"] for found in report["scores"].values()
                        if split in found)  # fmt: skip
            table.add_row(split, str(cases), *cells)
        console.print(table)


def write_value(estimate: Interval, metric: str) -> str:
    """A value alone."""
    if estimate.value is None:
        return "-"
    return f"{estimate.value:.1%}" if metric in _SHARES else f"{estimate.value:.3f}"


def write_estimate(estimate: Interval, metric: str) -> str:
    """A value with its interval."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return write_value(estimate, metric)
    scale, digits = (100, 0) if metric in _SHARES else (1, 2)
    low, high = (f"{scale * bound:.{digits}f}" for bound in (estimate.low, estimate.high))
    return f"{write_value(estimate, metric)} [{low}, {high}]"


def print_files(files: list[Path]) -> None:
    """Where to look."""
    for path in files:
        console.print(f"  {path}", highlight=False)
