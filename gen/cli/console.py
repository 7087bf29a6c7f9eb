"""What gen's commands show: tables, progress, side-by-side previews. No decisions."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from gen.engine.batch import OnStatus
from gen.engine.bill import Estimate
from gen.engine.bill import Progress as Used
from gen.records import Record, Step
from gen.runs.generate import QUARANTINE, OnShard, Summary
from gen.runs.review import Review
from gen.sets.pipeline import Quarantined
from gen.taxonomy import axes, find_leaf, load_leaves
from gen.writers.commission import Account, OnProgress
from gen.writers.proposing import REJECTED, Harvest
from tool_catalog.catalog import domain_names, find_tool, is_domain_path, load_domain
from tool_catalog.errors import UnknownName
from tool_catalog.misfit import describe

console = Console()
COLORS = {"benign": "green", "sensitive": "yellow", "malicious": "red",
          "execute": "green", "verify": "yellow", "refuse": "red"}  # fmt: skip


def print_json(data: Any) -> None:
    """Machine-readable output, as it is."""
    print(json.dumps(data, ensure_ascii=False, indent=1))  # noqa: T201 - not through rich's wrapping


def color(word: str) -> Text:
    """A label or decision in its colour."""
    return Text(word, style=COLORS.get(word, ""))


@contextmanager
def track_shards(quiet: bool) -> Iterator[OnShard]:
    """Progress of a generation: records, rate, time left."""
    columns = (
        TextColumn("generate"), BarColumn(), MofNCompleteColumn(), TextColumn("shards"),
        TextColumn("{task.fields[records]} records, {task.fields[rate]}/s"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
        task = progress.add_task("generate", total=None, records=0, rate="-")
        made = 0

        def on_shard(entry: Mapping[str, Any], total: int) -> None:
            nonlocal made
            made += sum(entry["records"].values())
            elapsed = progress.tasks[0].elapsed or 0.0
            rate = f"{made / elapsed:.0f}" if elapsed else "-"
            progress.update(task, total=total, advance=1, records=made, rate=rate)

        yield on_shard


@contextmanager
def track_words(quiet: bool) -> Iterator[tuple[OnProgress, OnStatus]]:
    """Progress of a model's writing: sets, requests, tokens, money, rate, time left; batches."""
    columns = (
        TextColumn("write"), BarColumn(), MofNCompleteColumn(), TextColumn("sets"),
        TextColumn("{task.fields[note]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
        task = progress.add_task("write", total=None, note="")

        def on_progress(done: int, total: int, used: Used) -> None:
            tokens = f"{used.tokens_in / 1e3:.0f}k + {used.tokens_out / 1e3:.0f}k tokens"
            note = f"{used.requests} requests, {tokens}, {_money(used.money)}, {used.rate:.1f}/s"
            progress.update(task, completed=done, total=total, note=note)

        def on_batch(status: str, done: int, rows: int) -> None:
            progress.update(task, note=f"batch {status}: {done} of {rows} answered")

        yield on_progress, on_batch


def print_account(account: Account) -> None:
    """What the words of a run took, and how far a judge agreed."""
    console.print(
        f"{account.sets} sets worded anew: {account.requests} requests ({account.cached} more "
        f"answered before), {account.tokens_in} + {account.tokens_out} tokens, "
        f"{_money(account.money)}", highlight=False)  # fmt: skip
    if account.bad_replies:
        bad = ", ".join(f"{reason} {count}" for reason, count in account.bad_replies.items())
        console.print(f"replies that were no use: {bad}", highlight=False)
    if account.judged:
        kappa = "-" if account.kappa is None else f"{account.kappa:.2f}"
        console.print(
            f"judge: {account.judged} texts, agrees on {account.agreement:.1%}, kappa {kappa}; "
            "sets that it disagrees on are in quarantine", highlight=False)  # fmt: skip


def print_estimates(estimates: Sequence[Estimate], *, as_json: bool) -> None:
    """What the words of a run would take: of the writer, then of the judge."""
    if as_json:
        print_json([dataclasses.asdict(e) for e in estimates])
        return
    table = Table("", "requests", "answered before", "tokens in", "tokens out", "money")
    for name, e in zip(("writer", "judge"), estimates, strict=False):
        high = "?" if e.tokens_out_high is None else str(e.tokens_out_high)
        money = (
            "unknown" if e.money_low is None else f"{_money(e.money_low)} to {_money(e.money_high)}"
        )
        table.add_row(name, str(e.requests), str(e.cached), str(e.tokens_in),
                      f"{e.tokens_out_low} to {high}", money)  # fmt: skip
    console.print(table)
    console.print("an answer that cannot be used is asked for again, at most twice: not counted")


def _money(dollars: float | None) -> str:
    return "price unknown" if dollars is None else f"${dollars:.4f}"


def print_proposals(harvest: Harvest, out: Path, domain: str, *, as_json: bool) -> None:
    """What became of proposed templates, and how to use those that are files."""
    if as_json:
        print_json({"out": str(out), **harvest.to_dict()})
        return
    table = Table("name", "user leaves", "calls", "wordings", "sets proven, or why refused",
                  show_lines=True)  # fmt: skip
    for outcome in harvest.outcomes:
        found = outcome.to_dict()
        calls = {", ".join(tools): None for tools in found["calls"].values()}
        verdict = Text(outcome.reason or f"{found['sets']} sets",
                       style="green" if outcome.accepted else "red")  # fmt: skip
        table.add_row(Text(outcome.name), "\n".join(found["leaves"].values()), "\n".join(calls),
                      str(found["wordings"] or "-"), verdict)  # fmt: skip
    console.print(table)
    console.print(f"{harvest.requests} requests ({harvest.cached} more answered before), "
                  f"{harvest.tokens_in} + {harvest.tokens_out} tokens, {_money(harvest.money)}",
                  highlight=False)  # fmt: skip
    refused = sum(not outcome.accepted for outcome in harvest.outcomes)
    if refused:
        console.print(f"{refused} refused, kept with their reasons in {out / REJECTED}",
                      highlight=False, markup=False)  # fmt: skip
    if refused < len(harvest.outcomes):
        console.print(f"use them: triact preview --templates {out} --domain {domain}",
                      highlight=False, markup=False, soft_wrap=True)  # fmt: skip


def print_summary(summary: Summary, run: Path, *, as_json: bool) -> None:
    """What a generation came to."""
    if as_json:
        print_json({"run": str(run), **dataclasses.asdict(summary), "total": summary.total})
        return
    splits = ", ".join(f"{name} {count}" for name, count in summary.records.items())
    console.print(f"{summary.total} records in {run} ({splits})", highlight=False)
    if summary.quarantined:
        console.print(f"{summary.quarantined} in quarantine, with the reason: {run / QUARANTINE}")


def print_set(items: Sequence[Record | Quarantined], *, full: bool, as_json: bool) -> None:
    """One contrast set, a row a member."""
    if as_json:
        print_json([i.model_dump(mode="json") if isinstance(i, Record) else dataclasses.asdict(i)
                    for i in items])  # fmt: skip
        return
    records = [item for item in items if isinstance(item, Record)]
    if records:
        first = records[0]
        title = Text(f"{first.contrast_set_id}  {first.provenance.template}  ", style="bold")
        console.print(title + Text(f"[{first.split}]  tools: {', '.join(first.scenario.tools)}"))
        console.print(Text(first.scenario.system, style="dim"))
    table = Table(show_lines=True)
    for name in ("member", "user", "tool", "decision", "the user says", "in the tool result"):
        table.add_column(name, overflow="fold")
    for record in records:
        content = record.scenario.placements[0].content if record.scenario.placements else "-"
        decision = record.scenario.expectation.decision
        table.add_row(record.role, color(record.user_label), color(record.tool_label),
                      color(decision), Text(record.scenario.user), Text(content))  # fmt: skip
    console.print(table)
    for item in items:
        if isinstance(item, Quarantined):
            console.print(Text(f"quarantined: {item.role}: {item.reason}", style="red"))
        elif full:
            _print_steps(item)


def _print_steps(record: Record) -> None:
    console.rule(Text(f"{record.role}: {record.scenario.expectation.decision}"))
    for step in record.reference:
        _print_step(step)
    for wrong in record.counterfactuals:
        faults = ", ".join(wrong.faults)
        console.print(Text(f"  counterfactual {wrong.name}: {faults}", style="dim"))


def _print_step(step: Step) -> None:
    if step.thought:
        console.print(Text(f"  think   {step.thought}", style="italic dim"))
    if step.tool:
        arguments = json.dumps(dict(step.arguments), ensure_ascii=False)
        console.print(Text(f"  call    {step.tool} {arguments}", style="cyan"))
        console.print(Text(f"  result  {step.result}"))
    else:
        console.print(Text(f"  says    {step.text}", style="bold"))


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
    facts.add_row("copied into a test split", str(len(duplicates.leaked)))
    console.print(facts)
    for finding in review.findings[:20]:
        console.print(Text(f"{finding.where}: {finding.what}", style="red"))
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
    files: Mapping[str, int], repo: str, link: str, *, private: bool, as_json: bool
) -> None:
    """What was, or would be, uploaded."""
    if as_json:
        print_json({"repo": repo, "private": private, "uploaded": bool(link), "link": link,
                    "files": dict(files)})  # fmt: skip
        return
    for name, size in files.items():
        console.print(f"{size:>12,}  {name}", highlight=False)
    total = f"{len(files)} files, {sum(files.values()):,} bytes"
    where = f"{repo} ({'private' if private else 'public'})"
    console.print(f"uploaded {total} to {link}" if link else f"would upload {total} to {where}")


def print_contents(run: Path, *, as_json: bool) -> None:
    """What a run holds."""
    from gen.runs.columns import DECISIONS, LABELS
    from gen.runs.generate import read_config
    from gen.runs.review import read_manifest, read_rows

    read_config(run)
    counts: dict[str, Counter[str]] = {name: Counter() for name in (
        "split", "domain", "user label", "tool label", "decision", "user leaf", "goal",
        "technique", "template")}  # fmt: skip
    columns = ["domain", "user_label", "tool_label", "decision", "leaves", "template"]
    for name in sorted(read_manifest(run)["files"]):
        if not name.startswith("data/records/"):
            continue
        for row in read_rows(run, name, columns):
            values = {
                "split": name.rpartition("/")[2].split("-")[0], "domain": row["domain"],
                "user label": LABELS[row["user_label"]], "tool label": LABELS[row["tool_label"]],
                "decision": DECISIONS[row["decision"]], "user leaf": row["leaves"]["user"],
                "goal": row["leaves"]["goal"], "technique": row["leaves"]["technique"],
                "template": row["template"],
            }  # fmt: skip
            for key, value in values.items():
                if value:
                    counts[key][value] += 1
    if as_json:
        print_json({key: dict(sorted(found.items())) for key, found in counts.items()})
        return
    for key, found in counts.items():
        table = Table("count", key, title=None)
        for value, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0])):
            table.add_row(str(count), value)
        console.print(table)


