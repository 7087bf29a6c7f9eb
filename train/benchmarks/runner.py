"""Cases played by a speaker, many at a time, each kept when it ends."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tool_catalog.errors import EndpointFailed, EndpointRefused
from train.benchmarks.speaker import Message, Speaker
from train.benchmarks.transcripts import Episode, Store

OnEpisode = Callable[[int, int, int], None]
"""Called with how many episodes are done, how many there are, and how many of them are errors."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case; the fields of `Episode` of the same names."""

    messages: list[Message]
    verdict: Mapping[str, Any]
    measures: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Job:
    """A case that can be played."""

    case: str
    part: str
    group: str
    play: Callable[[Speaker], Awaitable[Outcome]]
    """Raises `EndpointFailed` when there is no outcome: the case becomes an error."""


@dataclass
class _Progress:
    total: int
    on_episode: OnEpisode
    episodes: dict[str, Episode]
    """Without an error to begin with."""
    failed: int = 0

    def take(self, episode: Episode) -> None:
        self.episodes[episode.case] = episode
        self.failed += episode.error is not None
        self.show()

    def show(self) -> None:
        self.on_episode(len(self.episodes), self.total, self.failed)


async def run_jobs(
    jobs: Sequence[Job],
    speaker: Speaker,
    store: Store,
    *,
    concurrency: int,
    on_episode: OnEpisode = lambda done, total, failed: None,
) -> list[Episode]:
    """Play what is not in the store yet; episodes in the order of the jobs.

    Episodes in the store that ended in an error are played again.

    Raises:
        EndpointRefused: every other case would fail the same way; what is finished is kept.
    """
    kept = {name: e for name, e in store.read().items() if e.error is None}
    known = {job.case for job in jobs}
    progress = _Progress(len(jobs), on_episode, {n: e for n, e in kept.items() if n in known})
    progress.show()
    waiting = iter([job for job in jobs if job.case not in kept])
    try:
        with store.appending() as append:
            async with asyncio.TaskGroup() as group:
                for _ in range(max(1, concurrency)):
                    group.create_task(_work(waiting, speaker, append, progress))
    except* EndpointRefused as refused:
        raise refused.exceptions[0] from None
    episodes = [progress.episodes[job.case] for job in jobs]
    store.rewrite(episodes)
    return episodes


async def _work(
    waiting: Iterator[Job], speaker: Speaker, append: Callable[[Episode], None], progress: _Progress
) -> None:
    for job in waiting:
        episode = await _play(job, speaker)
        append(episode)
        progress.take(episode)


async def _play(job: Job, speaker: Speaker) -> Episode:
    start = time.monotonic()
    try:
        outcome = await job.play(speaker)
    except EndpointRefused:
        raise
    except EndpointFailed as error:
        found: dict[str, Any] = {"error": str(error)}
    else:
        found = {
            "messages": outcome.messages,
            "verdict": dict(outcome.verdict),
            "measures": dict(outcome.measures),
        }
    seconds = round(time.monotonic() - start, 3)
    return Episode(case=job.case, part=job.part, group=job.group, seconds=seconds, **found)
