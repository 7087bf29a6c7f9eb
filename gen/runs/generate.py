"""Make a run folder: config first, then shards by one or more workers, then manifest and card."""

import gc
import json
import multiprocessing
import os
import shutil
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from pydantic import ValidationError

from gen.config import RunConfig
from gen.records import SCHEMA_VERSION
from gen.runs.card import write_card
from gen.runs.shards import (
    TEMPORARY,
    count_shards,
    drop_unfinished,
    hash_file,
    read_ledger,
    write_file,
    write_shard,
)
from gen.sets.situation import Source, load_source
from tool_catalog.errors import BadRun
from tool_catalog.loading import list_files

CONFIG = "config.json"
MANIFEST = "manifest.json"
QUARANTINE = "quarantine.jsonl"
DOMAINS = "domains"

OnShard = Callable[[dict[str, Any], int], None]
"""Called with a finished shard's ledger entry and the number of shards."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to."""

    records: dict[str, int]
    """By split."""
    quarantined: int
    shards: int

    @property
    def total(self) -> int:
        """Records written."""
        return sum(self.records.values())


def generate(
    config: RunConfig,
    run: Path,
    *,
    workers: int = 1,
    resume: bool = False,
    force: bool = False,
    on_shard: OnShard = lambda entry, total: None,
) -> Summary:
    """Generate a run, or go on with one.

    Args:
        config: what to make; equal configs give equal bytes, whatever the number of workers.
        run: the folder; must not exist unless `resume` or `force`.
        workers: processes that generate, this one among them.
        resume: keep finished shards of the same config.
        force: delete what is there first.
        on_shard: told of every finished shard.

    Raises:
        BadRun: the folder is there, holds another config, or cannot be written.
        UserMistake: domains, templates or policy cannot be used.
    """
    source = load_source(config)  # every mistake of the user's is found before a file is touched
    try:
        prepare_folder(config, run, resume=resume, force=force)
        total = count_shards(source)
        done = {n: entry for n, entry in read_ledger(run).items() if _is_whole(run, entry)}
        for entry in done.values():
            on_shard(entry, total)
        missing = [number for number in range(total) if number not in done]
        if workers <= 1 or len(missing) <= 1:
            for number in missing:
                on_shard(write_shard(source, run, number, total), total)
        else:
            _share_out(source, run, missing, total, workers, on_shard)
        return _close(config, run)
    except BrokenExecutor as error:
        raise BadRun(
            f"{run}: a worker was killed, by lack of memory perhaps; what is finished is kept, "
            "take fewer --workers and --resume"
        ) from error
    except OSError as error:
        raise BadRun(
            f"{run}: {error.strerror or error}; what is finished is kept, put it right and --resume"
        ) from error


def check_folder(config: RunConfig, run: Path, *, resume: bool, force: bool) -> bool:
    """Make sure that a folder is free, or ours to continue or replace; whether there is something.

    Raises:
        BadRun: it is not; says which option would do.
    """
    if run.exists() and not run.is_dir():
        raise BadRun(f"{run} is a file; name a folder with --out")
    begun = run.exists() and any(not p.name.startswith(TEMPORARY) for p in run.iterdir())
    if begun and not _is_run(run):
        raise BadRun(f"{run} exists and is no run folder; name another with --out")
    if begun and not force:
        if not resume:
            raise BadRun(f"{run} exists; continue with --resume, or replace it with --force")
        if (run / CONFIG).read_bytes() != _dump(config).encode():
            read_config(run)
            raise BadRun(f"{run} was made with other options; --resume needs those of its {CONFIG}")
    return begun


def prepare_folder(config: RunConfig, run: Path, *, resume: bool, force: bool) -> None:
    """Create the folder with its config, or continue in it; raises as `check_folder`."""
    begun = check_folder(config, run, resume=resume, force=force)
    if begun and force:
        shutil.rmtree(run)
    elif begun:
        drop_unfinished(run)
    run.mkdir(parents=True, exist_ok=True)
    write_file(run / CONFIG, _dump(config))
    for path in config.domain_files:
        for file in list_files(path):
            copied = run / DOMAINS / file.relative_to(path.parent)
            write_file(copied, file.read_text(encoding="utf-8"))


def _dump(config: RunConfig) -> str:
    return config.model_dump_json(indent=1) + "\n"


