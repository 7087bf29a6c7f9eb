"""Runs of one benchmark side by side: before and after, or any agents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen.checks.bootstrap import Interval
from tool_catalog.errors import BadRun
from train.evaluation.benchmark import REPORT, Report, read_report
from train.evaluation.summary import Flips, compare, find_flips
from train.evaluation.transcripts import EPISODES, Store, Transcript, read_settings


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished run with its episodes."""

    folder: Path
    report: Report
    episodes: Sequence[Transcript]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs on the same cases; the first is what the others are compared with."""

    benchmark: str
    settings: Mapping[str, Any]
    runs: Sequence[Finished]
    measures: Sequence[str]
    differences: Sequence[Mapping[str, Interval]]
    """Of every run but the first: each measure's paired change from the first."""
    flips: Sequence[Mapping[str, Flips]]
    """Of every run but the first: by measure, the cases that got better and worse."""


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
            read_settings(path)  # of another version: said before its report is not understood
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
    names = [name for name in first.report.headline if name in first.report.figures.overall]
    lower = first.report.lower
    return Comparison(
        benchmark=first.report.benchmark,
        settings=first.report.settings,
        runs=runs,
        measures=names,
        differences=[
            {name: compare(first.episodes, run.episodes, name) for name in names} for run in others
        ],
        flips=[
            {
                name: find_flips(first.episodes, run.episodes, name, lower=name in lower)
                for name in names
            }
            for run in others
        ],
    )
