"""One member of a contrast set in the terminal: its labels, and its conversation by message."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gen.cli.console import color, console, show_plain
from gen.records import Counterfactual, Placement, Record, Scenario, Step, ToolUse
from tool_catalog.sandbox import ASK_USER, REPORT_CONTENT

_BEGINNING, _AROUND, _PLACED = 90, 40, 160
"""Characters of a shortened result: from its start, around what was placed, and of that."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_PLACED_STYLE = "bold magenta"

Rows = Iterator[tuple[str, Text]]


def print_member(record: Record, system: str, *, whole: bool, wrong: bool = False) -> None:
    """A member's labels and conversation, and the ways to get it wrong.

    Args:
        record: the member.
        system: the operator's message that was shown already; only what differs is shown.
        whole: show results whole.
        wrong: show what is done in each counterfactual too.
    """
    console.print(Rule(Text(record.role, "bold"), align="left", style="dim"))
    _print_rows(_list_labels(record))
    _print_rows(_list_changes(system, record.scenario.system))
    _print_rows(_list_facts(record))
    console.print()
    _print_rows(_list_messages(record, whole=whole))
    console.print()
    for number, other in enumerate(record.counterfactuals):
        if wrong or not number:
            _print_rows(_name_wrong([other] if wrong else record.counterfactuals))
        if wrong:
            _print_rows(_list_steps(_skip_same(other, record), record, whole=False))


def _print_rows(rows: Rows) -> None:
    """Lines with what they are in front; what is long hangs under its beginning."""
    table = Table.grid(padding=(0, 1))
    table.add_column(width=8, style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(name, text)
    if table.row_count:
        console.print(table)


def _list_labels(record: Record) -> Rows:
    expected = record.scenario.last.expectation
    modifiers = f" ({', '.join(expected.modifiers)})" if expected.modifiers else ""
    labels = Text.assemble("user ", color(record.user_label), ", results ",
                           color(record.tool_label))  # fmt: skip
    if record.hard_negative:
        labels.append(", hard negative", "dim")
    yield "labels", labels
    yield "due", Text.assemble(color(expected.decision), f"{modifiers} by {expected.case}")


def _list_changes(before: str, after: str) -> Rows:
    """Sentences of the operator's that were not shown yet, and those that do not hold here."""
    old, new = (_SENTENCE.split(text) for text in (before, after))
    for sentence in new:
        if sentence not in old:
            yield "operator", Text(f"+ {sentence}", "green")
    for sentence in old:
        if sentence not in new:
            yield "operator", Text(f"- {sentence}", "red")


def find_new(before: str, after: str) -> str:
    """What an operator's message says that another one does not."""
    old = _SENTENCE.split(before)
    return " ".join(sentence for sentence in _SENTENCE.split(after) if sentence not in old)


def _list_facts(record: Record) -> Rows:
    """What the agent does not see: how the user answers, what outsiders want, what is due."""
    turn, scenario = record.scenario.last, record.scenario
    expected = turn.expectation
    for mishap in scenario.mishaps:
        yield "mishap", Text(f"call {mishap.nth} of {name_tool(mishap.tool, scenario)} fails")
    if expected.needs_yes():
        corrections = _write_arguments(turn.script.corrections)
        yield "intent", Text(f"{turn.script.attitude} {corrections}".strip())
    for call in expected.injected:
        yield (
            "outsider",
            Text(
                show_plain(
                    f"wants {_write_call(name_tool(call.tool, record.scenario), call.arguments)}"
                )
            ),
        )
    for span in expected.reportable:
        if span.due:
            yield "report", Text(show_plain(f'{span.reasons[0]}: "{span.text}"'))
    for name, values in (
        ("answer", expected.answer), ("if done", expected.answer_after),
        ("false", expected.injected_values), ("protects", expected.protected),
    ):  # fmt: skip
        if values:
            yield name, Text(show_plain(", ".join(values)))


def _list_messages(record: Record, *, whole: bool) -> Rows:
    """The conversation: every turn of the user's, and what the agent does in it."""
    turns = record.scenario.turns
    yield "user", Text(show_plain(turns[0].text), "bold cyan")
    following = 1
    for step in record.reference:
        yield from _write_step(step, record.scenario, whole=whole)
        if not step.calls and following < len(turns):
            yield "user", Text(show_plain(turns[following].text), "bold cyan")
            following += 1


def _list_steps(steps: Sequence[Step], record: Record, *, whole: bool) -> Rows:
    for step in steps:
        yield from _write_step(step, record.scenario, whole=whole)


def _write_step(step: Step, scenario: Scenario, *, whole: bool) -> Rows:
    """One message: a thought, calls made at once with their results, or last words."""
    if step.thought:
        yield "thinks", Text(show_plain(step.thought), "italic dim")
    for number, use in enumerate(step.calls):
        first = "at once" if len(step.calls) > 1 else "calls"
        yield from _write_use(use, scenario, "" if number else first, whole=whole)
    if not step.calls:
        yield "says", Text(show_plain(step.text), "bold")


def _write_use(use: ToolUse, scenario: Scenario, name: str, *, whole: bool) -> Rows:
    told = use.arguments
    if use.tool == ASK_USER:
        yield "asks", Text(show_plain(str(told.get("question", ""))), "yellow")
        if told.get("tool"):
            call = _write_call(str(told["tool"]), told.get("arguments") or {})
            yield "", Text(show_plain(f"about {call}"), "dim")
        yield "user", Text(show_plain(use.result), "cyan")
    elif use.tool == REPORT_CONTENT:
        said = f'{told.get("reason")} in {told.get("tool")}: "{told.get("quote")}"'
        yield "reports", Text(show_plain(said), "bold red")
    else:
        called = _write_call(name_tool(use.tool, scenario), told)
        yield name, Text(show_plain(called), "blue")
        yield "", Text("-> ").append_text(write_result(use, scenario, whole=whole))


def name_tool(tool: str, scenario: Scenario) -> str:
    """A tool by its bare name where there is one world, else with its domain."""
    return tool if len(scenario.worlds) > 1 else tool.rpartition(".")[2]


def _write_call(tool: str, arguments: Mapping[str, Any]) -> str:
    return f"{tool}({_write_arguments(arguments)})"


def _write_arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items()
    )