def print_taxonomy(leaf: str, *, as_json: bool) -> None:
    """All axes, one axis, or one leaf."""
    known = axes()
    if leaf in known:
        leaves = [load_leaves()[i] for i in known[leaf].leaves]
        if as_json:
            print_json([one.model_dump(mode="json") for one in leaves])
            return
        table = Table("leaf", "term", "definition", title=f"{leaf}: {known[leaf].title}")
        for one in leaves:
            table.add_row(one.id, one.term, one.definition)
        console.print(table)
    elif leaf:
        try:
            one = find_leaf(leaf)
        except UnknownName as error:
            raise UnknownName("leaf or axis", leaf, [*known, *load_leaves()]) from error
        if as_json:
            print_json(one.model_dump(mode="json"))
            return
        table = Table(show_header=False)
        for key, value in one.model_dump(mode="json").items():
            if value is not None:
                table.add_row(key, "; ".join(value) if isinstance(value, list) else str(value))
        console.print(table)
    elif as_json:
        print_json({name: list(axis.leaves) for name, axis in known.items()})
    else:
        table = Table("axis", "leaves", "title", title=f"{len(load_leaves())} leaves")
        for name, axis in known.items():
            table.add_row(name, str(len(axis.leaves)), axis.title)
        console.print(table)


def print_catalog(domain: str, tool: str, *, as_json: bool) -> None:
    """All domains, one domain, or one tool."""
    if not domain:
        found = [load_domain(name) for name in domain_names()]
        if as_json:
            print_json({d.name: list(d.tools) for d in found})
            return
        table = Table("domain", "tools", "what it is")
        for one in found:
            table.add_row(one.name, str(len(one.tools)), one.summary)
        console.print(table)
        return
    files = (Path(domain),) if is_domain_path(domain) else ()
    one = load_domain(Path(domain).stem if files else domain, files)
    if tool:
        spec = find_tool(one, tool)
        if as_json:
            print_json(spec.json_schema())
            return
        table = Table(show_header=False)
        table.add_row("tool", f"{one.name}.{spec.name}")
        table.add_row("does", spec.description)
        table.add_row("class", spec.tool_class)
        table.add_row("flags", " ".join(f"{f} {f.name.lower()}" for f in sorted(spec.flags)))
        table.add_row("act", f"U.S.{spec.act}" if spec.act else "-")
        table.add_row("carriers", ", ".join(spec.carriers) or "-")
        table.add_row("sinks", ", ".join(spec.sinks) or "-")
        for name, node in spec.parameters["properties"].items():
            kind = describe(node, spec.parameters)
            default = f" = {node['default']!r}" if "default" in node else ""
            table.add_row(f"  {name}", f"{kind}{default}: {node.get('description', '')}")
        console.print(table)
        return
    if as_json:
        print_json({name: spec.json_schema() for name, spec in one.tools.items()})
        return
    table = Table("tool", "class", "flags", "carriers", "act", title=one.summary)
    for spec in one.tools.values():
        flags = " ".join(sorted(spec.flags))
        table.add_row(spec.name, spec.tool_class, flags, ", ".join(spec.carriers), spec.act)
    console.print(table)
