"""Progress of long work: a bar on a terminal, elsewhere a plain line now and then on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gen.cli.console import console, write_money
from gen.runs.generate import OnShard
from gen.runs.shards import Written

if TYPE_CHECKING:  # a plain run needs nothing that talks to a server
    from gen.engine.batch import OnStatus
    from gen.engine.bill import Progress as Used
    from gen.writers.commission import OnProgress

SILENCE = 30.0
"""Seconds between plain lines; what takes less says nothing."""


OnUpdate = Callable[[int, int | None, str], None]
"""Called with what is done, the total once it is known, and a note."""


@contextmanager
def show_progress(title: str, unit: str, *, quiet: bool = False) -> Iterator[OnUpdate]:
    """Show how far something is, as long as the block runs."""
    if not quiet and not console.is_terminal:
        yield _write_lines(title, unit)
        return
    columns = (
        TextColumn(title, markup=False), BarColumn(), MofNCompleteColumn(),
        TextColumn(unit, markup=False), TextColumn("{task.fields[note]}", markup=False),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
        task = progress.add_task(title, total=None, note="")

        def on_update(done: int, total: int | None, note: str) -> None:
            progress.update(task, completed=done, total=total, note=note)

        yield on_update


def _write_lines(title: str, unit: str, clock: Callable[[], float] = time.monotonic) -> OnUpdate:
    """A line when one is due; the first comes after a silence, so that short work says nothing."""
    last = clock()

    def on_update(done: int, total: int | None, note: str) -> None:
        nonlocal last
        if clock() - last < SILENCE:
            return
        last = clock()
        of = f" of {total}" if total is not None else ""
        tail = f", {note}" if note else ""
        print(f"{title}: {done}{of} {unit}{tail}", file=sys.stderr, flush=True)  # noqa: T201

    return on_update


@contextmanager
def track_shards(quiet: bool) -> Iterator[OnShard]:
    """Progress of a generation: shards, records and their rate."""
    begun, done, made = time.monotonic(), 0, 0
    with show_progress("generate", "shards", quiet=quiet) as on_update:

        def on_shard(entry: Written, total: int) -> None:
            nonlocal done, made
            done += 1
            made += sum(entry.records.values())
            rate = made / max(time.monotonic() - begun, 1e-3)
            on_update(done, total, f"{made} records, {rate:.0f}/s")

        yield on_shard


@contextmanager
def track_words(quiet: bool) -> Iterator[tuple[OnProgress, OnStatus]]:
    """Progress of a model's writing: sets, requests, tokens, money and rate; batches."""
    finished, sets = 0, 0
    with show_progress("write", "sets", quiet=quiet) as on_update:

        def on_progress(done: int, total: int, used: Used) -> None:
            nonlocal finished, sets
            finished, sets = done, total
            tokens = f"{used.tokens_in / 1e3:.0f}k + {used.tokens_out / 1e3:.0f}k tokens"
            money = write_money(used.money)
            note = f"{used.requests} requests, {tokens}, {money}, {used.rate:.1f}/s"
            on_update(done, total, note)

        def on_batch(status: str, done: int, rows: int) -> None:
            on_update(finished, sets or None, f"batch {status}: {done} of {rows} answered")

        yield on_progress, on_batch
