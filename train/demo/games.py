"""Who plays what in a demo: its agents, and those that need no model, on the same cases."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tool_catalog.errors import UserMistake
from train.agents.floors import list_floors
from train.agents.loop import Agent
from train.demo.scale import Scale
from train.evaluation.benchmark import Benchmark, Figures, count_floor
from train.evaluation.metrics import Case
from train.evaluation.runner import play_jobs
from train.evaluation.session import Measured, run_benchmark
from train.evaluation.splits import make_own, read_cases
from train.evaluation.transcripts import Transcript
from train.presets import Preset

AGENTS = ("base", "sft", "rl")
FLOORS = ("silent", "always-refuse")
FOLDER = "evaluation"
_FLOORS_AT_A_TIME = 16


@dataclass(slots=True)
class Games:
    """What came of the games."""

    cases: dict[str, dict[str, list[Case]]] = field(default_factory=dict)
    """Of agents and floors, by split of the run."""
    transcripts: dict[str, list[Transcript]] = field(default_factory=dict)
    """Of agents, on the test split."""
    figures: dict[str, dict[str, Figures]] = field(default_factory=dict)
    """Of agents and floors, by benchmark of other people's."""
    missing: dict[str, str] = field(default_factory=dict)
    """Benchmarks that could not be played, and why."""


def play_all(out: Path, scale: Scale, preset: Preset) -> Games:
    """Play every agent on the run's splits and on what there is of benchmarks.

    Transcripts are kept as each episode ends, and are not played again.
    """
    played = Games()
    own = list_own(out, scale, preset)
    foreign = list_foreign(scale, played.missing)
    floors = list_floors(react=False)
    for split, benchmark in own.items():
        for agent in AGENTS:
            found = _play(out, agent, split, benchmark)[1]
            played.cases.setdefault(agent, {})[split] = read_cases(found).get(split, [])
            if split == "test":
                played.transcripts[agent] = found
        for name, floor in floors.items():
            found = _play_floor(benchmark, floor)
            played.cases.setdefault(name, {})[split] = read_cases(found)[split]
    for title, benchmark in foreign.items():
        of_agents = {agent: _play(out, agent, title, benchmark)[0] for agent in AGENTS}
        of_floors = {
            name: count_floor(benchmark, _play_floor(benchmark, floor))
            for name, floor in floors.items()
        }
        played.figures[title] = of_agents | of_floors
    return played


def list_own(out: Path, scale: Scale, preset: Preset) -> dict[str, Benchmark]:
    """The run's own splits that are played, by name."""
    calls = preset.evaluation.max_calls
    sets = {"test": scale.test_sets, **dict.fromkeys(scale.ood_splits, scale.ood_sets)}
    return {
        split: replace(make_own(out, splits=[split], limit=limit, max_calls=calls), floors=False)
        for split, limit in sets.items()
    }


def list_foreign(scale: Scale, missing: dict[str, str]) -> Mapping[str, Benchmark]:
    """Slices of the benchmarks that are at hand; of the others is said what is missing."""
    if not scale.benchmark_cases:
        return {}
    found = {}
    for name, make in (("injecagent", _make_injecagent), ("agentdojo", _make_agentdojo)):
        try:
            found[name] = replace(make(scale.benchmark_cases), floors=False)
        except UserMistake as error:
            missing[name] = str(error)
    return found


def _make_injecagent(limit: int) -> Benchmark:
    from train.benchmarks.injecagent.cases import Setting
    from train.benchmarks.injecagent.jobs import make_injecagent
    from train.benchmarks.options import find_data

    folder = find_data(None, "injecagent")
    return make_injecagent(folder, setting=Setting.BASE, react=False, limit=limit)


def _make_agentdojo(limit: int) -> Benchmark:
    from train.benchmarks.agentdojo.installation import require_agentdojo

    package = require_agentdojo()
    from train.benchmarks.agentdojo.jobs import DojoChoice, make_agentdojo

    return make_agentdojo(package, DojoChoice(), served=None, react=False, limit=limit, seed=0)


def _play(
    out: Path, agent: str, title: str, benchmark: Benchmark
) -> tuple[Figures, list[Transcript]]:
    """A model of the demo on some cases; those that it has played are kept."""
    from train.benchmarks.console import track_cases

    folder = out / FOLDER / agent / title
    with track_cases(f"{agent} on {title}", quiet=False) as on_episode:
        report, found = run_benchmark(
            benchmark, Measured(str(out / agent)), folder, resume=folder.is_dir(), force=False,
            on_episode=on_episode,
        )  # fmt: skip
    return report.figures, found


def _play_floor(benchmark: Benchmark, floor: Agent) -> list[Transcript]:
    found: dict[str, Transcript] = {}

    def take(transcript: Transcript) -> None:
        found[transcript.case] = transcript

    asyncio.run(play_jobs(benchmark.jobs, floor, concurrency=_FLOORS_AT_A_TIME, take=take))
    return [found[job.case] for job in benchmark.jobs]
