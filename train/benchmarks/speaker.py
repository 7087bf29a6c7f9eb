"""Whoever is measured: a conversation and tools in, the next turn out; and the loop around it.

Messages have the form of OpenAI's chat API. A speaker may be a local model, an endpoint, or either
of them behind ReAct prompting.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from gen.episode import ASK_USER

Message = dict[str, Any]
Schema = Mapping[str, Any]
THOUGHT = "reasoning_content"
"""Key of a message that holds what its speaker thought, as servers of reasoning models name it."""
ASK = str(ASK_USER["function"]["name"])


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as the model wrote it, right or wrong."""

    id: str
    name: str
    arguments: Mapping[str, Any] | str
    """The model's own text where it is no JSON object."""

    def to_dict(self) -> Message:
        """OpenAI's form, in which arguments are text."""
        given = self.arguments
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        function = {"name": self.name, "arguments": text}
        return {"id": self.id, "type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a speaker."""

    text: str
    calls: tuple[Call, ...] = ()
    cut: bool = False
    """It was longer than allowed and ends somewhere."""
    thought: str = ""
    """What it thought before; kept in transcripts, and part of no verdict."""

    @property
    def asks(self) -> bool:
        """Whether it asks the user: with the tool for it, or in prose and without a call."""
        if self.calls:
            return any(call.name == ASK for call in self.calls)
        return self.text.rstrip().endswith("?")

    def to_message(self) -> Message:
        """The turn as the next message; a thought stands in a field of its own."""
        message: Message = {"role": "assistant", "content": self.text}
        if self.calls:
            message["tool_calls"] = [call.to_dict() for call in self.calls]
        return {**message, THOUGHT: self.thought} if self.thought else message


class Speaker(Protocol):
    """Anything that can speak next.

    `speak` raises `EndpointFailed` when there is no turn: the case is then an error, never scored.
    """

    name: str

    async def speak(self, messages: Sequence[Message], tools: Sequence[Schema]) -> Said:
        """The next turn."""
        ...


class Stop(StrEnum):
    """Why a conversation ended."""

    FINAL = "final"
    """A turn without calls."""
    ROUNDS = "rounds"
    """The most rounds were played."""
    CUT = "cut"
    """A turn was longer than allowed."""


Answer = Callable[[Call], Awaitable[str]]
"""What a tool says to a call. A wrong call is answered in words too; it never raises for one."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that has ended."""

    messages: list[Message]
    """All of it, the opening included."""
    turns: tuple[Said, ...]
    stop: Stop

    @property
    def calls(self) -> list[Call]:
        """Every call in its order."""
        return [call for turn in self.turns for call in turn.calls]


async def converse(
    speaker: Speaker,
    opening: Sequence[Message],
    tools: Sequence[Schema],
    answer: Answer,
    *,
    rounds: int,
) -> Conversation:
    """Let a speaker call tools until it says something without a call.

    Args:
        speaker: who is measured.
        opening: messages before its first turn.
        tools: in OpenAI's form.
        answer: carries a call out; calls of one turn are answered in their order.
        rounds: most turns of the speaker.
    """
    messages, turns = list(opening), []
    for _ in range(rounds):
        said = await speaker.speak(messages, tools)
        turns.append(said)
        messages.append(said.to_message())
        if said.cut or not said.calls:
            return Conversation(messages, tuple(turns), Stop.CUT if said.cut else Stop.FINAL)
        messages += [make_result(call, await answer(call)) for call in said.calls]
    return Conversation(messages, tuple(turns), Stop.ROUNDS)


def make_result(call: Call, content: str) -> Message:
    """A tool's answer to a call, as a message."""
    return {"role": "tool", "tool_call_id": call.id, "name": call.name, "content": content}


def read_arguments(text: Any) -> Mapping[str, Any] | str:
    """A call's arguments: the object that a text holds, or the text itself when it holds none."""
    if isinstance(text, Mapping):
        return text
    if text is None:
        return {}
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return str(text)
    return found if isinstance(found, dict) else str(text)


def split_thought(text: str) -> tuple[str, str]:
    """What stands in `<think>` at the start of a text, and the rest of it."""
    opened = text.lstrip().removeprefix("<think>")
    if opened == text.lstrip() or "</think>" not in opened:
        return "", text
    thought, _, rest = opened.partition("</think>")
    return thought.strip(), rest.lstrip("\n")
