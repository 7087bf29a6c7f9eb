"""A check finds what is wrong with a run folder, and where."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gen.checks.duplicates import Duplicates
from gen.records import SCHEMA_VERSION
from gen.runs.features import make_table
from gen.runs.folder import read_config, read_manifest
from gen.runs.manifest import CONFIG, MANIFEST, QUARANTINE
from gen.runs.plan import plan_shards
from gen.runs.review import _judge_duplicates, review_run
from gen.runs.rows import read_records, read_rows
from gen.sets.roles import count_members
from gen.sets.source import load_source
from tool_catalog.errors import BadRun

RECORDS = "data/records/train-00000.parquet"
PROMPTS = "data/prompts/train-00000.parquet"
SFT = "data/sft/train-00000.parquet"
RL = "data/rl/train-00000.parquet"


@pytest.fixture
def mine(run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to damage."""
    return Path(shutil.copytree(run, tmp_path / "mine"))


def _findings(run: Path) -> list[tuple[str, str]]:
    return [(f.where, f.what) for f in review_run(run).findings]


def _edit_row(path: Path, column: str, row: int, change: Callable[[Any], Any]) -> None:
    """Rewrite a shard with one value changed."""
    table = pq.read_table(path)
    place = table.schema.get_field_index(column)
    field = table.schema.field(place)
    values = table[column].to_pylist()
    values[row] = change(values[row])
    pq.write_table(table.set_column(place, field, pa.array(values, field.type)), path)


def _count_members(run: Path) -> int:
    source = load_source(read_config(run))
    return sum(count_members(source, index) for sets in plan_shards(source) for index in sets)


def test_an_unbroken_run_passes(run):
    review = review_run(run)
    assert review.findings == ()
    assert review.passed
    assert review.records == sum(read_manifest(run).records.values())
    assert review.records + review.quarantined == _count_members(run)


def test_two_workers_find_what_one_finds(mine):
    shards = sorted((mine / "data" / "records").iterdir())
    for path in shards[0], shards[-1]:
        _edit_row(path, "request", 1, lambda text: text + " please")
    one, two = review_run(mine), review_run(mine, workers=2)
    assert len({finding.where for finding in one.findings}) >= 2
    assert one == two


@pytest.mark.parametrize("name", [RECORDS, SFT])
@pytest.mark.parametrize("kept", [0, 3, 500])
def test_a_truncated_file_is_found(mine, name, kept):
    (mine / name).write_bytes((mine / name).read_bytes()[:kept])
    found = [what for where, what in _findings(mine) if where == name]
    assert len(found) == 1
    assert found[0].startswith("truncated or not Parquet")
    assert "\n" not in found[0]


@pytest.mark.parametrize("name", [RECORDS, PROMPTS, SFT])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_changed_bytes_are_found(mine, name, share):
    data = bytearray((mine / name).read_bytes())
    data[int(len(data) * share)] ^= 0xFF
    (mine / name).write_bytes(data)
    found = _findings(mine)
    assert found
    assert {where.partition(":")[0] for where, _ in found} <= {name, "run"}


@pytest.mark.parametrize(
    ("name", "column"), [(RECORDS, "user_label"), (RECORDS, "decision"), (RL, "decision")]
)
def test_an_edited_label_is_found_with_its_row(mine, name, column):
    _edit_row(mine / name, column, 3, lambda label: (label + 1) % 3)
    found = [finding for finding in _findings(mine) if finding[0] != "run"]
    assert [where for where, _ in found] == [f"{name}:3"]
    assert f"edited: column {column} says" in found[0][1]


def test_an_edited_row_of_a_classifiers_config_is_found(mine):
    """They are drawn from all shards, so that no row is named."""
    _edit_row(mine / PROMPTS, "label", 3, lambda label: (label + 1) % 3)
    assert _findings(mine) == [(PROMPTS, "edited: its bytes are not those of the manifest")]


def test_an_edited_record_is_found_with_its_row(mine):
    def relabel(text: str) -> str:
        record = json.loads(text)
        return json.dumps({**record, "reference": record["reference"][:-1]})

    _edit_row(mine / RECORDS, "record", 2, relabel)
    assert f"{RECORDS}:2" in dict(_findings(mine))


