"""Stored outputs scored without running anything: one JSON verdict a row, then the totals."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gen.cli.console import console, print_json
from tool_catalog.errors import UserMistake
from train.benchmarks.console import print_lines


def score_injecagent(path: Path, folder: Path, *, as_json: bool) -> None:
    """Judge InjecAgent outputs; verdicts that the rows carry are not read.

    Raises:
        UserMistake: a row, named by its number, cannot be judged.
    """
    from train.benchmarks.injecagent.scores import score_rows

    scores = score_rows(read_rows(path), folder)
    totals = {
        f"{group.model} {group.setting}": dataclasses.asdict(totals)
        for group, totals in scores.totals.items()
    }
    _print([trial.to_columns() for trial in scores.trials], totals, as_json=as_json)


def score_bfcl(path: Path, folder: Path, official: Path | None, *, as_json: bool) -> None:
    """Judge BFCL outputs; verdicts that the rows carry are not read.

    Raises:
        UserMistake: a row, named by its number, cannot be judged.
    """
    from train.benchmarks.bfcl.scoring import score_rows

    scores, totals = score_rows(read_rows(path), folder, official=official)
    rows = [{"id": s.id, "valid": s.valid, "error_type": s.error_type} for s in scores]
    counted = {
        "categories": {name: tally._asdict() for name, tally in totals.categories.items()},
        "segments": dict(totals.segments),
        "missing": list(totals.missing),
        "overall": totals.overall,
    }
    _print(rows, counted, as_json=as_json)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file, one a line.

    Raises:
        UserMistake: it cannot be read, or a line is no object; names the line.
    """
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _read_row(path, number, line)
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{path}: cannot be read: {error}") from error


def _read_row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UserMistake(f"{path}:{number}: not JSON: {error}") from error
    if not isinstance(row, dict):
        raise UserMistake(f"{path}:{number}: not a JSON object")
    return row


def _print(rows: list[Any], totals: Mapping[str, Any], *, as_json: bool) -> None:
    """Verdicts on their own lines; totals after them, or with `--json` as the last line."""
    print_lines(rows)
    if as_json:
        print_lines([{"totals": totals}])
        return
    console.rule("totals")
    print_json(totals)