def _is_run(run: Path) -> bool:
    """Whether a folder is ours to continue or replace, whatever made its config.json."""
    try:
        data = json.loads((run / CONFIG).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and {"schema_version", "sets_per_shard"} <= data.keys()


def read_config(run: Path) -> RunConfig:
    """The config of a run folder.

    Raises:
        BadRun: there is none, or it was made by another schema version.
    """
    path = run / CONFIG
    if not path.is_file():
        raise BadRun(f"{run} is not a run folder (no {CONFIG}); make one with triact generate")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadRun(f"{path}: not readable: {error}") from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise BadRun(
            f"{run} has schema version {version}, this triact reads {SCHEMA_VERSION}; "
            "generate it again"
        )
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadRun(f"{path}: {where}: {first['msg']}; generate the run again") from error


def list_domain_files(run: Path) -> tuple[Path, ...]:
    """The run's own copies of the user's domain files and folders."""
    folders = (file.parent for file in (run / DOMAINS).glob("*/__init__.py"))
    return tuple(sorted([*(run / DOMAINS).glob("*.py"), *folders]))


def _share_out(
    source: Source, run: Path, missing: list[int], total: int, workers: int, on_shard: OnShard
) -> None:
    """Write shards here and in other processes; none of them outlives this call, or this process.

    This process is one of the workers: it begins at once, while the others still start.
    """
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    waiting, finished = deque(missing), SimpleQueue[Future[dict[str, Any]]]()
    config, left = source.config.model_dump_json(), len(missing)

    def hand_out() -> None:
        number = _take(waiting)
        if number is not None:
            with suppress(BrokenExecutor):  # the job that broke it says so
                job = pool.submit(_write_shard_of, config, str(run), number, total)
                job.add_done_callback(go_on)

    def go_on(job: Future[dict[str, Any]]) -> None:
        finished.put(job)
        hand_out()

    others = min(workers, len(missing)) - 1
    with ProcessPoolExecutor(others, context, initializer=_follow, initargs=(theirs,)) as pool:
        try:
            with _hold_interrupts():
                for _ in range(others):
                    hand_out()
            while left:
                number = _take(waiting)
                if number is not None:
                    on_shard(write_shard(source, run, number, total), total)
                    left -= 1
                while left and (number is None or not finished.empty()):
                    on_shard(finished.get().result(), total)
                    left -= 1
        except BaseException:
            waiting.clear()
            ours.close()
            raise


def _take(waiting: deque[int]) -> int | None:
    """The next shard's number; threads may take at the same time."""
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


def _write_shard_of(config: str, run: str, number: int, total: int) -> dict[str, Any]:
    return write_shard(_load_source_of(config), Path(run), number, total)


@cache
def _load_source_of(config: str) -> Source:
    """Each worker loads the source once."""
    source = load_source(RunConfig.model_validate_json(config))
    _spare_collector()
    return source


def _spare_collector() -> None:
    """Let the garbage collector pass over what stays: templates and schemas live to the end."""
    gc.collect()
    gc.freeze()


def _is_whole(run: Path, entry: dict[str, Any]) -> bool:
    return all(
        (run / name).is_file() and hash_file(run / name) == about["sha256"]
        for name, about in entry["files"].items()
    )


def _close(config: RunConfig, run: Path) -> Summary:
    """Write quarantine, manifest and card from the ledger, in shard order."""
    records: dict[str, int] = {}
    rows: dict[str, dict[str, int]] = {}
    files: dict[str, Any] = {}
    quarantined = []
    ledger = read_ledger(run)
    for number in sorted(ledger):
        entry = ledger[number]
        files.update(entry["files"])
        quarantined += entry["quarantined"]
        for split, count in entry["records"].items():
            records[split] = records.get(split, 0) + count
        for name, about in entry["files"].items():
            _, config_name, file_name = name.split("/")
            splits = rows.setdefault(config_name, {})
            split = file_name.split("-")[0]
            splits[split] = splits.get(split, 0) + about["rows"]
    lines = "".join(json.dumps(q) + "\n" for q in quarantined)
    write_file(run / QUARANTINE, lines)
    manifest = {"schema_version": SCHEMA_VERSION, "records": records, "rows": rows, "files": files}
    write_file(run / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    write_card(run, config, rows, len(quarantined))
    return Summary(records, len(quarantined), len(ledger))
