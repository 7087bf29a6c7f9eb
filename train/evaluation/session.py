"""A benchmark run as the command makes it: who is measured, where it is kept, what is shown."""

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen.engine.endpoint import TIMEOUT, ChatClient, Endpoint
from gen.engine.replies import Replies
from gen.engine.server import REPLACED
from gen.engine.wire import show_url
from tool_catalog.errors import TriactError, UserMistake
from train.agents.endpoint import EndpointAgent
from train.agents.floors import list_floors
from train.agents.local import open_local
from train.agents.loop import Agent
from train.agents.probe import Passing, probe_tools
from train.agents.react import ReactAgent
from train.evaluation.benchmark import (
    REPORT,
    Benchmark,
    Figures,
    Report,
    build_report,
    count_floor,
    read_report,
    write_report,
)
from train.evaluation.game import MAX_CALLS
from train.evaluation.outcome import Outcome
from train.evaluation.replacing import replacing
from train.evaluation.runner import OnEpisode, list_waiting, play_jobs, run_jobs
from train.evaluation.transcripts import EPISODES, Store, Transcript, check_folder, open_folder
from train.models.folder import read_preset, read_reasoning
from train.models.loading import require_training
from train.presets import Preset, load_preset

RUNS = Path("outputs/benchmarks")
REPLIES = "replies.sqlite"
_REMOTE = 16
_LONGEST = 1024
_PROMPTINGS = ("native", "react")
_CALLS = ("constrained", "free")


@dataclass(frozen=True, slots=True)
class Measured:
    """Who is measured, and how it is talked to."""

    model: str
    """A folder, or with an endpoint the name that it serves the model by."""
    endpoint: str | None = None
    prompting: str = "native"
    max_tokens: int = 0
    """Most tokens a turn; 0: as a local model's preset says, 1024 at an endpoint."""
    seed: int = 0
    concurrency: int = 0
    """Cases at a time; 0: as a local model's preset says, 16 for an endpoint."""
    timeout: float = TIMEOUT
    """Seconds for one request to an endpoint."""
    preset_name: str = ""
    """Instead of the preset that a local model was trained with."""
    calls: str = ""
    """Whether a local model's calls are constrained to what is offered, or free; as its preset says
    when empty."""

    def __post_init__(self) -> None:
        if self.calls not in ("", *_CALLS):
            raise UserMistake(f"--calls {self.calls!r}: choose constrained or free")
        if self.calls and self.endpoint is not None:
            raise UserMistake("--calls is for models on this machine; a server has its own ways")
        if self.prompting not in _PROMPTINGS:
            raise UserMistake(f"--prompting {self.prompting!r}: choose native or react")
        if self.endpoint is not None and not self.endpoint.startswith(("http://", "https://")):
            raise UserMistake(
                f"--endpoint {show_url(self.endpoint)!r}: give a URL, up to and with /v1"
            )
        if self.endpoint is None and not Path(self.model).is_dir():
            raise UserMistake(
                f"{self.model}: no such model folder; for a served model give --endpoint too"
            )

    @property
    def react(self) -> bool:
        """Whether tools are shown in words."""
        return self.prompting == "react"

    @property
    def label(self) -> str:
        """A name for tables and folders; of a local model also the run that it lies in."""
        if self.endpoint is not None:
            return self.model.strip("/").replace("/", "-")
        folder = Path(self.model).resolve()
        return f"{folder.parent.name}-{folder.name}"

    @property
    def short(self) -> str:
        """A name among the agents of one run."""
        return self.label if self.endpoint else Path(self.model).resolve().name

    @property
    def at_a_time(self) -> int:
        """Cases under way at a time."""
        if self.concurrency:
            return self.concurrency
        return _REMOTE if self.endpoint else self.preset.evaluation.batch_size

    @property
    def preset(self) -> Preset:
        """What a local model is run with: the preset that is named, else that of its training."""
        found = load_preset(self.preset_name) if self.preset_name else read_preset(Path(self.model))
        # Tools that are shown in words are called in words.
        held = found.constrain_calls if not self.calls else self.calls == "constrained"
        return found.model_copy(update={"constrain_calls": held and not self.react})

    @property
    def _constrained(self) -> bool:
        return self.endpoint is None and self.preset.constrain_calls

    @property
    def sampling(self) -> dict[str, Any]:
        """What a request to an endpoint says of how to answer it."""
        return {"temperature": 0, "max_tokens": self.max_tokens or _LONGEST, "seed": self.seed}

    @property
    def max_calls(self) -> int:
        """Calls and questions of an episode of ours at most."""
        return MAX_CALLS if self.endpoint else self.preset.evaluation.max_calls

    def settings(self) -> dict[str, Any]:
        """What must be equal to continue a run."""
        return {
            "model": self.model, "endpoint": self.endpoint and show_url(self.endpoint),
            "prompting": self.prompting, "max_tokens": self.max_tokens, "seed": self.seed,
            **({"preset": self.preset_name} if self.preset_name else {}),
            **({"calls": "constrained"} if self._constrained else {}),
        }  # fmt: skip


