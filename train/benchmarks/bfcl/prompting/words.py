"""A model without tool calls as published: functions, calls and results in words.

The functions stand in the system prompt, the model writes calls in Python's syntax, and what they
returned comes back as one message of the user's.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from train.agents.loop import Agent, Talk
from train.agents.turn import ChatMessage, Said, ToolCall
from train.benchmarks.bfcl.checking.decode import DecodedCall, decode
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.prompting.texts import LeaderboardTexts
from train.benchmarks.upstream.source_texts import fill


class WordedAgent:
    """An agent that is told everything in words already, and whose words are read as calls."""

    def __init__(self, inner: Agent) -> None:
        self.name, self.together = inner.name, inner.together
        self._inner = inner

    async def speak(self, talk: Talk) -> Said:
        """See `Agent`."""
        said = await self._inner.speak(Talk(talk.messages))
        found = decode(said.text)
        read = [] if isinstance(found, ErrorType) else found
        calls = (ToolCall(f"call_{i}", c.name, c.arguments) for i, c in enumerate(read))
        return replace(said, calls=tuple(calls))


def open_words(
    messages: Sequence[ChatMessage], hinted: Sequence[Mapping[str, Any]], texts: LeaderboardTexts
) -> list[ChatMessage]:
    """The first messages, with the functions in the system prompt; one that is there comes after.

    Args:
        messages: of the case's first turn.
        hinted: descriptions with the hints of their language.
        texts: the published prompt.
    """
    system = fill(texts.system, {"functions": json.dumps(list(hinted), indent=4)})
    first, *rest = messages
    if first["role"] == "system":
        return [{**first, "content": f"{system}\n\n{first['content']}"}, *rest]
    return [{"role": "system", "content": system}, first, *rest]


def write_notice(hinted: Sequence[Mapping[str, Any]], texts: LeaderboardTexts) -> ChatMessage:
    """The user's message that offers functions which were held back."""
    return {"role": "user", "content": fill(texts.worded_notice, {"functions": str(list(hinted))})}


def write_results(calls: Sequence[DecodedCall], results: Sequence[str]) -> ChatMessage:
    """What calls returned, in one message of the user's."""
    told = [
        {"role": "tool", "name": write_call(call), "content": result}
        for call, result in zip(calls, results, strict=True)
    ]
    return {"role": "user", "content": repr(told)}


def write_call(call: DecodedCall) -> str:
    """A call in the published spelling."""
    given = ", ".join(f"{name}={_write_value(value)}" for name, value in call.arguments.items())
    return f"{call.name}({given})"


def _write_value(value: Any) -> str:
    """As `repr`, but an object of objects is a call of the first one's name."""
    if not isinstance(value, Mapping):
        return repr(value)
    inner = next(iter(value.values()), None)
    if inner is not None and all(isinstance(entry, Mapping) for entry in value.values()):
        return write_call(DecodedCall(next(iter(value)), inner))
    return f"{{{', '.join(f'{name!r}: {_write_value(entry)}' for name, entry in value.items())}}}"
