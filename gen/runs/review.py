"""Check a whole run folder: files as written, records that prove themselves, shares, duplicates."""

import json
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from gen.checks import check_record
from gen.checks.balance import Balance, measure_balance
from gen.checks.duplicates import Duplicates, Text, find_duplicates
from gen.checks.replay import check_replay
from gen.records import Record
from gen.runs.columns import DECISIONS, LABELS, make_table, write_flat, write_rows
from gen.runs.generate import MANIFEST, QUARANTINE, list_domain_files, read_config
from gen.runs.shards import hash_file
from tool_catalog.errors import BadRun

NEAR_DUPLICATES = 0.10
"""Highest share of records whose request and content nearly copy those of another set."""
_COLUMNS = ["user_label", "tool_label", "decision", "hard_negative", "domain", "request",
            "content", "record"]  # fmt: skip
_RECORDS = "data/records/"
_CARD = "README.md"
_LOST = "the file is missing; generate --resume writes it again"


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


@dataclass(frozen=True, slots=True)
class _Part:
    """What one records file holds, as the checks of the whole run need it."""

    findings: list[Finding]
    rows: list[dict[str, Any]]
    texts: list[Text]


def review_run(run: Path, workers: int = 1) -> Review:
    """Check everything that can be checked without a model.

    Args:
        run: the run folder.
        workers: processes that replay records.

    Raises:
        BadRun: not a run folder, unfinished, or of another schema version.
    """
    read_config(run)
    manifest = read_manifest(run)
    findings = list(_check_files(run, manifest))
    damaged = {finding.where.partition(":")[0] for finding in findings}
    names = [n for n in sorted(manifest["files"]) if n.startswith(_RECORDS) and n not in damaged]
    rows: list[dict[str, Any]] = []
    texts: list[Text] = []
    for part in _review_files(run, names, workers):
        findings += part.findings
        rows += part.rows
        texts += part.texts
    balance = measure_balance(rows)
    duplicates = find_duplicates(texts)
    findings += [Finding("run", problem) for problem in balance.problems]
    findings += list(_judge_duplicates(duplicates))
    path = run / QUARANTINE
    quarantined = path.read_bytes().count(b"\n") if path.is_file() else 0
    return Review(tuple(findings), balance, duplicates, len(rows), quarantined)


def _review_files(run: Path, names: Sequence[str], workers: int) -> Iterator[_Part]:
    """Every records file in order, whatever the number of processes."""
    review = partial(_review_file, run)
    if workers <= 1 or len(names) <= 1:
        yield from map(review, names)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(names)), context) as pool:
        yield from pool.map(review, names)


def _review_file(run: Path, name: str) -> _Part:
    """Replay and check the records of one file."""
    part = _Part([], [], [])
    files = list_domain_files(run)
    for number, row, record in _parse_rows(run, name, part.findings):
        if problem := _find_problem(row, record, files):
            part.findings.append(Finding(f"{name}:{number}", f"{record.id}: {problem}"))
        part.rows.append({**row, "record": None, "user_label": LABELS[row["user_label"]],
                          "tool_label": LABELS[row["tool_label"]],
                          "decision": DECISIONS[row["decision"]]})  # fmt: skip
        part.texts.append(_text_of(record))
    return part


def read_manifest(run: Path) -> dict[str, Any]:
    """The manifest, written last: without it the run is unfinished."""
    path = run / MANIFEST
    if not path.is_file():
        raise BadRun(f"{run} is unfinished (no {MANIFEST}); continue with triact generate --resume")
    try:
        data = json.loads(path.read_bytes())
    except ValueError as error:
        raise BadRun(f"{path}: not readable: {error}; generate --resume mends it") from error
    if not isinstance(data, dict) or not {"records", "rows", "files"} <= data.keys():
        raise BadRun(f"{path}: not a manifest; generate --resume writes it again")
    return data


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