def run_benchmark(
    benchmark: Benchmark,
    measured: Measured,
    out: Path,
    *,
    resume: bool,
    force: bool,
    on_episode: OnEpisode,
) -> tuple[Report, list[Transcript]]:
    """Play a benchmark's cases, and the floors, and count them; everything is kept in `out`.

    Raises:
        UserMistake: the folder exists, the model cannot be loaded, an extra is missing.
        EndpointRefused: the endpoint answers no request, or passes no tools on; what is finished
            is kept, and where nothing is, no folder, or the run that was to be replaced.
        EndpointFailed: the endpoint gave no answer to a first question.
    """
    if measured.endpoint is None:
        require_training()
    check_folder(out, resume=resume, force=force)
    with replacing(out, () if resume else _FILES):
        return _run_kept(benchmark, measured, out, resume, on_episode)


_FILES = (EPISODES, REPORT, REPLIES, f"{REPLIES}-wal", f"{REPLIES}-shm")


def _run_kept(
    benchmark: Benchmark, measured: Measured, out: Path, resume: bool, on_episode: OnEpisode
) -> tuple[Report, list[Transcript]]:
    """As `run_benchmark`, in a folder without an old run that is not gone on with."""
    new = not out.exists() or not any(out.iterdir())
    store = open_folder(out, make_settings(benchmark, measured), resume=resume, force=not resume)
    finished = read_report(out) if resume and (out / REPORT).is_file() else None
    try:
        episodes, warnings = asyncio.run(_run(benchmark, measured, out, store, on_episode))
    except TriactError:
        if new and not store.read():
            shutil.rmtree(out)
        raise
    floors: Mapping[str, Figures] = {}
    if finished is not None:  # its floors are of the same cases, and its replies are in the figures
        floors, changes = finished.floors, {*map(_describe_change, REPLACED)}
        warnings = [*dict.fromkeys([*sorted(changes.intersection(finished.warnings)), *warnings])]
    elif benchmark.floors:
        floors = asyncio.run(_play_floors(benchmark, measured, on_episode))
    report = build_report(benchmark, measured.label, episodes, floors=floors, warnings=warnings)
    write_report(out, report)
    return report, episodes


def make_settings(benchmark: Benchmark, measured: Measured) -> dict[str, Any]:
    """What a run's folder says of how it was made."""
    agent: Mapping[str, Any] = measured.settings()
    sampling = {"sampling": dict(benchmark.sampling)} if benchmark.sampling else {}
    return {"benchmark": benchmark.name, **benchmark.settings, **sampling, "agent": agent}


def make_sampling(benchmark: Benchmark, measured: Measured) -> dict[str, Any]:
    """What requests say of how to answer them: the benchmark's word, but a limit that was named."""
    said = {**measured.sampling, **benchmark.sampling}
    if measured.max_tokens:
        said["max_tokens"] = measured.max_tokens
    return {name: value for name, value in said.items() if value is not None}


