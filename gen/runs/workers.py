"""Shards written by several processes at a time; none of them outlives the one that began."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from gen.config import RunConfig
from gen.runs.shards import Written, write_shard
from gen.sets.source import Source, load_source

ShardJob = tuple[int, range]
"""A shard's number and its contrast sets."""
OnWritten = Callable[[Written], None]


def share_out(
    source: Source, run: Path, jobs: Sequence[ShardJob], workers: int, on_written: OnWritten
) -> None:
    """Write shards here and in other processes; none of them outlives this call, or this process.

    This process is one of the workers: it begins at once, while the others still start.
    """
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    waiting, finished = deque(jobs), SimpleQueue[Future[Written]]()
    config, left = source.config.model_dump_json(), len(jobs)

    def hand_out() -> None:
        taken = _take(waiting)
        if taken is not None:
            with suppress(BrokenExecutor):  # the job that broke it says so
                job = pool.submit(_write_shard_of, config, str(run), *taken)
                job.add_done_callback(go_on)

    def go_on(job: Future[Written]) -> None:
        finished.put(job)
        hand_out()

    others = min(workers, len(jobs)) - 1
    with ProcessPoolExecutor(others, context, initializer=_follow, initargs=(theirs,)) as pool:
        try:
            with _hold_interrupts():
                for _ in range(others):
                    hand_out()
            while left:
                taken = _take(waiting)
                if taken is not None:
                    on_written(write_shard(source, run, *taken))
                    left -= 1
                while left and (taken is None or not finished.empty()):
                    on_written(finished.get().result())
                    left -= 1
        except BaseException:
            waiting.clear()
            ours.close()
            raise


def _take(waiting: deque[ShardJob]) -> ShardJob | None:
    """The next shard; threads may take at the same time."""
    try:
        return waiting.popleft()
    except IndexError:
        return None


@contextmanager
def _hold_interrupts() -> Iterator[None]:
    """Processes started meanwhile never see a Ctrl-C; ours is delivered afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow(parent: Connection) -> None:
    """Leave as soon as the parent hangs up: because it was stopped, or because it is dead."""

    def leave() -> None:
        parent.poll(None)
        os._exit(1)

    Thread(target=leave, daemon=True).start()


def _write_shard_of(config: str, run: str, number: int, sets: range) -> Written:
    return write_shard(_load_source_of(config), Path(run), number, sets)


@cache
def _load_source_of(config: str) -> Source:
    """Each worker loads the source once."""
    return load_source(RunConfig.model_validate_json(config))
