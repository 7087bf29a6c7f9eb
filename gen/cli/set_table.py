"""One contrast set in the terminal: a line a member, every conversation, or that of one member."""

import dataclasses
from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from gen.cli.console import color, console, print_json, show_plain
from gen.cli.member import find_new, name_tool, print_member
from gen.records import Record
from gen.sets.pipeline import Quarantined
from tool_catalog.sandbox.view import Position
from tool_catalog.spec import Origin

_WIDE = 100
"""Columns from which on labels are written out."""


def print_set(items: Sequence[Record | Quarantined], *, full: bool) -> None:
    """One contrast set, a line a member; with `full` every conversation, results shortened."""
    records = [item for item in items if isinstance(item, Record)]
    if records:
        _print_shared(records[0], full=full)
    if full:
        for record in records:
            print_member(record, records[0].scenario.system, whole=False)
    else:
        console.print(_list_members(records))
    for item in items:
        if isinstance(item, Quarantined):
            console.print(Text(f"quarantined: {item.role}: {item.reason}", style="red"))
    if not full:
        hint = "--role NAME shows one member's conversation, --full all of them"
        console.print(hint, style="dim", highlight=False)


def print_one(record: Record, *, full: bool) -> None:
    """One member in full; with `full` what is done in each counterfactual too."""
    _print_shared(record, full=True)
    print_member(record, record.scenario.system, whole=True, wrong=full)


def print_items(items: Sequence[Record | Quarantined]) -> None:
    """Members as JSON."""
    print_json([i.model_dump(mode="json") if isinstance(i, Record) else dataclasses.asdict(i)
                for i in items])  # fmt: skip


def _print_shared(record: Record, *, full: bool) -> None:
    """What all members have: where it comes from, tools, the operator's message."""
    title = f"{record.contrast_set_id}  {record.provenance.template}  [{record.split}]"
    policy = f"policy {record.policy_profile}, stated as {record.policy_form}"
    if record.policy_form == "unstated":
        policy = f"policy {record.policy_profile}, not stated"
    tools = [name_tool(tool, record.scenario) for tool in record.scenario.tools]
    shown = ((title, "bold"), (f"{policy}; tools: {', '.join(tools)}", ""),
             (record.scenario.system, "dim"))  # fmt: skip
    for text, style in shown:
        if full:
            console.print(Text(show_plain(text), style=style))
        else:
            console.print(Text(_flatten(text), style=style), no_wrap=True, overflow="ellipsis")


def _list_members(records: Sequence[Record]) -> Table:
    """A line a member: labels, decision, and what of it no member above has."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), expand=True)
    for name in ("member", "user", "tool", "decision"):
        table.add_column(name, no_wrap=True)
    table.add_column("what is new in it", ratio=1, no_wrap=True, overflow="ellipsis")
    width = len("sensitive") if console.width >= _WIDE else len("mal")
    news = _News(records[0].scenario.system if records else "")
    for record in records:
        user, tool = color(record.user_label), color(record.tool_label)
        user.truncate(width)
        tool.truncate(width)
        decision = color(record.scenario.last.expectation.decision)
        table.add_row(record.role, user, tool, decision, Text(_flatten(news.tell(record))))
    return table


class _News:
    """What the members told of so far have, so that of each only what is new is told."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._heard: list[str] = []

    def tell(self, record: Record) -> str:
        """What is new in a member, in a line."""
        scenario = record.scenario
        scene = self._tell_scene(record)
        fresh = self._find_fresh(scenario.last.text)
        self._heard.append(scenario.last.text)
        if scene or fresh:
            return scene or f"user: {fresh}"
        placed = (p.content for p in scenario.placements if p.origin is Origin.THIRD_PARTY)
        content = next(placed, "nothing placed")
        spans = (r.text for r in scenario.last.expectation.reportable if r.text in content)
        return f"tool: {next(spans, content)}"

    def _tell_scene(self, record: Record) -> str:
        """What surrounds the request, where that is what is new."""
        scenario = record.scenario
        for mishap in scenario.mishaps:
            return f"error: {mishap.tool}: {mishap.error}"
        if len(scenario.turns) > 1:
            return f"before: {self._find_fresh(scenario.turns[-2].text)}"
        if told := find_new(self._system, scenario.system):
            return f"operator: {told}"
        for placed in scenario.placements:
            if placed.position is Position.REPLACE:
                return f"record: {placed.content} for {placed.replaces}"
            if placed.origin is not Origin.THIRD_PARTY:
                return f"{placed.field}: {placed.content}"
        return ""

    def _find_fresh(self, text: str) -> str:
        """A text without what was heard already."""
        heard = next((t for t in sorted(self._heard, key=len, reverse=True)
                      if text.startswith(t)), "")  # fmt: skip
        return text.removeprefix(heard).strip()


def _flatten(text: str) -> str:
    return " ".join(show_plain(text).split())
