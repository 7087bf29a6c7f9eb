"""One turn of an agent, and the messages around it, in the form of OpenAI's chat API."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tool_catalog.sandbox import ASK_USER
from train.models.chat import ChatMessage as ChatMessage

Schema = Mapping[str, Any]
THOUGHT = "reasoning_content"
"""Key of a message that holds what its agent thought, as servers of reasoning models name it."""


class Cut(StrEnum):
    """Why a turn ends where nobody meant it to."""

    LENGTH = "length"
    """It met the limit of tokens."""
    FILTER = "filter"
    """The server's filter stopped it."""
    CONTEXT = "context"
    """The conversation had filled what the model takes, so there was no turn."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call as the model wrote it, right or wrong."""

    id: str
    name: str
    arguments: Mapping[str, Any] | str
    """The model's own text where it is no JSON object."""
    letter: str = field(default="", compare=False)
    """The arguments to the letter, where they came as text."""

    def to_dict(self, *, to_letter: bool = False) -> ChatMessage:
        """OpenAI's form, in which arguments are text: written anew, or to the letter if known.

        Equal calls are equal texts only where they are written anew.
        """
        given = self.arguments
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        text = (to_letter and self.letter) or text
        function = {"name": self.name, "arguments": text}
        return {"id": self.id, "type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of an agent."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    cut: Cut | None = None
    """Why it ends somewhere, if it does."""
    thought: str = ""
    """What it thought before; kept in transcripts, and part of no verdict."""

    @property
    def asks(self) -> bool:
        """Whether it asks the user: with the tool for it, or in prose and without a call."""
        if self.calls:
            return any(call.name == ASK_USER for call in self.calls)
        return self.text.rstrip().endswith("?")

    def to_message(self) -> ChatMessage:
        """The turn as the next message; a thought stands in a field of its own."""
        message: ChatMessage = {"role": "assistant", "content": self.text}
        if self.calls:
            message["tool_calls"] = [call.to_dict() for call in self.calls]
        return {**message, THOUGHT: self.thought} if self.thought else message


def make_result(call: ToolCall, content: str) -> ChatMessage:
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


_OPENED = re.compile(
    r"\s*(?:<(think|thinking|thought|reasoning|seed:think)>|(?-i:\[(THINK)\])|◁(think)▷)",
    re.IGNORECASE,
)
_CLOSED = ("</{}>", r"\[/{}\]", "◁/{}▷")
"""By the alternatives of `_OPENED`."""
_UNOPENED = "think"
_MARKS = re.compile(
    r"<[|\uff5c][^<>|\uff5c]*[|\uff5c]>|</?s>|<(?:eos|pad|end_of_turn)>", re.IGNORECASE
)
"""Marks of a template that a server left in a text."""


def is_blank(text: str) -> bool:
    """Whether nobody could read anything in it: spaces, unseen characters, marks of a template."""
    shown = (c for c in _MARKS.sub("", text) if unicodedata.category(c)[0] not in "CZ")
    return next(shown, None) is None


def split_thought(text: str) -> tuple[str, str]:
    """What a text holds in tags of thought before it speaks, and the rest of it.

    Templates may open the tag in the prompt, so that only its end is in the text; and a text that
    opens it and never ends it is all thought.
    """
    opened = _OPENED.match(text)
    kind = opened.lastindex or 1 if opened else 1
    end = _CLOSED[kind - 1].format(opened[kind] if opened else _UNOPENED)
    closed = re.search(end, text, re.IGNORECASE)
    if opened is None and (closed is None or f"<{_UNOPENED}>" in text.lower()):
        return "", text
    start = opened.end() if opened else 0
    if closed is None:
        return text[start:].strip(), ""
    return text[start : closed.start()].strip(), text[closed.end() :].lstrip("\n")
