"""Stored outputs scored without running anything: one JSON verdict a row, then the totals."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from gen.cli.console import console, print_json
from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.outputs import CallForm
from train.benchmarks.bfcl.totals import LeaderboardTotals
from train.benchmarks.console import print_lines
from train.benchmarks.coverage import (
    Coverage,
    RowFault,
    check_coverage,
    count_faults,
    write_remarks,
)


def score_injecagent(path: Path, folder: Path, *, max_unscored: float, as_json: bool) -> None:
    """Judge InjecAgent outputs; verdicts that the rows carry are not read.

    Raises:
        UserMistake: the file cannot be read, or no row of it can be scored.
        CheckFailed: of an agent's cases more than a share are missing or hold no answer.
    """
    from train.benchmarks.injecagent.scores import score_rows

    scores = score_rows(read_rows(path), folder)
    coverages = {f"{group.model} {group.setting}": c for group, c in scores.coverage.items()}
    totals: dict[str, Any] = {
        name: {
            **dataclasses.asdict(scores.totals[group]),
            "of_all_cases": dataclasses.asdict(scores.of_all[group]),
            "cases_found": coverages[name].to_columns(),
        }
        for name, group in zip(coverages, scores.totals, strict=True)
    }
    _print(scores.rows, totals, coverages, max_unscored=max_unscored, as_json=as_json)


def score_bfcl(
    path: Path,
    folder: Path,
    official: Path | None,
    *,
    calls: CallForm,
    max_unscored: float,
    as_json: bool,
) -> None:
    """Judge BFCL outputs by what counts as a call; verdicts that the rows carry are not read.

    Raises:
        UserMistake: the file cannot be read, or no row of it can be scored.
        CheckFailed: more than a share of the cases are missing or hold no answer.
    """
    from train.benchmarks.bfcl.scoring import score_rows

    scores = score_rows(read_rows(path), folder, official, calls)
    totals = {
        **_write_totals(scores.totals),
        "of_all_cases": _write_totals(scores.of_all),
        "cases_found": scores.coverage.to_columns(),
    }
    _print(scores.rows, totals, {"": scores.coverage}, max_unscored=max_unscored, as_json=as_json)


def _write_totals(totals: LeaderboardTotals) -> dict[str, Any]:
    return {
        "categories": {name: tally._asdict() for name, tally in totals.categories.items()},
        "segments": dict(totals.segments),
        "missing": list(totals.missing),
        "share": totals.share,
        "overall": totals.overall,
    }


def read_rows(path: Path) -> Iterator[dict[str, Any] | UserMistake]:
    """The JSON objects of a file, one a line, or why a line is none.

    Raises:
        UserMistake: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _read_row(path, number, line)
    except OSError as error:
        raise UserMistake(f"{path}: cannot be read: {error}") from error


def _read_row(path: Path, number: int, line: bytes) -> dict[str, Any] | UserMistake:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return UserMistake(f"{path}:{number}: not JSON: {error}")
    if not isinstance(row, dict):
        return UserMistake(f"{path}:{number}: not a JSON object")
    return row


def _print(
    rows: Sequence[Any],
    totals: Mapping[str, Any],
    coverages: Mapping[str, Coverage],
    *,
    max_unscored: float,
    as_json: bool,
) -> None:
    """Verdicts on their own lines; totals after them, or with `--json` as the last line."""
    faults = [row for row in rows if isinstance(row, RowFault)]
    totals = {**totals, "rows": {"read": len(rows), **count_faults(faults)}}
    print_lines([row.to_columns() for row in rows])
    if as_json:
        print_lines([{"totals": totals}])
    else:
        console.rule("totals")
        print_json(totals)
    for remark in write_remarks(coverages, faults):
        typer.echo(remark, err=True)
    check_coverage(coverages, max_unscored)
