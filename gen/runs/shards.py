"""Write records as Parquet shards that survive being killed.

A shard is a fixed range of contrast sets, so its bytes depend on the config alone. It is built in
memory; its files are then written under temporary names, synced and renamed; a small ledger entry,
renamed last, marks the shard done and holds the hash of every file.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gen.contrast import ROLES
from gen.records import Record
from gen.runs.columns import make_schema, make_table, write_rows
from gen.sets.pipeline import Quarantined, generate_set
from gen.sets.situation import Source
from gen.sets.words import Words
from tool_catalog.errors import BadRun

LEDGER = "ledger"
WORDS = "words"
DATA = "data"
TEMPORARY = ".tmp-"
"""How the name of an unfinished file begins."""
_ROWS_PER_GROUP = 256


@dataclass
class _Part:
    """One Parquet file of a shard, in memory."""

    config: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.sink = pa.BufferOutputStream()
        self.writer = pq.ParquetWriter(self.sink, make_schema(self.config), compression="zstd")

    def add(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        self.count += 1
        if len(self.rows) >= _ROWS_PER_GROUP:
            self.flush()

    def flush(self) -> None:
        if self.rows:
            self.writer.write_table(make_table(self.config, self.rows))
            self.rows = []

    def finish(self) -> Any:
        """The file's bytes."""
        self.flush()
        self.writer.close()
        return self.sink.getvalue()


def write_shard(source: Source, run: Path, number: int, total: int) -> dict[str, Any]:
    """Generate and write one shard; returns its ledger entry."""
    config = source.config
    parts: dict[tuple[str, str], _Part] = {}
    quarantined: list[Quarantined] = []
    counts: dict[str, int] = {}
    for item in _generate(source, run, number):
        if isinstance(item, Quarantined):
            quarantined.append(item)
            continue
        counts[item.split] = counts.get(item.split, 0) + 1
        for name, row in write_rows(item, tuple(config.domain_files)).items():
            key = (name, item.split)
            if key not in parts:
                parts[key] = _Part(name)
            parts[key].add(row)
    files = {}
    for (config_name, split), part in parts.items():
        name = f"{DATA}/{config_name}/{split}-{number:05d}-of-{total:05d}.parquet"
        data = part.finish()
        write_bytes(run / name, data)
        files[name] = {"rows": part.count, "sha256": hashlib.sha256(data).hexdigest()}
    entry = {
        "shard": number,
        "records": counts,
        "files": dict(sorted(files.items())),
        "quarantined": [
            {"contrast_set": q.contrast_set, "role": q.role, "template": q.template,
             "reason": q.reason}
            for q in quarantined
        ],
    }  # fmt: skip
    write_file(run / LEDGER / f"{number:05d}.json", json.dumps(entry, indent=1) + "\n")
    return entry


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _generate(source: Source, run: Path, number: int) -> Iterator[Record | Quarantined]:
    reworded = read_words(run, number) if source.config.writer else {}
    for index in list_sets(source, number):
        words = reworded.get(index)
        if isinstance(words, str):
            yield Quarantined(index, "*", "", words)
        else:
            yield from generate_set(source, index, words)


def list_sets(source: Source, number: int) -> range:
    """The contrast sets of a shard."""
    first = number * source.config.sets_per_shard
    return range(first, min(first + source.config.sets_per_shard, count_sets(source)))


def write_words(run: Path, number: int, reworded: Mapping[int, Words | str]) -> None:
    """Keep what a model wrote for a shard: by set, words or why there are none."""
    data = {
        index: {"rejected": words} if isinstance(words, str) else asdict(words)
        for index, words in sorted(reworded.items())
    }
    text = json.dumps(data, ensure_ascii=False, indent=1)
    write_file(run / WORDS / f"{number:05d}.json", text + "\n")


def has_words(run: Path, number: int) -> bool:
    """Whether a model has written all that it was to write for a shard."""
    return (run / WORDS / f"{number:05d}.json").is_file()


def read_words(run: Path, number: int) -> dict[int, Words | str]:
    """What a model wrote for a shard.

    Raises:
        BadRun: the file is missing or damaged.
    """
    path = run / WORDS / f"{number:05d}.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {
            int(index): found["rejected"] if "rejected" in found else Words(**found)
            for index, found in data.items()
        }
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadRun(f"{path}: not readable ({error}); delete it and --resume") from error


def count_sets(source: Source) -> int:
    """How many contrast sets give at least the records asked for, when none is quarantined."""
    return -(-source.config.size // len(ROLES))


def count_shards(source: Source) -> int:
    """How many shards the run has."""
    return -(-count_sets(source) // source.config.sets_per_shard)


def write_file(path: Path, text: str) -> None:
    """Write a text file so that it is there whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: Any) -> None:
    """Write a file so that it is there whole or not at all.

    Args:
        path: where; missing folders are made.
        data: bytes, or anything with a buffer.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(TEMPORARY + path.name)
    with temporary.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)


def read_ledger(run: Path) -> dict[int, dict[str, Any]]:
    """Entries of the finished shards, by number."""
    entries = {}
    for path in sorted((run / LEDGER).glob("[0-9]*.json")):
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadRun(f"{path}: not readable ({error}); delete it and --resume") from error
        entries[entry["shard"]] = entry
    return entries


def drop_unfinished(run: Path) -> None:
    """Remove what a killed run left under temporary names."""
    for path in run.rglob(TEMPORARY + "*"):
        path.unlink(missing_ok=True)
