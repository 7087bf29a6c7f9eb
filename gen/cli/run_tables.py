"""What commands show of a run: what was made, checked, sent, and what it holds."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from gen.cli.console import color, console, print_json, show_plain
from gen.runs.features import DECISIONS, LABELS
from gen.runs.folder import open_run
from gen.runs.generate import Summary
from gen.runs.manifest import QUARANTINE, name_split
from gen.runs.review import Review
from gen.runs.rows import read_rows
from gen.runs.trust import Code
from tool_catalog.errors import DamagedRun


def print_summary(summary: Summary, run: Path, *, as_json: bool) -> None:
    """What a generation came to."""
    if as_json:
        print_json({"run": str(run), **dataclasses.asdict(summary), "total": summary.total})
        return
    splits = ", ".join(f"{name} {count}" for name, count in summary.records.items())
    console.print(f"{summary.total} records in {run} ({splits})", highlight=False)
    if summary.total < summary.asked:
        console.print(f"fewer than the {summary.asked} asked for: sets in quarantine are missing",
                      style="yellow", highlight=False)  # fmt: skip
    elif summary.total > summary.asked:
        console.print(f"{summary.asked} were asked for; contrast sets stay whole", highlight=False)
    if summary.quarantined:
        console.print(f"{summary.quarantined} in quarantine, with the reason: {run / QUARANTINE}")


def print_review(review: Review, run: Path, *, as_json: bool) -> None:
    """Tables of a check."""
    if as_json:
        cells = {"/".join(cell): n for cell, n in review.balance.cells.items()}
        print_json({"run": str(run), "passed": review.passed, "records": review.records,
                    "quarantined": review.quarantined,
                    "findings": [dataclasses.asdict(f) for f in review.findings],
                    "balance": {**dataclasses.asdict(review.balance), "cells": cells},
                    "duplicates": dataclasses.asdict(review.duplicates)})  # fmt: skip
        return
    balance, duplicates = review.balance, review.duplicates
    table = Table(title=f"{run}: {review.records} records, {review.quarantined} quarantined")
    table.add_column("user \\ tool")
    labels = ("benign", "sensitive", "malicious")
    for label in labels:
        table.add_column(color(label), justify="right")
    for user in labels:
        counts = [str(balance.cells.get((user, tool), 0)) for tool in labels]
        table.add_row(color(user), *counts)
    console.print(table)
    facts = Table(show_header=False)
    facts.add_row("decisions", _join(balance.decisions))
    facts.add_row("domains", _join(balance.domains))
    facts.add_row("hard negatives", f"{balance.hard_negatives:.1%}")
    facts.add_row("words a request", _join(balance.request_words))
    facts.add_row("words placed", _join(balance.content_words))
    facts.add_row("exact copies across sets", str(len(duplicates.exact)))
    facts.add_row("near copies across sets", f"{duplicates.near} of {duplicates.compared}")
    facts.add_row("copied into a test split", f"{len(duplicates.leaked)} of {duplicates.held_out}")
    console.print(facts)
    for finding in review.findings[:20]:
        console.print(Text(show_plain(f"{finding.where}: {finding.what}"), style="red"))
    if len(review.findings) > 20:
        console.print(f"... and {len(review.findings) - 20} more; --json lists them all")
    if review.passed:
        console.print("every record replayed; nothing found", style="green")


def _join(shares: Mapping[str, float]) -> str:
    return ", ".join(
        f"{name} {value:.1f}" if isinstance(value, float) else f"{name} {value}"
        for name, value in shares.items()
    )


def print_upload(
    files: Mapping[str, int], repo: str, link: str, *, public: bool, as_json: bool
) -> None:
    """What was, or would be, uploaded."""
    if as_json:
        print_json({"repo": repo, "private": not public, "uploaded": bool(link), "link": link,
                    "files": dict(files)})  # fmt: skip
        return
    for name, size in files.items():
        console.print(f"{size:>12,}  {name}", highlight=False)
    total = f"{len(files)} files, {sum(files.values()):,} bytes"
    where = f"{repo} ({'public' if public else 'private'})"
    console.print(f"uploaded {total} to {link}" if link else f"would upload {total} to {where}")


def print_contents(run: Path, *, as_json: bool) -> None:
    """What a run holds."""
    counts = _count_contents(run)
    if as_json:
        print_json({key: dict(sorted(found.items())) for key, found in counts.items()})
        return
    for key, found in counts.items():
        table = Table("count", key, title=None)
        for value, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0])):
            table.add_row(str(count), show_plain(value))
        console.print(table)


def _count_contents(run: Path) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {name: Counter() for name in (
        "split", "domain", "user label", "tool label", "decision", "user leaf", "goal",
        "technique", "template")}  # fmt: skip
    columns = ["domain", "user_label", "tool_label", "decision", "leaves", "template"]
    for name in open_run(run).manifest.list_shards("records"):
        for row in read_rows(run, name, columns):
            try:
                values = (
                    name_split(name), row["domain"], LABELS[row["user_label"]],
                    LABELS[row["tool_label"]], DECISIONS[row["decision"]], row["leaves"]["user"],
                    row["leaves"]["goal"], row["leaves"]["technique"], row["template"],
                )  # fmt: skip
            except (KeyError, IndexError, TypeError) as error:
                raise DamagedRun(f"{run / name}: its rows are not those of a run") from error
            for found, value in zip(counts.values(), values, strict=True):
                if value:
                    found[value] += 1
    return counts


def print_code(code: Code, run: Path) -> None:
    """Code that came with a run, every line of it, with what could hide some made visible."""
    console.rule(Text(f"{code.name} of {run}"))
    for name, data in code.files.items():
        text = show_plain(data.decode("utf-8", "backslashreplace"))
        console.print(Text(name, style="bold"))
        language = "python" if name.endswith(".py") else "yaml"
        console.print(Syntax(text, language, line_numbers=True, word_wrap=True))
    console.print(Text(f"sha256 {code.digest}", style="bold"))


def print_trusted(codes: Sequence[Code], run: Path, folder: Path) -> None:
    """What is trusted from now on."""
    if not codes:
        console.print(f"{run} carries no domain code that is not trusted already")
    for code in codes:
        console.print(f"trusted: {code.name} of {run}, sha256 {code.digest}, recorded in {folder}",
                      highlight=False, soft_wrap=True)  # fmt: skip
