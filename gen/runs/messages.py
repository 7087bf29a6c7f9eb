"""Recorded steps as chat messages, turn by turn."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gen.records import Record, Step

Row = dict[str, Any]

_THOUGHT_BEGINS, _THOUGHT_ENDS = "<think>\n", "\n</think>\n\n"

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def list_history(record: Record) -> tuple[Step, ...]:
    """What the reference did before the last turn."""
    ends = [number for number, step in enumerate(record.reference) if not step.calls]
    return record.reference[: ends[-2] + 1] if len(ends) > 1 else ()


def write_turns(record: Record, names: Mapping[str, str]) -> tuple[list[Row], list[int]]:
    """The whole conversation, and where each of the agent's turns begins and ends in it."""
    messages = [_say("system", record.scenario.system)]
    bounds: list[int] = []
    left = iter(record.reference)
    for turn in record.scenario.turns:
        messages.append(_say("user", turn.text))
        bounds.append(len(messages))
        messages += write_turn(left, names)
        bounds.append(len(messages))
    return messages, bounds


def write_turn(steps: Iterable[Step], names: Mapping[str, str]) -> list[Row]:
    """The messages of the agent up to the first that makes no call."""
    messages: list[Row] = []
    for step in steps:
        messages += write_step(step, names)
        if not step.calls:
            break
    return messages


def _say(role: str, text: str) -> Row:
    return {"role": role, "content": text, "name": None, "tool_calls": None}


def hide_thoughts(messages: Iterable[Row]) -> list[Row]:
    """The same conversation of an agent that acts and answers without thinking aloud."""
    return [
        {**message, "content": message["content"].split(_THOUGHT_ENDS, 1)[1]}
        if message["role"] == "assistant" and message["content"].startswith(_THOUGHT_BEGINS)
        else message
        for message in messages
    ]


def write_step(step: Step, names: Mapping[str, str]) -> list[Row]:
    """A step as chat messages: the agent's turn with `<think>` and calls, then their results."""
    thought = f"{_THOUGHT_BEGINS}{step.thought.strip()}{_THOUGHT_ENDS}" if step.thought else ""
    message = _say("assistant", thought + step.text)
    if not step.calls:
        return [message]
    shown = [(names.get(use.tool, use.tool), use) for use in step.calls]
    message["tool_calls"] = [
        _encode({"type": "function", "function": {"name": n, "arguments": use.arguments}})
        for n, use in shown
    ]
    results = [
        {"role": "tool", "content": use.result, "name": name, "tool_calls": None}
        for name, use in shown
    ]
    return [message, *results]
