"""The words of a whole run: which sets want them, kept shard by shard as they are finished."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from gen.engine.batch import OnStatus
from gen.engine.bundle import Bundle
from gen.runs.plan import plan_shards
from gen.runs.shards import has_words, read_tally, write_words
from gen.sets.source import Source
from gen.writers.writing import Reworded, Writer
from gen.writers.yield_report import YieldReport, sum_reports
from tool_catalog.errors import CheckFailed, EndpointRefused, find_first

PILOT = 100
"""Sets after which the yield is held against what was asked for."""
_IN_ADVANCE = 64
"""Sets worked on at a time; how many requests are under way is the client's to say."""

OnSet = Callable[[int, int], None]
"""Called with how many sets are done and how many there are."""


def list_wanted(source: Source, run: Path, writer: Writer) -> dict[int, list[int]]:
    """Sets that are to be reworded, by shard; shards that have their words are left out."""
    seed = source.config.seed
    return {
        number: [index for index in sets if writer.wants(seed, index)]
        for number, sets in enumerate(plan_shards(source))
        if not has_words(run, number)
    }


def read_yield(source: Source, run: Path) -> YieldReport:
    """What became of the texts of all finished shards."""
    numbers = range(len(plan_shards(source)))
    return sum_reports(
        YieldReport.from_dict(read_tally(run, n)) for n in numbers if has_words(run, n)
    )


class _Desk:
    """Sets being written, a bounded number at a time."""

    def __init__(
        self, source: Source, writer: Writer, total: int, on_set: OnSet, least: float
    ) -> None:
        self._source, self._writer, self._total = source, writer, total
        self._on_set, self._least = on_set, least
        self._done = 0
        self.tally = YieldReport()
        self.bundle: Bundle | None = None
        self._places = asyncio.Semaphore(_IN_ADVANCE)

    def open_bundle(self, indexes: Sequence[int], on_batch: OnStatus) -> None:
        """Have all requests go out as batches, every set at once."""
        askers = sum(self._writer.count_questions(self._source, index) for index in indexes)
        self.bundle = self._writer.open_bundle(askers, on_batch) if askers else None
        self._places = asyncio.Semaphore(max(1, len(indexes)))

    async def work(self, index: int) -> tuple[int, Reworded]:
        """Have one set written.

        Raises:
            CheckFailed: too few of the first sets could be worded.
        """
        async with self._places:
            found = await self._writer.write_set(self._source, index, self.bundle)
        self._done += 1
        self.tally.add(found.tally)
        self._on_set(self._done, self._total)
        if self._done == min(PILOT, self._total):
            check_yield(self.tally, self._least)
        return index, found


async def write_all_words(
    source: Source,
    run: Path,
    writer: Writer,
    on_set: OnSet = lambda done, total: None,
    on_batch: OnStatus | None = None,
    least: float = 0.0,
) -> None:
    """Have every wanted set worded anew; shards are kept as they are finished.

    Args:
        source: of the run.
        run: its folder.
        writer: who writes.
        on_set: told of every set that is done.
        on_batch: told of every look at a batch, for which modes must be known; None: requests are
            sent one by one.
        least: share of the first sets that must be worded, or the run stops.

    Raises:
        CheckFailed: fewer of them were.
        EndpointRefused: the run cannot go on; finished shards and every reply are kept.
    """
    wanted = list_wanted(source, run, writer)
    indexes = [index for sets in wanted.values() for index in sets]
    desk = _Desk(source, writer, len(indexes), on_set, least)
    if on_batch:
        desk.open_bundle(indexes, on_batch)

    async def finish(number: int, sets: Sequence[int]) -> None:
        found = dict(await asyncio.gather(*map(desk.work, sets)))
        tally = sum_reports(one.tally for one in found.values())
        words = {index: one.words for index, one in found.items()}
        write_words(run, number, words, tally.to_dict())

    try:
        async with asyncio.TaskGroup() as group:
            for number, sets in wanted.items():
                group.create_task(finish(number, sets))
    except* (EndpointRefused, CheckFailed) as stopped:
        raise find_first(stopped) from None


async def write_pilot(source: Source, writer: Writer, count: int, on_set: OnSet) -> YieldReport:
    """Have the first sets worded that a run would want, and count; nothing but replies is kept."""
    seed = source.config.seed
    every = (index for sets in plan_shards(source) for index in sets)
    some = [index for index in every if writer.wants(seed, index)][:count]
    desk = _Desk(source, writer, len(some), on_set, 0.0)
    await asyncio.gather(*map(desk.work, some))
    return desk.tally


def check_yield(tally: YieldReport, least: float) -> None:
    """Hold a yield against the least that is wanted.

    Raises:
        CheckFailed: it is less; says which checks refuse most, and what to change.
    """
    found = tally.yielded
    if found is None or found >= least:
        return
    worst = ", ".join(f"{check} {count}" for check, count in tally.refused.most_common(3))
    raise CheckFailed(
        f"only {found:.0%} of {tally.sets.total()} sets could be worded, less than --min-yield "
        f"{least:.0%}; answers were refused for: {worst}. Take a larger model, another --judge, or "
        "a lower --min-yield; every reply is kept"
    )
