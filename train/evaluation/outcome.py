"""What came of a case: only one of five outcomes is a score.

Which one it is hangs on what the agent put out, turn by turn, and never on a benchmark's rules:
many take silence for safety.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from tool_catalog.errors import BadReply, ContextFull, EndpointFailed
from train.agents.loop import Agent, Talk
from train.agents.turn import ChatMessage, Cut, Said, is_blank


class Outcome(StrEnum):
    """What a case ended as."""

    SCORED = "scored"
    EMPTY = "empty"
    """The agent said nothing and called nothing; a call without a name is none."""
    CUT = "cut"
    """A turn met a limit of tokens or a filter, or the conversation filled the model's context."""
    UNJUDGED = "unjudged"
    """It was played, and whoever had to judge it afterwards gave no verdict."""
    ERROR = "error"
    """It could not be played."""


_EMPTY = "nothing was said and nothing was called"
_CUT: Mapping[Cut, str] = {
    Cut.LENGTH: "a turn met the limit of tokens (--max-tokens)",
    Cut.FILTER: "a filter of the server stopped a turn",
    Cut.CONTEXT: "the conversation filled the model's context",
}


class Listener:
    """An agent that is listened to while it plays one case."""

    def __init__(self, agent: Agent) -> None:
        self.name, self.together = agent.name, agent.together
        self._agent = agent
        self._spoke = False
        self.messages: Sequence[ChatMessage] = ()
        """What it has heard, for a case that ends without a result."""
        self.calls = 0
        """Calls made, of something."""
        self.cut: Cut | None = None
        """The first of its turns that was cut."""

    async def speak(self, talk: Talk) -> Said:
        """See `Agent`."""
        self.messages = talk.messages
        try:
            said = await self._agent.speak(talk)
        except EndpointFailed as error:
            self.cut = self.cut or find_cut(error)
            raise
        named = sum(bool(call.name.strip()) for call in said.calls)
        self.calls += named
        self._spoke = self._spoke or bool(named or not is_blank(said.text))
        self.cut = self.cut or said.cut
        return said

    def find_outcome(self, failed: EndpointFailed | None) -> tuple[Outcome, str | None]:
        """What the case ended as, and why it is no score; `failed` kept it from being played."""
        if self.cut is not None:
            return Outcome.CUT, f"{_CUT[self.cut]}{f': {failed}' if failed else ''}"
        if failed is not None:
            return Outcome.ERROR, str(failed)
        if not self._spoke:
            return Outcome.EMPTY, _EMPTY
        return Outcome.SCORED, None


def find_cut(error: EndpointFailed) -> Cut | None:
    """What cut a conversation short where there was no turn; None: it is an error."""
    if isinstance(error, ContextFull):
        return Cut.CONTEXT
    refused = isinstance(error, BadReply) and error.reason == "refused"
    return Cut.FILTER if refused else None


def count_outcomes(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many cases ended as each, all five of them."""
    counts = dict.fromkeys(Outcome, 0)
    for outcome in outcomes:
        counts[outcome] += 1
    return {str(outcome): count for outcome, count in counts.items()}
