"""Rows and records of a run, in order. Open the run first: here nothing is verified."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from gen.records import Record
from gen.runs.folder import read_manifest
from tool_catalog.errors import BadRun


def read_rows(
    run: Path, name: str, columns: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Rows of one shard, in order; `columns` are all by default.

    Raises:
        BadRun: the file is missing or damaged.
    """
    wanted = None if columns is None else list(columns)
    try:
        for batch in pq.ParquetFile(run / name).iter_batches(256, columns=wanted):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BadRun(f"{run / name}: missing or damaged; triact check {run} tells more") from error


def read_columns(run: Path, name: str, columns: Sequence[str]) -> pa.Table:
    """Some columns of one shard, whole.

    Raises:
        BadRun: the file is missing or damaged.
    """
    try:
        return pq.ParquetFile(run / name).read(columns=list(columns))
    except (pa.ArrowException, OSError) as error:
        raise BadRun(f"{run / name}: missing or damaged; triact check {run} tells more") from error


def read_records(run: Path, split: str | None = None) -> Iterator[Record]:
    """Every record of a run, or of one split, in order.

    Raises:
        BadRun: a file is missing or damaged.
    """
    for name in read_manifest(run).list_shards("records", split):
        for row in read_rows(run, name, ["record"]):
            try:
                yield Record.model_validate_json(row["record"])
            except ValidationError as error:
                raise BadRun(f"{run / name}: edited; triact check {run} names the row") from error