async def _run(
    benchmark: Benchmark, measured: Measured, out: Path, store: Store, on_episode: OnEpisode
) -> tuple[list[Transcript], list[str]]:
    """Every episode, and what makes them doubtful."""
    async with AsyncExitStack() as stack:
        for other in benchmark.clients:
            await stack.enter_async_context(other)
        sampling = make_sampling(benchmark, measured)
        agent, client = await _open_agent(measured, sampling, out, stack)
        if measured.react:
            agent = (benchmark.wording or ReactAgent)(agent)
        passing = None
        if client is not None and list_waiting(benchmark.jobs, store):
            # Before a case is paid for it is learnt what the server takes and passes on.
            passing = None if measured.react else await probe_tools(client, sampling)
        played = await run_jobs(
            benchmark.jobs, agent, store, concurrency=measured.at_a_time, on_episode=on_episode
        )
    changed = [] if client is None else [*map(_describe_change, sorted(client.not_taken))]
    if any(episode.calls for episode in played):
        return played, changed
    if all(episode.outcome is Outcome.ERROR for episode in played):
        return played, changed  # what failed says nothing of tools
    if passing is Passing.UNKNOWN:
        played = [_doubt(episode) for episode in played]
        store.rewrite(played)
    hint = "" if measured.react or client is None else _HINT
    return played, [*changed, f"{NO_CALLS}{hint}"]


NO_CALLS = "the agent called no tool in any case"
_HINT = "; if it can call tools at all, the server may not pass them on: try --prompting react"
_UNKNOWN = (
    "no tool was called in any case, nor when the server was asked for nothing else, and it counts "
    "no tokens: whether tools reach the model is not known; try --prompting react"
)


def _doubt(episode: Transcript) -> Transcript:
    """A case that is no score, because nobody knows whether its tools were seen."""
    if not episode.scored:
        return episode
    return episode.model_copy(update={"outcome": Outcome.ERROR, "reason": _UNKNOWN})


def _describe_change(setting: str) -> str:
    sent = REPLACED[setting]
    return f"the server does not take {setting}; " + (f"{sent} was sent" if sent else "none was")


async def _play_floors(
    benchmark: Benchmark, measured: Measured, on_episode: OnEpisode
) -> dict[str, Figures]:
    floors = list_floors(react=measured.react)
    found: dict[str, list[Transcript]] = {name: [] for name in floors}
    total = len(floors) * len(benchmark.jobs)
    for name, agent in floors.items():

        def take(transcript: Transcript, name: str = name) -> None:
            found[name].append(transcript)
            on_episode(sum(map(len, found.values())), total, 0)

        await play_jobs(benchmark.jobs, agent, concurrency=_REMOTE, take=take)
    return {name: count_floor(benchmark, episodes) for name, episodes in found.items()}


async def _open_agent(
    measured: Measured, sampling: Mapping[str, Any], out: Path, stack: AsyncExitStack
) -> tuple[Agent, ChatClient | None]:
    """The agent, and the client of one behind an endpoint."""
    agent: Agent
    client = None
    if measured.endpoint is None:
        folder = Path(measured.model)
        agent = open_local(
            folder,
            measured.preset,
            reasoning=read_reasoning(folder),
            max_tokens=measured.max_tokens,
            seed=measured.seed,
        )
    else:
        replies = stack.enter_context(Replies(out / REPLIES))
        endpoint = Endpoint(measured.endpoint, measured.model, timeout=measured.timeout)
        # Who measures says how much the server takes: there is no need to feel the way.
        most = measured.at_a_time
        client = ChatClient(endpoint, replies=replies, ceiling=most, first=most, seed=measured.seed)
        await stack.enter_async_context(client)
        agent = EndpointAgent(client, sampling)
    return agent, client