def test_an_edited_conversation_is_found_with_its_row(mine):
    def mend(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*messages[:-1], {**messages[-1], "content": "Sure."}]

    table = pq.read_table(mine / SFT)
    rows = table.to_pylist()
    rows[1]["completion"] = mend(rows[1]["completion"])
    pq.write_table(make_table("sft", rows), mine / SFT)
    found = dict(_findings(mine))
    assert list(found) == [f"{SFT}:1"]
    assert "column completion" in found[f"{SFT}:1"]


def test_a_record_that_is_none_is_found_with_its_row(mine):
    _edit_row(mine / RECORDS, "record", 1, lambda text: text[:-20])
    found = dict(_findings(mine))
    assert found[f"{RECORDS}:1"].startswith("schema: ")


def test_rewritten_bytes_with_equal_rows_are_found(mine):
    table = pq.read_table(mine / SFT)
    pq.write_table(table, mine / SFT, compression="none")
    assert _findings(mine) == [(SFT, "edited: its bytes are not those of the manifest")]


def test_a_lost_row_is_found(mine):
    table = pq.read_table(mine / PROMPTS)
    pq.write_table(table.slice(1), mine / PROMPTS)
    assert _findings(mine) == [
        (PROMPTS, f"{table.num_rows - 1} rows, the manifest says {table.num_rows}")
    ]


@pytest.mark.parametrize("name", [SFT, QUARANTINE, "README.md"])
def test_a_missing_file_is_found(mine, name):
    (mine / name).unlink()
    assert _findings(mine) == [(name, "the file is missing; generate --resume writes it again")]


def test_a_foreign_shard_is_found(mine):
    shutil.copy(mine / SFT, mine / "data" / "sft" / "train-00009.parquet")
    assert _findings(mine) == [("data/sft/train-00009.parquet", "not in the manifest")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, r"is unfinished \(no manifest\.json\); continue with triact generate --resume"),
        ("{", r"manifest\.json: not readable"),
        ("[]", r"manifest\.json: .*; generate --resume writes it again"),
        ('{"files": {}}', r"manifest\.json: .*; generate --resume writes it again"),
    ],
)
def test_a_manifest_that_cannot_be_read_says_what_to_do(mine, text, reason):
    (mine / MANIFEST).unlink()
    if text is not None:
        (mine / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(BadRun, match=reason):
        review_run(mine)


def test_a_run_of_another_schema_version_is_not_checked(mine):
    text = (mine / CONFIG).read_text(encoding="utf-8")
    (mine / CONFIG).write_text(text.replace(f'"{SCHEMA_VERSION}"', '"3.0"'), encoding="utf-8")
    with pytest.raises(BadRun, match=r"made by schema 3\.0; this triact reads 2\.0; generate"):
        review_run(mine)


def test_records_come_by_split_and_in_order(run):
    counts = read_manifest(run).records
    everything = [record.id for record in read_records(run)]
    assert len(everything) == len(set(everything)) == sum(counts.values())
    for split, count in counts.items():
        found = list(read_records(run, split))
        assert len(found) == count
        assert {record.split for record in found} == {split}


@pytest.mark.parametrize("kept", [0, 500])
def test_a_damaged_run_cannot_be_read(mine, kept):
    (mine / RECORDS).write_bytes((mine / RECORDS).read_bytes()[:kept])
    with pytest.raises(BadRun, match=r"missing or damaged; triact check .* tells more"):
        list(read_records(mine))
    with pytest.raises(BadRun, match="missing or damaged"):
        list(read_rows(mine, RECORDS))


def test_an_edited_run_cannot_be_read(mine):
    _edit_row(mine / RECORDS, "record", 1, lambda text: text[:-20])
    with pytest.raises(BadRun, match=r"edited; triact check .* names the row"):
        list(read_records(mine))


@pytest.mark.parametrize(("held_out", "found"), [(1000, 0), (999, 1)])
def test_one_copy_in_a_thousand_rows_outside_train_is_let_pass(held_out: int, found: int) -> None:
    duplicates = Duplicates(5000, held_out, (("a", "b"),), 0, (("a", "b"),))
    assert len(list(_judge_duplicates(duplicates))) == found
