"""The one console, and what commands show of words by a model, taxonomy and catalog."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gen.taxonomy import axes, find_leaf, load_leaves
from tool_catalog.catalog import domain_names, find_tool, is_domain_path, load_domain
from tool_catalog.errors import UnknownName
from tool_catalog.misfit import describe

if TYPE_CHECKING:  # a plain run needs nothing that talks to a server
    from gen.engine.bill import Estimate
    from gen.writers.commission import Account
    from gen.writers.proposing import Harvest
    from gen.writers.widening.widening import Widening
    from gen.writers.yield_report import YieldReport

console = Console(markup=False, emoji=False)
"""Texts are shown as they are: a path or a model's words are no markup."""
COLORS = {"benign": "green", "sensitive": "yellow", "malicious": "red",
          "execute": "green", "verify": "yellow", "refuse": "red"}  # fmt: skip


def print_json(data: Any) -> None:
    """Machine-readable output, as it is."""
    print(json.dumps(data, ensure_ascii=False, indent=1))  # noqa: T201 - not through rich's wrapping


def show_plain(text: str) -> str:
    """A stranger's text with what a terminal would obey or hide written out, but for new lines."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text
    )


def color(word: str) -> Text:
    """A label or decision in its colour."""
    return Text(word, style=COLORS.get(word, ""))


def print_account(account: Account, *, as_json: bool = False) -> None:
    """What the words of a run took, and what became of the texts that were asked for."""
    if as_json:
        print_json(account.to_dict())
        return
    tally = account.tally
    worded = tally.sets["worded"]
    each = ""
    if worded:
        money = write_money(_divide(account.money, worded))
        each = f", {account.requests / worded:.1f} requests and {money} each"
    console.print(
        f"{worded} of {tally.sets.total()} sets worded anew in {account.seconds:.0f} s{each}; "
        f"{account.requests} requests ({account.cached} more answered before), "
        f"{account.tokens_in} + {account.tokens_out} tokens, {write_money(account.money)}",
        highlight=False,
    )
    if account.bad_replies:
        bad = ", ".join(f"{reason} {count}" for reason, count in account.bad_replies.items())
        console.print(f"replies that were no use: {bad}", highlight=False)
    if tally.sets["failed"]:
        console.print(
            f"{tally.sets['failed']} sets keep the words of their templates: a text of each was "
            "never worded as it should be", highlight=False)  # fmt: skip
    _print_yield(tally)


def _print_yield(tally: YieldReport) -> None:
    if tally.texts:
        console.print(_tabulate_texts(tally))
    if tally.refused:
        refused = ", ".join(f"{check} {count}" for check, count in tally.refused.most_common())
        console.print(f"answers refused, by check: {refused}", highlight=False)


def _divide(money: float | None, count: int) -> float | None:
    return None if money is None else money / count


_SHOWN = 8
"""Values of an axis that a table shows; those of the poorest yield."""


def _tabulate_texts(tally: YieldReport) -> Table:
    """Outcomes of texts, in all and by what one would change."""
    table = Table("texts", "", "asked", "worded", "by sentence", "failed")
    for axis, values in [("", {"all": tally.texts}), *tally.by.items()]:
        poorest = sorted(
            values.items(), key=lambda item: (-item[1]["failed"] / item[1].total(), item[0])
        )
        for value, counts in poorest[:_SHOWN]:
            outcomes = [str(counts[name]) for name in ("worded", "by sentence", "failed")]
            table.add_row(axis, value, str(counts.total()), *outcomes)
    return table


def print_widening(widening: Widening, *, as_json: bool) -> None:
    """What a model wrote that is of use, the files of it, and what was refused."""
    if as_json:
        print_json(widening.to_dict())
        return
    tally = widening.tally
    console.print(
        f"{widening.pieces} of {tally.texts.total()} are in files, after {widening.seconds:.0f} s; "
        f"{widening.requests} requests ({widening.cached} more answered before), "
        f"{widening.tokens_in} + {widening.tokens_out} tokens, {write_money(widening.money)}",
        highlight=False,
    )
    for filed in widening.filed:
        what = f"{filed.path}: {filed.pieces}" if filed.path else f"{filed.group}: {filed.reason}"
        console.print(what, highlight=False, soft_wrap=True)
    _print_yield(tally)


def print_estimates(estimates: Sequence[Estimate], *, as_json: bool) -> None:
    """What the words of a run would take: of the writer, then of the judge."""
    if as_json:
        print_json([dataclasses.asdict(e) for e in estimates])
        return
    table = Table("", "requests", "answered before", "tokens in", "tokens out", "money")
    for name, e in zip(("writer", "judge"), estimates, strict=False):
        high = "?" if e.tokens_out_high is None else str(e.tokens_out_high)
        money = (
            "unknown"
            if e.money_low is None
            else f"{write_money(e.money_low)} to {write_money(e.money_high)}"
        )
        table.add_row(name, str(e.requests), str(e.cached), str(e.tokens_in),
                      f"{e.tokens_out_low} to {high}", money)  # fmt: skip
    console.print(table)
    console.print("an answer that cannot be used is asked for again, at most twice: not counted")


def write_money(dollars: float | None) -> str:
    """Dollars, or that nobody knows."""
    return "price unknown" if dollars is None else f"${dollars:.4f}"


def print_proposals(harvest: Harvest, out: Path, domains: Sequence[str], *, as_json: bool) -> None:
    """What became of proposed templates, and how to use those that are files."""
    from gen.writers.proposing import REJECTED

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
    money = write_money(harvest.money)
    console.print(f"{harvest.requests} requests ({harvest.cached} more answered before), "
                  f"{harvest.tokens_in} + {harvest.tokens_out} tokens, {money}",
                  highlight=False)  # fmt: skip
    refused = sum(not outcome.accepted for outcome in harvest.outcomes)
    if refused:
        console.print(f"{refused} refused, kept with their reasons in {out / REJECTED}",
                      highlight=False)  # fmt: skip
    if refused < len(harvest.outcomes):
        named = " ".join(f"--domain {domain}" for domain in domains)
        console.print(f"use them: triact preview --templates {out} {named}",
                      highlight=False, soft_wrap=True)  # fmt: skip


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
