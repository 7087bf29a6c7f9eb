"""No reference uses a value that its agent had not seen.

Every argument of every call must stand in a text that the agent was given before it: the system's
message, what the user said, results, or the tool's own schema. A guess would teach guessing.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from gen.records import CallMatch, Record, Step, ToolUse
from tool_catalog.sandbox import ASK_USER, REPORT_CONTENT
from tool_catalog.spec import ToolSpec

_KEPT = 256
"""Texts whose folding is known: the members of a set say and read much the same."""
_DATE, _TIME = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"[012]\d:[0-5]\d")


def check_grounded(record: Record, tools: Sequence[ToolSpec]) -> str:
    """The first argument of the reference that was guessed; empty when none was."""
    scenario, specs = record.scenario, {tool.key: tool for tool in tools}
    loose = _list_loose(record)
    seen = _Seen(f"{scenario.system} {scenario.turns[0].text}")
    turn = 0
    for step in record.reference:
        for use in step.calls:
            if use.tool in specs:
                for name, value in _list_values(use.arguments):
                    if (use.tool, name) in loose or seen.holds(value):
                        continue
                    if not _stands(value, _fold_schema(specs[use.tool])):
                        return (
                            f"grounding: {use.tool}({name}={value!r}) stands in no text seen; "
                            "say it in the request, or read what shows it before"
                        )
        seen.later.append(step)
        if not step.calls and turn + 1 < len(scenario.turns):
            turn += 1
            seen.later.append(f"{step.text} {scenario.turns[turn].text}")
    return ""


class _Seen:
    """What the agent was given so far; results are read when a value stands in nothing else."""

    def __init__(self, text: str) -> None:
        self._text = _fold(text)
        self.later: list[Step | str] = []
        """What came since, not read yet."""

    def holds(self, value: Any) -> bool:
        """Whether a value was given, as it is or as people write it."""
        while not _stands(value, self._text):
            if not self.later:
                return False
            found = self.later.pop(0)
            if isinstance(found, str):
                self._text += f" {_fold(found)}"
            else:
                self._text += "".join([f" {_fold_result(use)}" for use in found.calls])
        return True


def _fold_schema(tool: ToolSpec) -> str:
    return _fold(json.dumps(tool.parameters, ensure_ascii=False))


def _list_loose(record: Record) -> set[tuple[str, str]]:
    calls: list[CallMatch] = []
    for turn in record.scenario.turns:
        calls += [*turn.expectation.required, *turn.expectation.wished]
    return {(call.tool, name) for call in calls for name in call.loose}


def _fold_result(use: ToolUse) -> str:
    beside = use.tool in (ASK_USER, REPORT_CONTENT)
    return _fold(use.result) if beside else _fold_json(use.result)


@lru_cache(maxsize=_KEPT)
def _fold_json(result: str) -> str:
    return _fold(" ".join(_list_texts(json.loads(result))))


def _list_texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _list_texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _list_texts(value)
    elif isinstance(node, float) and node.is_integer():
        yield f"{node} {int(node)}"
    else:
        yield str(node)


def _list_values(arguments: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in arguments.items():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from ((name, leaf) for _, leaf in _list_values(inner))
            else:
                yield name, inner


def _stands(value: Any, seen: str) -> bool:
    """Whether a value was seen, as it is or as people write it."""
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _fold(str(value))
    return _occurs(text, seen) or any(_occurs(form, seen) for form in _list_forms(text))


def _occurs(text: str, seen: str) -> bool:
    """Whether a text stands there by itself: 5 is not seen in 205."""
    start = seen.find(text)
    while start >= 0:
        end = start + len(text)
        cut = text[:1].isalnum() and seen[start - 1 : start].isalnum()
        if not cut and not (text[-1:].isalnum() and seen[end : end + 1].isalnum()):
            return True
        start = seen.find(text, start + 1)
    return False


def _list_forms(text: str) -> Iterator[str]:
    """A date or a time as it is said: "7 march", "march 7", "friday", "7 mar"; "9 am", "2:30pm"."""
    if _TIME.fullmatch(text):
        yield from _list_hours(int(text[:2]), text[3:])
    if not _DATE.fullmatch(text):
        return
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return
    month = day.strftime("%B").lower()
    yield from (f"{day.day} {month}", f"{month} {day.day}", day.strftime("%A").lower())
    yield f"{day.day} {month[:3]}"


def _list_hours(hour: int, minute: str) -> Iterator[str]:
    said = f"{hour % 12 or 12}{'' if minute == '00' else ':' + minute}"
    half = "am" if hour < 12 else "pm"
    yield from (f"{said} {half}", f"{said}{half}")


@lru_cache(maxsize=_KEPT)
def _fold(text: str) -> str:
    return " ".join(text.lower().split())
