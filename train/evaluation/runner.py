"""Cases played by an agent, many at a time, each kept when it ends."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tool_catalog.errors import EndpointFailed, EndpointRefused
from train.agents.loop import Agent
from train.agents.turn import ChatMessage
from train.evaluation.outcome import Listener, Outcome
from train.evaluation.transcripts import Store, Transcript

OnEpisode = Callable[[int, int, int], None]
"""Called with how many episodes are done, how many there are, and how many of them are no score."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a case; the fields of `Transcript` of the same names."""

    messages: Sequence[ChatMessage]
    verdict: Mapping[str, Any]
    measures: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Job:
    """A case that can be played."""

    case: str
    part: str
    group: str
    play: Callable[[Agent], Awaitable[CaseResult]]
    """Raises `EndpointFailed` when there is no result: the case becomes an error."""
    length: int = 0
    """How long it may get; an agent that plays cases together is given those of like length."""
    measures: Sequence[str] = ()
    """Those that it enters if it is scored; if not, it counts against the agent in all of them."""


async def run_jobs(
    jobs: Sequence[Job],
    agent: Agent,
    store: Store,
    *,
    concurrency: int,
    on_episode: OnEpisode = lambda done, total, failed: None,
) -> list[Transcript]:
    """Play what is not in the store yet; transcripts in the order of the jobs.

    Cases in the store that ended in an error are played again.

    Raises:
        EndpointRefused: every other case would fail the same way; what is finished is kept.
    """
    kept = _read_kept(store)
    known = {job.case for job in jobs}
    done = {name: t for name, t in kept.items() if name in known}
    unscored = sum(not transcript.scored for transcript in done.values())
    on_episode(len(done), len(jobs), unscored)
    with store.appending() as append:

        def take(transcript: Transcript) -> None:
            nonlocal unscored
            append(transcript)
            done[transcript.case] = transcript
            unscored += not transcript.scored
            on_episode(len(done), len(jobs), unscored)

        waiting = [job for job in jobs if job.case not in kept]
        await play_jobs(waiting, agent, concurrency=concurrency, take=take)
    transcripts = [done[job.case] for job in jobs]
    store.rewrite(transcripts)
    return transcripts


def list_waiting(jobs: Sequence[Job], store: Store) -> list[Job]:
    """What is still to be played; cases that ended in an error are too."""
    kept = _read_kept(store)
    return [job for job in jobs if job.case not in kept]


def _read_kept(store: Store) -> dict[str, Transcript]:
    return {n: t for n, t in store.read().items() if t.outcome is not Outcome.ERROR}


async def play_jobs(
    jobs: Sequence[Job], agent: Agent, *, concurrency: int, take: Callable[[Transcript], None]
) -> None:
    """Play jobs and hand each transcript over when it ends.

    An agent that answers together what waits together is given waves of cases of like length; any
    other one gets a new case whenever one has ended.

    Raises:
        EndpointRefused: every other case would fail the same way.
    """
    size = max(1, concurrency)
    waves = [jobs]
    if agent.together:
        order = sorted(jobs, key=lambda job: job.length)
        waves = [order[start : start + size] for start in range(0, len(order), size)]
    try:
        for wave in waves:
            waiting = iter(wave)
            async with asyncio.TaskGroup() as group:
                for _ in range(min(size, len(wave))):
                    group.create_task(_work(waiting, agent, take))
    except* EndpointRefused as refused:
        raise refused.exceptions[0] from None


async def _work(waiting: Iterator[Job], agent: Agent, take: Callable[[Transcript], None]) -> None:
    for job in waiting:
        take(await _play(job, agent))


async def _play(job: Job, agent: Agent) -> Transcript:
    start = time.monotonic()
    heard = Listener(agent)
    result, failed = _NOTHING, None
    try:
        result = await job.play(heard)
    except EndpointRefused:
        raise
    except EndpointFailed as error:
        failed = error
    outcome, reason = heard.find_outcome(failed)
    return Transcript(
        case=job.case,
        part=job.part,
        group=job.group,
        messages=list(result.messages or heard.messages),
        verdict=dict(result.verdict),
        measures=dict(result.measures),
        outcome=outcome,
        reason=reason,
        cut=heard.cut,
        calls=heard.calls,
        seconds=round(time.monotonic() - start, 3),
    )


_NOTHING = CaseResult((), {}, {})
