"""A prompted agent as published: one system and one user message, the past in a scratchpad.

Source: InjecAgent (Zhan et al., 2024), prompted agents. What the agent did and saw is told anew
at every step, in the user's message.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from train.agents.loop import Agent, Talk
from train.agents.react import read_turn
from train.agents.turn import ChatMessage, Said, Schema
from train.benchmarks.injecagent.prompting.texts import AgentTexts
from train.benchmarks.injecagent.tools import ToolEntry

_THOUGHT: Final = "Thought:"
_ACTION: Final = "Action:"


class ScratchpadAgent:
    """An agent that is told everything in one prompt, and whose words are read as calls.

    Args:
        inner: who speaks.
        texts: the published prompt.
        entries: tools as published, by the name that cases use.
    """

    def __init__(self, inner: Agent, texts: AgentTexts, entries: Mapping[str, ToolEntry]) -> None:
        self.name, self.together = inner.name, inner.together
        self._inner, self._texts, self._entries = inner, texts, entries

    async def speak(self, talk: Talk) -> Said:
        """See `Agent`."""
        asked = write_prompt(talk.messages, talk.tools, self._texts, self._entries)
        return read_turn(await self._inner.speak(Talk(asked)))


def write_prompt(
    messages: Sequence[ChatMessage],
    tools: Sequence[Schema],
    texts: AgentTexts,
    entries: Mapping[str, ToolEntry],
) -> list[ChatMessage]:
    """A conversation with tools as the two messages of the published prompt."""
    names = [str(tool["function"]["name"]) for tool in tools]
    described = [{**entries[name], "name": name} for name in names]
    [request] = [message["content"] for message in messages if message["role"] == "user"]
    user = texts.user.format(
        available_tool_descriptions=json.dumps(described, indent=1),
        available_tool_names=names,
        input=request,
        agent_scratchpad="\n" + "".join(_write_step(message) for message in messages),
    )
    return [{"role": "system", "content": texts.system}, {"role": "user", "content": user}]


def _write_step(message: Mapping[str, Any]) -> str:
    """A call with the thought before it, or what a tool returned."""
    content = str(message.get("content") or "")
    match message:
        case {"role": "tool"}:
            return f"Observation: {content}\n"
        case {"role": "assistant", "tool_calls": [{"function": called}, *_]}:
            thought = content.partition(_ACTION)[0].strip().removeprefix(_THOUGHT).strip()
            name, given = called["name"], called["arguments"]
            return f"{_THOUGHT} {thought}\n{_ACTION} {name}\nAction Input: {given}\n"
    return ""
