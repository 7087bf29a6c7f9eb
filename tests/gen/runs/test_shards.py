"""Shards are fixed ranges of sets; files are there whole or not at all."""

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from gen.config import RunConfig
from gen.contrast import ROLES
from gen.runs.files import drop_unfinished, hash_file, write_file
from gen.runs.shards import read_ledger, write_shard
from gen.sets.source import Source
from tool_catalog.errors import BadRun


def _with(source: Source, **changes: object) -> Source:
    return replace(source, config=source.config.model_copy(update=changes))


def test_a_shard_depends_on_its_number_alone(source, tmp_path):
    sized = _with(source, size=3 * len(ROLES), sets_per_shard=1)
    sets = [range(number, number + 1) for number in range(3)]
    alone = write_shard(sized, tmp_path / "alone", 2, sets[2])
    after = [write_shard(sized, tmp_path / "all", number, sets[number]) for number in range(3)]
    assert after[2] == alone


def test_a_ledger_entry_names_every_file_with_rows_and_hash(run):
    ledger = read_ledger(run)
    named = {name: about for entry in ledger.values() for name, about in entry.files.items()}
    there = {path.relative_to(run).as_posix() for path in (run / "data").rglob("*.parquet")}
    drawn = {name for name in there if name.split("/")[1] in ("prompts", "tool_responses")}
    assert drawn  # from all shards, when they are done
    assert set(named) == there - drawn
    for name, about in named.items():
        assert about.rows == pq.ParquetFile(run / name).metadata.num_rows > 0
        assert about.sha256 == hash_file(run / name)


def test_a_contrast_set_never_lies_in_two_files(run):
    seen: dict[str, str] = {}
    for path in sorted((run / "data" / "records").glob("*.parquet")):
        for name in set(pq.read_table(path, columns=["contrast_set_id"])[0].to_pylist()):
            assert seen.setdefault(name, path.name) == path.name
    assert sorted(seen) == [f"1-{index:07d}" for index in range(len(seen))]
    assert len(seen) > len(read_ledger(run))


def test_a_written_file_leaves_nothing_temporary(tmp_path):
    write_file(tmp_path / "deep" / "file.txt", "caf\u00e9\n")
    write_file(tmp_path / "deep" / "file.txt", "tea\n")
    assert [p.name for p in tmp_path.rglob("*.txt")] == ["file.txt"]
    assert (tmp_path / "deep" / "file.txt").read_bytes() == b"tea\n"


def test_dropping_removes_temporary_files_only(tmp_path):
    (tmp_path / "data").mkdir()
    for name in (".tmp-a", "data/.tmp-b", "data/kept.parquet"):
        (tmp_path / name).touch()
    drop_unfinished(tmp_path)
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["kept.parquet"]


def test_a_damaged_ledger_names_the_file(tmp_path):
    write_file(tmp_path / "ledger" / "00000.json", json.dumps({"shard": 0})[:-1])
    with pytest.raises(BadRun, match=r"00000\.json: not readable .*; delete it and --resume"):
        read_ledger(tmp_path)


@pytest.mark.parametrize("size", [0, -1])
def test_a_config_without_records_is_none(size):
    with pytest.raises(ValueError, match="greater than 0"):
        RunConfig(size=size, domains=("banking",))
