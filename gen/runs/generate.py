"""Make a run folder: config first, then shards by one or more workers, then card and manifest."""

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from pathlib import Path

from gen.config import RunConfig
from gen.records import SCHEMA_VERSION
from gen.runs.classifiers import write_classifiers
from gen.runs.files import TEMPORARY, drop_unfinished, hash_file, write_bytes, write_file
from gen.runs.folder import read_config
from gen.runs.lock import hold_folder
from gen.runs.manifest import (
    ALWAYS,
    CONFIG,
    DATA,
    DOMAINS,
    FOLDERS,
    MANIFEST,
    QUARANTINE,
    Entry,
    Manifest,
    name_split,
)
from gen.runs.plan import plan_more, plan_shards
from gen.runs.publishing.card import Contents, count_labels, find_example, write_card
from gen.runs.shards import Written, read_ledger, write_shard
from gen.runs.trust import read_sources, trust_code
from gen.runs.workers import ShardJob, share_out
from gen.sets.source import Source, load_source
from tool_catalog.errors import BadRun

OnShard = Callable[[Written, int], None]
"""Called with a finished shard's ledger entry and the number of shards planned so far."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to."""

    asked: int
    """Records that were to be written, at least."""
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
        BadRun: the folder is there, is being written, holds another config, or cannot be written.
        UserMistake: domains, templates or policy cannot be used.
    """
    source = load_source(config)  # every mistake of the user's is found before a file is touched
    try:
        check_folder(config, run, resume=resume, force=force)
        with hold_folder(run):
            prepare_folder(config, run, resume=resume, force=force)
            return _close(config, run, _write_shards(source, run, workers, on_shard))
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
    """Put config and domains into a folder that this process holds, or continue in it.

    The code of the user's own domains is trusted from here on: they named it.

    Raises:
        BadRun: as `check_folder`; somebody may have begun in between.
    """
    codes = read_sources(config.domain_files)
    begun = check_folder(config, run, resume=resume, force=force)
    if begun and force:
        _empty_folder(run)
    elif begun:
        drop_unfinished(run)
    write_file(run / CONFIG, _dump(config))
    for code in codes:
        for name, data in code.files.items():
            write_bytes(run / DOMAINS / name, data)
    if codes:
        trust_code(codes, [str(path.resolve()) for path in config.domain_files])


def _empty_folder(run: Path) -> None:
    """Remove what is in a folder and keep it: the lock is on it. What says it is ours goes last."""
    for path in sorted(run.iterdir(), key=lambda p: p.name == CONFIG):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _dump(config: RunConfig) -> str:
    return config.model_dump_json(indent=1) + "\n"


def _is_run(run: Path) -> bool:
    """Whether a folder is ours to continue or replace, whatever made its config.json."""
    try:
        data = json.loads((run / CONFIG).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(data, dict) and {"schema_version", "sets_per_shard"} <= data.keys()


def _write_shards(source: Source, run: Path, workers: int, on_shard: OnShard) -> list[Written]:
    """Every shard that is not there, then more as long as drafts in quarantine leave a gap."""
    plan: list[range] = []
    done: dict[int, Written] = {}
    ledger = {number: entry for number, entry in read_ledger(run).items() if _is_whole(run, entry)}

    def keep(entry: Written) -> None:
        done[entry.shard] = entry
        on_shard(entry, len(plan))

    more = plan_shards(source)
    while more:
        jobs: list[ShardJob] = list(enumerate(more, len(plan)))
        plan += more
        for number, _ in jobs:
            if number in ledger:
                keep(ledger[number])
        _write_missing(source, run, [job for job in jobs if job[0] not in done], workers, keep)
        more = plan_more(source, plan, sum(sum(e.records.values()) for e in done.values()))
    return [done[number] for number in range(len(plan))]


def _write_missing(
    source: Source,
    run: Path,
    jobs: Sequence[ShardJob],
    workers: int,
    keep: Callable[[Written], None],
) -> None:
    if workers > 1 and len(jobs) > 1:
        share_out(source, run, jobs, workers, keep)
        return
    for number, sets in jobs:
        keep(write_shard(source, run, number, sets))


def _is_whole(run: Path, entry: Written) -> bool:
    return all(
        (run / name).is_file() and hash_file(run / name) == about.sha256
        for name, about in entry.files.items()
    )


def _close(config: RunConfig, run: Path, shards: Sequence[Written]) -> Summary:
    """Write quarantine, card and manifest, from the ledger in the order of shards."""
    records: dict[str, int] = {}
    rows: dict[str, dict[str, int]] = {}
    files: dict[str, Entry] = {}
    for shard in shards:
        files |= shard.files
        for split, count in shard.records.items():
            records[split] = records.get(split, 0) + count
    shown = [name for name in sorted(files) if name.startswith(f"{DATA}/records/")]
    files |= write_classifiers(run, shown, config.domain_files)
    for name, about in files.items():
        splits, split = rows.setdefault(name.split("/")[1], {}), name_split(name)
        splits[split] = splits.get(split, 0) + (about.rows or 0)
    quarantined = [q.model_dump_json() + "\n" for shard in shards for q in shard.quarantined]
    write_file(run / QUARANTINE, "".join(quarantined))
    names = sorted(files)
    contents = Contents(rows, len(quarantined), count_labels(run, names), find_example(run, names))
    write_card(run, config, contents)
    files |= _hash_others(run)
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        records=dict(sorted(records.items())),
        rows={name: dict(sorted(splits.items())) for name, splits in sorted(rows.items())},
        files=dict(sorted(files.items())),
    )
    write_file(run / MANIFEST, manifest.model_dump_json(indent=1, exclude_none=True) + "\n")
    return Summary(config.size, records, len(quarantined), len(shards))


def _hash_others(run: Path) -> dict[str, Entry]:
    """Everything but the shards, whose hashes the ledger has."""
    folders = [run / name for name in FOLDERS if name != DATA]
    inner = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(run).as_posix(): Entry(sha256=hash_file(path), size=path.stat().st_size)
        for path in (*(run / name for name in ALWAYS), *inner)
    }
