"""Rows of a file that somebody edited are rows, or a line; never anything else."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gen.runs.rows import read_rows
from tool_catalog.errors import BadRun


@pytest.mark.parametrize("config", ["prompts", "sft"])
def test_a_file_changed_at_any_byte_is_rows_or_a_line(run: Path, tmp_path: Path, config: str):
    name = sorted((run / "data" / config).iterdir())[0]
    pq.write_table(pq.read_table(name).slice(0, 2), tmp_path / "rows.parquet", compression="none")
    data = (tmp_path / "rows.parquet").read_bytes()
    assert len(list(read_rows(tmp_path, "rows.parquet"))) == 2
    refused = 0
    for spot in range(0, len(data), max(1, len(data) // 150)):
        edited = bytearray(data)
        edited[spot] ^= 0xFF
        (tmp_path / "rows.parquet").write_bytes(edited)
        try:
            list(read_rows(tmp_path, "rows.parquet"))
        except BadRun as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 10


def test_a_file_that_is_not_there_is_a_line(tmp_path: Path):
    with pytest.raises(BadRun, match=r"rows\.parquet: missing or damaged; triact check"):
        list(read_rows(tmp_path, "rows.parquet"))


def test_columns_are_those_asked_for(run: Path):
    [name] = {p.relative_to(run).as_posix() for p in run.glob("data/prompts/train-*.parquet")}
    row = next(read_rows(run, name, ["label", "text"]))
    assert set(row) == {"label", "text"}
