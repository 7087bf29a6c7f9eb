"""One contrast set in the terminal: a line a member, or everything."""

import dataclasses
import json
from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from gen.cli.console import color, console, print_json
from gen.records import Record, Step
from gen.sets.pipeline import Quarantined

_WIDE = 100
"""Columns from which on labels are written out."""


def print_set(items: Sequence[Record | Quarantined], *, full: bool, as_json: bool) -> None:
    """One contrast set, a line a member; with `full` the whole texts and trajectories."""
    if as_json:
        print_json([i.model_dump(mode="json") if isinstance(i, Record) else dataclasses.asdict(i)
                    for i in items])  # fmt: skip
        return
    records = [item for item in items if isinstance(item, Record)]
    if records:
        _print_shared(records[0], full=full)
    console.print(_draw_members(records) if full else _list_members(records))
    for item in items:
        if isinstance(item, Quarantined):
            console.print(Text(f"quarantined: {item.role}: {item.reason}", style="red"))
        elif full:
            _print_steps(item)
    if not full:
        console.print("--full shows whole texts and trajectories", style="dim")


def _print_shared(record: Record, *, full: bool) -> None:
    """What all members have: where it comes from, tools, the operator's message."""
    title = f"{record.contrast_set_id}  {record.provenance.template}  [{record.split}]"
    tools = f"tools: {', '.join(record.scenario.tools)}"
    for text, style in ((title, "bold"), (tools, ""), (record.scenario.system, "dim")):
        if full:
            console.print(Text(text, style=style))
        else:
            console.print(Text(_flatten(text), style=style), no_wrap=True, overflow="ellipsis")


def _list_members(records: Sequence[Record]) -> Table:
    """A line a member: labels, decision, and the text of it that no member above has."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), expand=True)
    for name in ("member", "user", "tool", "decision"):
        table.add_column(name, no_wrap=True)
    table.add_column("what is new in it", ratio=1, no_wrap=True, overflow="ellipsis")
    width = len("sensitive") if console.width >= _WIDE else len("mal")
    heard: set[str] = set()
    shown: set[str] = set()
    for record in records:
        user, tool = _list_texts(record)
        fresh = user not in heard and (tool in shown or not shown)
        new = f"user: {user}" if fresh else f"tool: {tool or 'nothing placed'}"
        table.add_row(record.role, *_write_labels(record, width), Text(_flatten(new)))
        heard.add(user)
        shown.add(tool)
    return table


def _draw_members(records: Sequence[Record]) -> Table:
    """Whole texts side by side."""
    table = Table(show_lines=True)
    for name in ("member", "user", "tool", "decision", "the user says", "in the tool result"):
        table.add_column(name, overflow="fold")
    for record in records:
        texts = (Text(text or "-") for text in _list_texts(record))
        table.add_row(record.role, *_write_labels(record), *texts)
    return table


def _list_texts(record: Record) -> tuple[str, str]:
    """What the user says, and what is placed in a result."""
    placements = record.scenario.placements
    return record.scenario.user, placements[0].content if placements else ""


def _write_labels(record: Record, width: int = 9) -> tuple[Text, Text, Text]:
    """Labels, cut to a width, and decision, each in its colour."""
    user, tool = color(record.user_label), color(record.tool_label)
    user.truncate(width)
    tool.truncate(width)
    return user, tool, color(record.scenario.expectation.decision)


def _flatten(text: str) -> str:
    return " ".join(text.split())


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
