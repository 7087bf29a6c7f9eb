"""Write records as Parquet shards that survive being killed.

A shard is a fixed range of contrast sets, so its bytes depend on the config alone. It is built in
memory; its files are then written under temporary names, synced and renamed; a small ledger entry,
renamed last, marks the shard done and holds the hash of every file.
"""

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gen.records import Record
from gen.runs.columns import write_rows
from gen.runs.features import make_schema, make_table
from gen.runs.files import hash_bytes, write_bytes, write_file
from gen.runs.manifest import DATA, LEDGER, WORDS, Entry, FileName
from gen.sets.pipeline import Quarantined, generate_set
from gen.sets.source import Source
from gen.sets.words import Words
from tool_catalog.errors import BadRun

T = TypeVar("T")
_ROWS_PER_GROUP = 256
_COLLECT_AFTER = 100_000


class Rejected(BaseModel):
    """A draft that did not prove itself, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contrast_set: int
    role: str
    template: str
    reason: str


class Written(BaseModel):
    """A finished shard, as the ledger has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: int = Field(ge=0)
    records: dict[str, int]
    """By split."""
    files: dict[FileName, Entry]
    quarantined: tuple[Rejected, ...]


@dataclass
class Part:
    """One Parquet file, in memory."""

    config: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.sink = pa.BufferOutputStream()
        schema = make_schema(self.config)
        self.writer = pq.ParquetWriter(
            self.sink, schema, compression="zstd", write_statistics=False
        )  # the least and the greatest text of a page serve no reader

    def add(self, row: dict[str, Any]) -> None:
        """Take one more row."""
        self.rows.append(row)
        self.count += 1
        if len(self.rows) >= _ROWS_PER_GROUP:
            self.flush()

    def flush(self) -> None:
        """Encode the rows that wait."""
        if self.rows:
            self.writer.write_table(make_table(self.config, self.rows))
            self.rows = []

    def finish(self) -> Any:
        """The file's bytes."""
        self.flush()
        self.writer.close()
        del self.writer  # a Ctrl-C that meets its __del__ is lost: not when a shard is announced
        return self.sink.getvalue()


@contextmanager
def _collect_seldom() -> Iterator[None]:
    """Let the garbage collector look less often: what a record is made of holds no cycles.

    What is there already, templates and schemas above all, lives to the end and is passed over.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@_collect_seldom()
def write_shard(source: Source, run: Path, number: int, sets: range) -> Written:
    """Generate and write one shard, its ledger entry last."""
    parts: dict[tuple[str, str], Part] = {}
    quarantined: list[Rejected] = []
    counts: dict[str, int] = {}
    for item in _generate(source, run, number, sets):
        if isinstance(item, Quarantined):
            quarantined.append(Rejected.model_validate(asdict(item)))
            continue
        counts[item.split] = counts.get(item.split, 0) + 1
        for name, rows in write_rows(item, tuple(source.config.domain_files)).items():
            key = (name, item.split)
            if key not in parts:
                parts[key] = Part(name)
            for row in rows:
                parts[key].add(row)
    files = {}
    for (config_name, split), part in sorted(parts.items()):
        name = f"{DATA}/{config_name}/{split}-{number:05d}.parquet"
        data = part.finish()
        write_bytes(run / name, data)
        files[name] = Entry(sha256=hash_bytes(data), size=data.size, rows=part.count)
    entry = Written(shard=number, records=counts, files=files, quarantined=tuple(quarantined))
    write_file(run / LEDGER / f"{number:05d}.json", entry.model_dump_json(indent=1) + "\n")
    return entry


def _generate(
    source: Source, run: Path, number: int, sets: range
) -> Iterator[Record | Quarantined]:
    reworded = read_words(run, number) if source.config.writer else {}
    for index in sets:
        words = reworded.get(index)
        if isinstance(words, str):
            yield Quarantined(index, "*", "", words)
        else:
            yield from generate_set(source, index, words)


def write_words(
    run: Path, number: int, reworded: Mapping[int, Words | str], tally: Mapping[str, Any]
) -> None:
    """Keep what a model wrote for a shard, by set words or why there are none; and its tally."""
    sets = {
        index: {"rejected": words} if isinstance(words, str) else asdict(words)
        for index, words in sorted(reworded.items())
    }
    text = json.dumps({"sets": sets, "tally": tally}, ensure_ascii=False, indent=1)
    write_file(run / WORDS / f"{number:05d}.json", text + "\n")


def has_words(run: Path, number: int) -> bool:
    """Whether a model has written all that it was to write for a shard."""
    return (run / WORDS / f"{number:05d}.json").is_file()


def read_words(run: Path, number: int) -> dict[int, Words | str]:
    """What a model wrote for a shard.

    Raises:
        BadRun: the file is missing or damaged.
    """

    def read(data: Any) -> dict[int, Words | str]:
        return {
            int(index): found["rejected"] if "rejected" in found else Words(**found)
            for index, found in data["sets"].items()
        }

    return _read_words_file(run, number, read)


def read_tally(run: Path, number: int) -> dict[str, Any]:
    """What became of the texts of a shard.

    Raises:
        BadRun: as `read_words`.
    """
    return _read_words_file(run, number, lambda data: dict(data["tally"]))


def _read_words_file(run: Path, number: int, read: Callable[[Any], T]) -> T:
    path = run / WORDS / f"{number:05d}.json"
    try:
        return read(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadRun(f"{path}: not readable ({error}); delete it and --resume") from error


def read_ledger(run: Path) -> dict[int, Written]:
    """Entries of the finished shards, by number.

    Raises:
        BadRun: one of them is damaged.
    """
    entries = {}
    for path in sorted((run / LEDGER).glob("[0-9]*.json")):
        try:
            entry = Written.model_validate_json(path.read_bytes())
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise BadRun(f"{path}: not readable ({reason}); delete it and --resume") from error
        entries[entry.shard] = entry
    return entries
