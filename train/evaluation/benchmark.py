"""A benchmark ready to be run, and what a run of it comes to."""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen.runs.files import write_file
from tool_catalog.errors import BadRun
from train.evaluation.bootstrap import Interval
from train.evaluation.runner import Job
from train.evaluation.summary import summarize, summarize_parts
from train.evaluation.transcripts import Transcript

REPORT = "report.json"


def _no_totals(episodes: Sequence[Transcript]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Cases and how to read what comes of them."""

    name: str
    settings: Mapping[str, Any]
    """What must be equal for two runs to be of the same cases; JSON values."""
    jobs: Sequence[Job]
    headline: Sequence[str]
    """Measures in the order of the table: security, utility, over-refusal, verification."""
    notes: Sequence[str] = ()
    """What must be known to read the figures; stands under every table."""
    count: Callable[[Sequence[Transcript]], Mapping[str, Any]] = _no_totals
    """The benchmark's own totals, of the episodes without an error, as JSON values."""
    clients: Sequence[AbstractAsyncContextManager[Any]] = ()
    """What its jobs talk to beside the agent, such as a judge; open while it runs."""


@dataclass(frozen=True, slots=True)
class Report:
    """What `report.json` of a benchmark run holds."""

    benchmark: str
    agent: str
    settings: Mapping[str, Any]
    cases: int
    errors: Mapping[str, str]
    """Why there is no verdict, by case."""
    headline: Sequence[str]
    notes: Sequence[str]
    measures: Mapping[str, Interval]
    parts: Mapping[str, Mapping[str, Interval]]
    totals: Mapping[str, Any]


def build_report(benchmark: Benchmark, agent: str, episodes: Sequence[Transcript]) -> Report:
    """Count a run's episodes."""
    scored = [e for e in episodes if e.error is None]
    return Report(
        benchmark=benchmark.name,
        agent=agent,
        settings=dict(benchmark.settings),
        cases=len(episodes),
        errors={e.case: e.error for e in episodes if e.error is not None},
        headline=tuple(benchmark.headline),
        notes=tuple(benchmark.notes),
        measures=summarize(scored),
        parts=summarize_parts(scored),
        totals=dict(benchmark.count(scored)),
    )


def write_report(folder: Path, report: Report) -> Path:
    """Write report.json; returns its path."""
    path = folder / REPORT
    write_file(path, json.dumps(dataclasses.asdict(report), indent=1) + "\n")
    return path


def read_report(folder: Path) -> Report:
    """Read report.json.

    Raises:
        BadRun: the run is unfinished, or the file was edited.
    """
    path = folder / REPORT
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        parts = {part: _read_measures(rows) for part, rows in found.pop("parts").items()}
        return Report(**{**found, "measures": _read_measures(found["measures"]), "parts": parts})
    except OSError as error:
        raise BadRun(
            f"{folder} holds no finished benchmark run; continue it with --resume"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRun(f"{path}: no benchmark report ({error}); run it again") from error


def _read_measures(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Interval]:
    return {name: Interval(**row) for name, row in rows.items()}
