"""The one agent loop: an agent takes turns in an interaction until that has ended.

Many interactions go on side by side, each in a task of its own. Agents make of it what suits them:
an endpoint answers each when it can, a model on this machine answers those that wait together.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from train.agents.turn import ChatMessage, Said, Schema, ToolCall, make_result


@dataclass
class Talk:
    """A conversation as the agent sees it. It only grows; one told anew is another talk."""

    messages: list[ChatMessage]
    tools: Sequence[Schema] = ()
    """In OpenAI's form."""
    ids: list[int] = field(default_factory=list)
    """The agent's own: the tokens so far, for an agent that works on tokens."""
    seen: int = 0
    """The agent's own: how many messages `ids` covers."""


class Agent(Protocol):
    """Anything that can speak next.

    `speak` raises `EndpointFailed` when there is no turn: the case is then an error, never scored.
    """

    name: str
    together: bool
    """Whether interactions that begin and go on together are answered faster."""

    async def speak(self, talk: Talk) -> Said:
        """The next turn; whoever asked adds it to the messages."""
        ...


class Stop(StrEnum):
    """Why an interaction ended."""

    FINAL = "final"
    """A turn without calls."""
    CALLS = "calls"
    """The most calls were made."""
    ROUNDS = "rounds"
    """The most rounds were played."""
    CUT = "cut"
    """A turn was longer than allowed, or the context is full."""


class Interaction(Protocol):
    """An agent's conversation with tools and a user, under way."""

    @property
    def talk(self) -> Talk:
        """What the agent has seen, and what it may call."""
        ...

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        ...

    async def take(self, said: Said) -> None:
        """Carry a turn out, so that the talk goes on or ends."""
        ...


async def play(agent: Agent, interaction: Interaction) -> None:
    """Let an agent speak until the interaction has ended.

    Raises:
        EndpointFailed: the agent had no turn, or something behind a tool no answer.
    """
    while not interaction.finished:
        await interaction.take(await agent.speak(interaction.talk))


Answering = Callable[[ToolCall], Awaitable[str]]
"""What a tool says to a call. A wrong call is answered in words too; it never raises for one."""


class Exchange:
    """Tools that answer, until a turn has no call or the most turns were taken.

    Args:
        opening: messages before the agent's first turn.
        tools: in OpenAI's form.
        answer: carries a call out; calls of one turn are answered in their order.
        rounds: most turns of the agent.
    """

    def __init__(
        self,
        opening: Sequence[ChatMessage],
        tools: Sequence[Schema],
        answer: Answering,
        *,
        rounds: int,
    ) -> None:
        self._answer, self._rounds = answer, rounds
        self.talk = Talk(list(opening), tools)
        self.turns: list[Said] = []
        self.stop: Stop | None = None

    @property
    def messages(self) -> list[ChatMessage]:
        """All of it, the opening included."""
        return self.talk.messages

    @property
    def calls(self) -> list[ToolCall]:
        """Every call in its order."""
        return [call for turn in self.turns for call in turn.calls]

    @property
    def finished(self) -> bool:
        """See `Interaction`."""
        return self.stop is not None

    async def take(self, said: Said) -> None:
        """See `Interaction`."""
        self.turns.append(said)
        self.messages.append(said.to_message())
        if said.cut or not said.calls:
            self.stop = Stop.CUT if said.cut else Stop.FINAL
            return
        for call in said.calls:
            self.messages.append(make_result(call, await self._answer(call)))
        if len(self.turns) >= self._rounds:
            self.stop = Stop.ROUNDS


async def converse(
    agent: Agent,
    opening: Sequence[ChatMessage],
    tools: Sequence[Schema],
    answer: Answering,
    *,
    rounds: int,
) -> Exchange:
    """Play a `Exchange` to its end."""
    conversation = Exchange(opening, tools, answer, rounds=rounds)
    await play(agent, conversation)
    return conversation
