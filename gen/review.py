"""Check a whole run folder: files as written, records that prove themselves, shares, duplicates."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from gen.checks import check_record
from gen.checks.balance import Balance, measure_balance
from gen.checks.duplicates import Duplicates, Text, find_duplicates
from gen.checks.replay import check_replay
from gen.columns import DECISIONS, LABELS, write_rows
from gen.generate import MANIFEST, list_domain_files, read_config
from gen.records import Record
from gen.shards import hash_file
from tool_catalog.errors import BadRun

NEAR_DUPLICATES = 0.10
"""Highest share of records whose request and content nearly copy those of another set."""
_COLUMNS = ["user_label", "tool_label", "decision", "hard_negative", "domain", "request",
            "content", "record"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where."""

    where: str
    """File and row, or the run."""
    what: str


@dataclass(frozen=True, slots=True)
class Review:
    """What a check of a run found."""

    findings: tuple[Finding, ...]
    balance: Balance
    duplicates: Duplicates
    records: int
    quarantined: int

    @property
    def passed(self) -> bool:
        """Nothing is wrong."""
        return not self.findings


def review_run(run: Path) -> Review:
    """Check everything that can be checked without a model.

    Raises:
        BadRun: not a run folder, unfinished, or of another schema version.
    """
    read_config(run)
    manifest = read_manifest(run)
    findings = list(_check_files(run, manifest))
    damaged = {finding.where.partition(":")[0] for finding in findings}
    texts: list[Text] = []
    rows: list[dict[str, Any]] = []
    files = list_domain_files(run)
    for name in sorted(manifest["files"]):
        if not name.startswith("data/records/") or name in damaged:
            continue
        for number, row, record in _read_rows(run, name, findings):
            where = f"{name}:{number}"
            problem = check_record(record) or check_replay(record, files)
            problem = problem or _compare_columns(row, record, files)
            if problem:
                findings.append(Finding(where, f"{record.id}: {problem}"))
            rows.append({**row, "record": None, "user_label": LABELS[row["user_label"]],
                         "tool_label": LABELS[row["tool_label"]],
                         "decision": DECISIONS[row["decision"]]})  # fmt: skip
            texts.append(_text_of(record))
    balance = measure_balance(rows)
    duplicates = find_duplicates(texts)
    findings += [Finding("run", problem) for problem in balance.problems]
    findings += list(_judge_duplicates(duplicates))
    quarantine = (run / "quarantine.jsonl").read_text(encoding="utf-8").count("\n")
    return Review(tuple(findings), balance, duplicates, len(rows), quarantine)


def read_manifest(run: Path) -> dict[str, Any]:
    """The manifest, written last: without it the run is unfinished."""
    path = run / MANIFEST
    if not path.is_file():
        raise BadRun(f"{run} is unfinished (no {MANIFEST}); continue with triact generate --resume")
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise BadRun(f"{path}: not readable: {error}") from error


def read_records(run: Path, split: str | None = None) -> Iterator[Record]:
    """Every record of a run, or of one split, in order."""
    for name in sorted(read_manifest(run)["files"]):
        folder, _, file = name.rpartition("/")
        if folder != "data/records" or (split and file.split("-")[0] != split):
            continue
        for batch in pq.ParquetFile(run / name).iter_batches(256, columns=["record"]):
            for text in batch.column(0).to_pylist():
                yield Record.model_validate_json(text)


def _check_files(run: Path, manifest: dict[str, Any]) -> Iterator[Finding]:
    for name, about in sorted(manifest["files"].items()):
        path = run / name
        if not path.is_file():
            yield Finding(name, "the file is missing; generate --resume writes it again")
            continue
        try:
            rows = pq.ParquetFile(path).metadata.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            yield Finding(name, f"truncated or not Parquet: {str(error).splitlines()[0]}")
            continue
        if rows != about["rows"]:
            yield Finding(name, f"{rows} rows, the manifest says {about['rows']}")
        elif hash_file(path) != about["sha256"]:
            if not name.startswith("data/records/"):
                yield Finding(name, "edited: its bytes are not those of the manifest")
            else:
                yield from _find_edited_rows(run, name)
    known = {run / name for name in manifest["files"]}
    for path in sorted((run / "data").rglob("*.parquet")):
        if path not in known:
            yield Finding(path.relative_to(run).as_posix(), "not in the manifest")


def _find_edited_rows(run: Path, name: str) -> Iterator[Finding]:
    """Which rows of an edited records file no longer hold a sound record."""
    findings: list[Finding] = []
    for number, row, record in _read_rows(run, name, findings):
        files = list_domain_files(run)
        problem = (
            check_record(record)
            or check_replay(record, files)
            or _compare_columns(row, record, files)
        )
        if problem:
            findings.append(Finding(f"{name}:{number}", f"{record.id}: edited: {problem}"))
    yield from findings or [Finding(name, "edited: its bytes are not those of the manifest")]


def _read_rows(
    run: Path, name: str, findings: list[Finding]
) -> Iterator[tuple[int, dict[str, Any], Record]]:
    """Rows of a records file with their number from 0; unreadable rows become findings."""
    number = 0
    for batch in pq.ParquetFile(run / name).iter_batches(256, columns=_COLUMNS):
        for row in batch.to_pylist():
            try:
                yield number, row, Record.model_validate_json(row["record"])
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                findings.append(Finding(f"{name}:{number}", f"schema: {where}: {first['msg']}"))
            number += 1


def _compare_columns(row: dict[str, Any], record: Record, files: Sequence[Path]) -> str:
    """Whether the flat columns say the same as the record."""
    wanted = write_rows(record, tuple(files))["records"]
    for name in _COLUMNS[:-1]:
        if row[name] != wanted[name]:
            return f"column {name} says {row[name]!r}, the record {wanted[name]!r}"
    return ""


def _text_of(record: Record) -> Text:
    content = " ".join(p.content for p in record.scenario.placements)
    text = f"{record.scenario.user} {content}"
    return Text(record.id, record.contrast_set_id, record.split, text)


def _judge_duplicates(duplicates: Duplicates) -> Iterator[Finding]:
    for first, second in duplicates.leaked[:5]:
        yield Finding("run", f"{second} copies {first} from train into a test split")
    share = duplicates.near / duplicates.compared if duplicates.compared else 0.0
    if share > NEAR_DUPLICATES:
        yield Finding("run", f"{share:.1%} near duplicates, more than {NEAR_DUPLICATES:.0%}")
