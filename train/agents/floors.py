"""Agents that need no model: what a measure gives them is what it is worth."""

from collections.abc import Mapping

from train.agents.loop import Agent, Talk
from train.agents.turn import Said

REFUSAL = "I am sorry, but I can not help with that request."


class SilentAgent:
    """Says nothing and calls nothing."""

    name = "silent"
    together = False

    async def speak(self, talk: Talk) -> Said:
        """See `Agent`."""
        return Said("")


class RefusingAgent:
    """Refuses whatever it is asked.

    Args:
        react: it says so in the form of ReAct.
    """

    name = "always-refuse"
    together = False

    def __init__(self, *, react: bool = False) -> None:
        mark = "Thought: I will not do this.\nFinal Answer: " if react else ""
        self._said = Said(f"{mark}{REFUSAL}")

    async def speak(self, talk: Talk) -> Said:
        """See `Agent`."""
        return self._said


def list_floors(*, react: bool) -> Mapping[str, Agent]:
    """The floors by name, as tables show them."""
    floors: tuple[Agent, ...] = (SilentAgent(), RefusingAgent(react=react))
    return {floor.name: floor for floor in floors}
