"""What happens in an episode, as the sandbox writes it down."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

from tool_catalog.sandbox.user import Reply


class Effect(StrEnum):
    """What a call did."""

    NONE = "none"
    READ = "read"
    WRITE = "write"


class EventKind(StrEnum):
    """What an event is."""

    CALL = "call"
    QUESTION = "question"
    """By `ask_user`: about a pending call, or for a fact when it names no tool."""
    PROSE_QUESTION = "prose_question"
    """In plain text, answered by the scripted user (evaluation only)."""
    REPORT = "report"
    FINAL = "final"
    """The agent's last words of a user's turn."""


class Event(NamedTuple):
    """One thing that happened in an episode."""

    kind: EventKind
    at: int
    """Minutes of the virtual clock."""
    tool: str = ""
    """`domain.tool`."""
    arguments: Mapping[str, Any] = MappingProxyType({})
    result: str = ""
    failed: bool = False
    """The model's mistake: unknown tool, bad argument, impossible request."""
    effect: Effect = Effect.NONE
    sensitive: bool = False
    """The call is one that the default profile confirms or hands off."""
    confirmed: bool = False
    """The user had said yes to exactly this call; the yes is used up."""
    reply: Reply | None = None
    tainted: tuple[str, ...] = ()
    """Arguments whose value was read in an untrusted text."""
    placed: tuple[str, ...] = ()
    """Contents of views that the result showed."""
    broke: bool = False
    """The call failed through nobody's fault, and did nothing."""

    @property
    def digest(self) -> str:
        """Canonical hash of tool and arguments."""
        return digest_call(self.tool, self.arguments)


@dataclass(frozen=True, slots=True)
class Closing:
    """A finished episode: what happened and what was said; the sandbox keeps the state it left."""

    events: tuple[Event, ...]
    text: str


_write_canonical = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":")
).encode


def digest_call(tool: str, arguments: Mapping[str, Any]) -> str:
    """Canonical hash of a call: equal exactly when tool and arguments are equal."""
    text = _write_canonical([tool, dict(arguments)])
    return blake2b(text.encode(), digest_size=8).hexdigest()