def read_records(run: Path, split: str | None = None) -> Iterator[Record]:
    """Every record of a run, or of one split, in order.

    Raises:
        BadRun: a file is missing or damaged.
    """
    for name in sorted(read_manifest(run)["files"]):
        folder, _, file = name.rpartition("/")
        if folder != "data/records" or (split and file.split("-")[0] != split):
            continue
        for row in read_rows(run, name, ["record"]):
            try:
                yield Record.model_validate_json(row["record"])
            except ValidationError as error:
                raise BadRun(f"{run / name}: edited; triact check {run} names the row") from error


def _check_files(run: Path, manifest: dict[str, Any]) -> Iterator[Finding]:
    for name, about in sorted(manifest["files"].items()):
        path = run / name
        if not path.is_file():
            yield Finding(name, _LOST)
            continue
        try:
            rows = pq.ParquetFile(path).metadata.num_rows
        except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
            yield Finding(name, f"truncated or not Parquet: {str(error).splitlines()[0]}")
            continue
        if rows != about["rows"]:
            yield Finding(name, f"{rows} rows, the manifest says {about['rows']}")
        elif hash_file(path) != about["sha256"]:
            yield from _find_edited_rows(run, name)
    known = {run / name for name in manifest["files"]}
    for path in sorted((run / "data").rglob("*.parquet")):
        if path not in known:
            yield Finding(path.relative_to(run).as_posix(), "not in the manifest")
    for name in (QUARANTINE, _CARD):
        if not (run / name).is_file():
            yield Finding(name, _LOST)


def _find_edited_rows(run: Path, name: str) -> Iterator[Finding]:
    """Which rows of an edited file no longer hold, or are no longer made from, a sound record."""
    what = "edited: its bytes are not those of the manifest"
    find = _find_edited_records if name.startswith(_RECORDS) else _find_edited_views
    try:
        findings = list(find(run, name))
    except BadRun:
        findings, what = [], "damaged: its rows cannot be read"
    yield from findings or [Finding(name, what)]


def _find_edited_records(run: Path, name: str) -> Iterator[Finding]:
    findings: list[Finding] = []
    files = list_domain_files(run)
    for number, row, record in _parse_rows(run, name, findings):
        if problem := _find_problem(row, record, files):
            yield Finding(f"{name}:{number}", f"{record.id}: edited: {problem}")
    yield from findings


def _find_edited_views(run: Path, name: str) -> Iterator[Finding]:
    """Rows of another config against those that its records give."""
    config, _, file = name.removeprefix("data/").partition("/")
    there = list(read_rows(run, name))
    files = list_domain_files(run)
    records = [record for _, _, record in _parse_rows(run, _RECORDS + file, [])]
    rows = (write_rows(record, files).get(config) for record in records)
    wanted = make_table(config, [row for row in rows if row is not None]).to_pylist()
    if len(wanted) == len(there):
        for number, (row, right) in enumerate(zip(there, wanted, strict=True)):
            if problem := _compare_columns(row, right):
                yield Finding(f"{name}:{number}", f"{right['id']}: edited: {problem}")


def _parse_rows(
    run: Path, name: str, findings: list[Finding]
) -> Iterator[tuple[int, dict[str, Any], Record]]:
    """Rows of a records file with their number from 0; unreadable rows become findings."""
    for number, row in enumerate(read_rows(run, name, _COLUMNS)):
        try:
            yield number, row, Record.model_validate_json(row.get("record") or "")
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            findings.append(Finding(f"{name}:{number}", f"schema: {where}: {first['msg']}"))


def _find_problem(row: dict[str, Any], record: Record, files: tuple[Path, ...]) -> str:
    """What is wrong with a record or its flat columns; empty when nothing is."""
    if problem := check_record(record) or check_replay(record, files):
        return problem
    flat = write_flat(record)
    return _compare_columns(row, {name: flat[name] for name in _COLUMNS[:-1]})


def _compare_columns(row: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Whether columns say the same as the record."""
    for name, value in wanted.items():
        if row.get(name) != value:
            return f"column {name} says {row.get(name)!r}, the record {value!r}"
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
