"""A benchmark ready to be run, and what a run of it comes to."""

import dataclasses
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gen.checks.bootstrap import Interval
from gen.runs.files import write_file
from tool_catalog.errors import BadRun
from train.agents.loop import Agent
from train.evaluation.outcome import Outcome, count_outcomes
from train.evaluation.runner import Job
from train.evaluation.summary import count_unscored, split_parts, summarize, summarize_all
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
    lower: Collection[str] = ()
    """Measures where less is better."""
    notes: Sequence[str] = ()
    """What must be known to read the figures; stands under every table."""
    count: Callable[[Sequence[Transcript]], Mapping[str, Any]] = _no_totals
    """The benchmark's own totals, of the scored episodes, as JSON values."""
    floors: bool = True
    """Whether agents that need no model play its cases too."""
    clients: Sequence[AbstractAsyncContextManager[Any]] = ()
    """What its jobs talk to beside the agent, such as a judge; open while it runs."""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """What requests to an endpoint say in place of what they say otherwise; None: nothing."""
    wording: Callable[[Agent], Agent] | None = None
    """Makes an agent of one that is shown tools in words, in place of triact's ReAct prompt."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What some cases come to."""

    outcomes: Mapping[str, int]
    """Cases by outcome, all five of them."""
    measures: Mapping[str, Interval]
    """Over the scored ones."""
    overall: Mapping[str, Interval]
    """Over all of them, those without a score counted against the agent."""
    unscored: Mapping[str, float] = field(default_factory=dict)
    """By measure, of the cases that are due for it the share without a score."""

    @property
    def cases(self) -> int:
        """All of them."""
        return sum(self.outcomes.values())

    @property
    def scored(self) -> int:
        """Those with a score."""
        return self.outcomes.get(Outcome.SCORED, 0)

    @property
    def unscored_share(self) -> float:
        """The share without a score."""
        return (self.cases - self.scored) / self.cases if self.cases else 0.0

    def keep_scores(self, most_unscored: float) -> "Figures":
        """The same without the measures that are no scores."""
        kept = {n: m for n, m in self.measures.items() if self.is_score(n, most_unscored)}
        return replace(self, measures=kept)

    def is_score(self, measure: str, most_unscored: float) -> bool:
        """Whether so much is scored, of all cases and of those due for it, that a share is one."""
        return max(self.unscored_share, self.unscored.get(measure, 0.0)) <= most_unscored


@dataclass(frozen=True, slots=True)
class Report:
    """What `report.json` of a benchmark run holds."""

    benchmark: str
    agent: str
    settings: Mapping[str, Any]
    headline: Sequence[str]
    lower: Sequence[str]
    """Measures where less is better."""
    notes: Sequence[str]
    warnings: Sequence[str]
    """What makes the figures doubtful."""
    figures: Figures
    parts: Mapping[str, Figures]
    floors: Mapping[str, Figures]
    """What the benchmark's rules, by which silence has a score too, give to agents that need no
    model, on the same cases."""
    unscored: Mapping[str, str]
    """Outcome and reason, by case."""
    totals: Mapping[str, Any]


def build_report(
    benchmark: Benchmark,
    agent: str,
    episodes: Sequence[Transcript],
    *,
    floors: Mapping[str, Figures] | None = None,
    warnings: Sequence[str] = (),
) -> Report:
    """Count a run's episodes."""
    return Report(
        benchmark=benchmark.name,
        agent=agent,
        settings=dict(benchmark.settings),
        headline=tuple(benchmark.headline),
        lower=tuple(sorted(benchmark.lower)),
        notes=tuple(benchmark.notes),
        warnings=tuple(warnings),
        figures=count_figures(benchmark, episodes),
        parts={
            part: count_figures(benchmark, found) for part, found in split_parts(episodes).items()
        },
        floors=dict(floors or {}),
        unscored={e.case: f"{e.outcome}: {e.reason}" for e in episodes if not e.scored},
        totals=dict(benchmark.count([e for e in episodes if e.scored])),
    )


def count_figures(benchmark: Benchmark, episodes: Sequence[Transcript]) -> Figures:
    """Count some episodes of a benchmark."""
    due = {job.case: job.measures for job in benchmark.jobs}
    return Figures(
        outcomes=count_outcomes(e.outcome for e in episodes),
        measures=summarize(episodes),
        overall=summarize_all(episodes, due, benchmark.lower),
        unscored=count_unscored(episodes, due),
    )


def count_floor(benchmark: Benchmark, episodes: Sequence[Transcript]) -> Figures:
    """Count episodes by the benchmark's rules alone, whatever their outcome."""
    ruled = [e.model_copy(update={"outcome": Outcome.SCORED}) for e in episodes]
    return replace(
        count_figures(benchmark, ruled), outcomes=count_outcomes(e.outcome for e in episodes)
    )


def write_report(folder: Path, report: Report) -> Path:
    """Write report.json; returns its path."""
    path = folder / REPORT
    write_file(path, json.dumps(dataclasses.asdict(report), indent=1) + "\n")
    return path


def read_report(folder: Path) -> Report:
    """Read report.json.

    Raises:
        BadRun: the run is unfinished, of another version, or the file was edited.
    """
    path = folder / REPORT
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        named = {name: _read_named(found.pop(name)) for name in ("parts", "floors")}
        return Report(**{**found, **named, "figures": _read_figures(found["figures"])})
    except OSError as error:
        raise BadRun(
            f"{folder} holds no finished benchmark run; continue it with --resume"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRun(f"{path}: no benchmark report ({error!r}); run it again") from error


def _read_named(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Figures]:
    return {name: _read_figures(row) for name, row in rows.items()}


def _read_figures(row: Mapping[str, Any]) -> Figures:
    return Figures(
        row["outcomes"],
        _read_intervals(row["measures"]),
        _read_intervals(row["overall"]),
        row.get("unscored", {}),
    )


def _read_intervals(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Interval]:
    return {name: Interval(**row) for name, row in rows.items()}