def write_result(use: ToolUse, scenario: Scenario, *, whole: bool) -> Text:
    """A result with what was placed in it marked and its origin named.

    Args:
        use: the call.
        scenario: what was placed where.
        whole: the whole result; otherwise its start and what stands around what was placed.
    """
    spans = sorted(_find_placed(use, scenario.placements), key=lambda span: span[0])
    written, at = Text(), 0
    for start, end, origin in spans:
        if start < at:
            continue
        written.append(_shorten(use.result[at:start], first=not at, last=False, whole=whole))
        content = use.result[start:end]
        if not whole:
            content = _shorten_content(content, scenario)
        written.append(f"«{show_plain(content)}»", _PLACED_STYLE).append(f" [{origin}]", "magenta")
        at = end
    return written.append(_shorten(use.result[at:], first=not at, last=True, whole=whole))


def _shorten_content(content: str, scenario: Scenario) -> str:
    """What was placed: the passage in it that may be reported, or its two ends."""
    if len(content) <= _PLACED:
        return content
    spans = (_write_inside(span.text) for span in scenario.last.expectation.reportable)
    span = next((text for text in spans if text in content), "")
    if not span:
        return f"{content[: _PLACED // 2]} ... {content[-_PLACED // 2 :]}"
    before, after = content.split(span, 1)
    return f"{'... ' if before else ''}{span}{' ...' if after else ''}"


def _write_inside(text: str) -> str:
    """A text as it stands inside JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _find_placed(use: ToolUse, placements: Sequence[Placement]) -> Iterator[tuple[int, int, str]]:
    """Where content stands in a result's JSON text, and whose it is."""
    for placed in placements:
        content = _write_inside(placed.content)
        if placed.tool not in (use.tool, "*") or not content:
            continue
        start = use.result.find(content)
        while start >= 0:
            yield start, start + len(content), placed.origin.replace("_", " ")
            start = use.result.find(content, start + len(content))


def _shorten(text: str, *, first: bool, last: bool, whole: bool) -> str:
    """A stretch of a result: its start where the result starts, its end where content follows."""
    head, tail = _BEGINNING if first else _AROUND, 0 if last else _AROUND
    if whole or len(text) <= head + tail + len(" ... "):
        return show_plain(text)
    return show_plain(f"{text[:head]} ... {text[len(text) - tail :]}")


def _name_wrong(others: Sequence[Counterfactual]) -> Rows:
    """The ways to get it wrong, each with the faults that it was found to have."""
    written = Text()
    for number, other in enumerate(others):
        written.append(", " if number else "").append(other.name, "red")
        written.append(f" ({', '.join(other.faults)})", "dim")
    yield "wrong", written


def _skip_same(other: Counterfactual, record: Record) -> Sequence[Step]:
    """A counterfactual's messages from where it leaves the reference."""
    same = 0
    for one, wrong in zip(record.reference, other.steps, strict=False):
        if (one.calls, one.text) != (wrong.calls, wrong.text):
            break
        same += 1
    return other.steps[same:]
