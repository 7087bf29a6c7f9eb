"""Check a whole run folder: files as written, records that prove themselves, shares, duplicates.

Files come first. When config or domain code is not as the manifest says, nothing is replayed.
"""

import multiprocessing
from collections.abc import Container, Iterator, Sequence
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
from gen.checks.duplicates import ComparedText, Duplicates, find_duplicates
from gen.checks.replay import check_replay, cut_to_difference
from gen.episode import Stage
from gen.records import Record
from gen.runs.columns import write_flat, write_rows
from gen.runs.features import DECISIONS, LABELS, make_table
from gen.runs.folder import EDITED, LINK, LOST, Damage, find_damage, read_manifest
from gen.runs.manifest import CONFIG, DOMAINS, QUARANTINE, Manifest
from gen.runs.rows import read_rows
from gen.runs.trust import list_domain_files
from tool_catalog.errors import BadRun

NEAR_DUPLICATES = 0.10
"""Highest share of records whose request and content nearly copy those of another set."""
LEAKED = 0.001
"""Highest share of records outside train that copy one inside: two users may well ask the same,
and of many thousand sets a few do."""
_COLUMNS = ["user_label", "tool_label", "decision", "hard_negative", "domain", "request",
            "content", "record"]  # fmt: skip
_RECORDS = "data/records/"
DomainFiles = tuple[Path, ...]
"""Files of the run's own domains that may be executed."""


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
    texts: list[ComparedText]


def review_run(run: Path, workers: int = 1) -> Review:
    """Check everything that can be checked without a model.

    Args:
        run: the run folder.
        workers: processes that replay records.

    Raises:
        BadRun: not a run folder, unfinished, of another schema version, or with domain code that
            is not trusted.
    """
    manifest = read_manifest(run)
    damages = list(find_damage(run, manifest))
    if any(d.name == CONFIG or d.name.startswith(f"{DOMAINS}/") for d in damages):
        found = tuple(Finding(damage.name, damage.what) for damage in damages)
        return Review(found, measure_balance([]), find_duplicates([]), 0, 0)
    code = list_domain_files(run)
    findings = [f for damage in damages for f in _refine(run, damage, manifest, code)]
    damaged = {damage.name for damage in damages}
    names = [name for name in manifest.list_shards("records") if name not in damaged]
    rows: list[dict[str, Any]] = []
    texts: list[ComparedText] = []
    for part in _review_files(run, names, code, workers):
        findings += part.findings
        rows += part.rows
        texts += part.texts
    balance = measure_balance(rows)
    duplicates = find_duplicates(texts)
    findings += [Finding("run", problem) for problem in balance.problems]
    findings += list(_judge_duplicates(duplicates))
    quarantined = _count_quarantined(run, damaged)
    return Review(tuple(findings), balance, duplicates, len(rows), quarantined)


def _count_quarantined(run: Path, damaged: Container[str]) -> int:
    return 0 if QUARANTINE in damaged else (run / QUARANTINE).read_bytes().count(b"\n")


def _review_files(
    run: Path, names: Sequence[str], code: DomainFiles, workers: int
) -> Iterator[_Part]:
    """Every records file in order, whatever the number of processes."""
    review = partial(_review_file, run, code)
    if workers <= 1 or len(names) <= 1:
        yield from map(review, names)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(names)), context) as pool:
        yield from pool.map(review, names)


def _review_file(run: Path, code: DomainFiles, name: str) -> _Part:
    """Replay and check the records of one file."""
    part = _Part([], [], [])
    for number, row, record in _parse_rows(run, name, part.findings):
        flat = write_flat(record)
        if problem := _find_problem(row, record, flat, code):
            part.findings.append(Finding(f"{name}:{number}", f"{record.id}: {problem}"))
        part.rows.append({**flat, "user_label": LABELS[flat["user_label"]],
                          "tool_label": LABELS[flat["tool_label"]],
                          "decision": DECISIONS[flat["decision"]]})  # fmt: skip
        part.texts.append(_text_of(record))
    return part


def _refine(run: Path, damage: Damage, manifest: Manifest, code: DomainFiles) -> Iterator[Finding]:
    """A damaged file as findings; of an edited shard, the rows that no longer hold."""
    name = damage.name
    entry = manifest.files.get(name)
    if entry is None or entry.rows is None or damage.what in (LOST, LINK):
        yield Finding(name, damage.what)
        return
    try:
        rows = pq.ParquetFile(run / name).metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        yield Finding(name, f"truncated or not Parquet: {str(error).splitlines()[0]}")
        return
    if rows != entry.rows:
        yield Finding(name, f"{rows} rows, the manifest says {entry.rows}")
    else:
        yield from _find_edited_rows(run, name, code)


def _find_edited_rows(run: Path, name: str, code: DomainFiles) -> Iterator[Finding]:
    """Which rows of an edited file no longer hold, or are no longer made from, a sound record."""
    what = EDITED
    find = _find_edited_records if name.startswith(_RECORDS) else _find_edited_views
    try:
        findings = list(find(run, name, code))
    except BadRun:
        findings, what = [], "damaged: its rows cannot be read"
    yield from findings or [Finding(name, what)]


def _find_edited_records(run: Path, name: str, code: DomainFiles) -> Iterator[Finding]:
    findings: list[Finding] = []
    for number, row, record in _parse_rows(run, name, findings):
        if problem := _find_problem(row, record, write_flat(record), code):
            yield Finding(f"{name}:{number}", f"{record.id}: edited: {problem}")
    yield from findings


def _find_edited_views(run: Path, name: str, code: DomainFiles) -> Iterator[Finding]:
    """Rows of another config against those that its records give."""
    config, _, file = name.removeprefix("data/").partition("/")
    there = list(read_rows(run, name))
    records = [record for _, _, record in _parse_rows(run, _RECORDS + file, [])]
    rows = [row for record in records for row in write_rows(record, code).get(config, ())]
    wanted = make_table(config, rows).to_pylist()
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


def _find_problem(
    row: dict[str, Any], record: Record, flat: dict[str, Any], code: DomainFiles
) -> str:
    """What is wrong with a record or its flat columns; empty when nothing is."""
    stage = Stage(code)
    tools = stage.list_tools(record.scenario)
    if problem := check_record(record, tools) or check_replay(record, stage):
        return problem
    return _compare_columns(row, {name: flat[name] for name in _COLUMNS[:-1]})


def _compare_columns(row: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Whether columns say the same as the record."""
    for name, value in wanted.items():
        if row.get(name) != value:
            found, right = cut_to_difference(repr(row.get(name)), repr(value))
            return f"column {name} says {found}, the record {right}"
    return ""


def _text_of(record: Record) -> ComparedText:
    content = " ".join(p.content for p in record.scenario.placements)
    said = " ".join(turn.text for turn in record.scenario.turns)
    text = f"{said} {content}"
    return ComparedText(record.id, record.contrast_set_id, record.split, text)


def _judge_duplicates(duplicates: Duplicates) -> Iterator[Finding]:
    if len(duplicates.leaked) > LEAKED * duplicates.held_out:
        for first, second in duplicates.leaked[:5]:
            yield Finding("run", f"{second} copies {first} from train into a test split")
    share = duplicates.near / duplicates.compared if duplicates.compared else 0.0
    if share > NEAR_DUPLICATES:
        yield Finding("run", f"{share:.1%} near duplicates, more than {NEAR_DUPLICATES:.0%}")
