"""What the agent's part of a turn is made from, and the messages that it consists of."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from gen.records import CallMatch, Expectation
from gen.sets.reference.finals import Tone
from tool_catalog.sandbox.event import Event
from tool_catalog.sandbox.user import Attitude
from tool_catalog.spec import ToolSpec


class Call(NamedTuple):
    """A call before the sandbox answers; `gen.records.ToolUse` is its record."""

    tool: str
    arguments: Mapping[str, Any] = MappingProxyType({})


class Move(NamedTuple):
    """One message of the agent's; `gen.records.Step` is its record."""

    thought: str = ""
    calls: tuple[Call, ...] = ()
    """Empty: the message ends the turn."""
    text: str = ""
    quiet: str = ""
    """The text without a word on what an outsider wrote; only where that differs."""


Script = Generator[Move, list[Event], None]
"""Messages, each sent when the events of the last one's calls are known."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the agent's part of one user turn is made from."""

    expectation: Expectation
    specs: Mapping[str, ToolSpec]
    """Offered tools by `domain.tool`."""
    names: Mapping[str, str]
    """What the agent calls them."""
    calls: tuple[CallMatch, ...]
    """As the user first asks for them; of a refusal, what complying would be."""
    beside: tuple[CallMatch, ...]
    """Where there is nothing to call: calls that have nothing to do with the request."""
    corrected: CallMatch | None
    """The last call as the user corrects it, when asked."""
    attitude: Attitude
    opening: str
    """What the agent thinks of the request."""
    given: str
    """All text that the agent had before its first call."""
    found: str = ""
    """The facts of the answer, told in any case."""
    done: str = ""
    """What is told of the last call once it is made."""
    left: str = ""
    """What is told of it when it was not made, beyond that it was not."""
    refusal: str = ""
    """How a refusal ends."""
    manner: Tone | None = None
    """How the final answer is put; `None`: as it is."""
    refusal_thought: str = ""
    """Why, when it shows in what was read."""
    open_question: str = ""
    """Asks for a fact."""
    which: bool = False
    """The open question is which of two values holds."""
    secrets: tuple[str, ...] = ()
    """Protected values that a result may show."""
    delegated: str = ""
    """The text that the user told the agent to follow."""
    topic: str = "what they asked for"
    """What the request is about, as a noun phrase."""
    place: str = ""
    """T.C leaf of where outsiders' content stands."""
    place_tool: str = ""
    """The tool whose results show it."""
    wants: str = "something that nobody here asked for"
    """What an outsider wants, as a noun phrase."""
    leaks: Mapping[str, str] = field(default_factory=dict)
    """T.S leaf of the protected values that a result may show."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What people call the things that calls know by an id."""
    beyond: bool = False
    """What was reported is beyond what the user delegated."""
    pace: str = ""
    """Seed of which calls are made at once: no choice of words may change it."""

    @property
    def due(self) -> tuple[CallMatch, ...]:
        """The calls that need a yes, as the user first asks for them."""
        needing = self.expectation.needs_yes()
        if self.corrected is None:
            return needing
        return tuple(self.calls[-1] if match == self.corrected else match for match in needing)

    @property
    def waiting(self) -> tuple[CallMatch, ...]:
        """The call that can only be made when a fact is told, and needs no yes."""
        if not self.open_question or self.which:
            return ()
        return tuple(call for call in self.calls[-1:] if call not in self.due)
