"""ReAct prompting: tools for a model that has no calls of its own.

The tools stand in the system prompt, a call is an action with its input, a result an observation.
The form is that of ReAct (Yao et al., 2023); the prompt is triact's own, so that scores are not
those of a benchmark's published prompt, and tables say which was used.
"""

import json
import re
from collections.abc import Sequence

from train.agents.loop import Agent, Talk
from train.agents.turn import ChatMessage, Said, Schema, ToolCall, read_arguments

_INTRODUCTION = """\
You can use these tools. Each line is the JSON schema of one.

{tools}

Write in this form, and nothing else:

Thought: what you know and what to do next
Action: the name of one tool
Action Input: its arguments as one JSON object

Stop there; what the tool returned comes next, as an Observation. When you are done, or when you
need something from the user, write instead:

Thought: why you are done
Final Answer: what you tell the user"""

_ACTION = re.compile(
    r"Action:[ \t]*(?P<name>[^\n]*)\n+[ \t]*Action Input:\s*(?P<input>.*)", re.DOTALL
)
_FINAL = re.compile(r"Final Answer:\s*(?P<text>.*)", re.DOTALL)
_OBSERVATION = re.compile(r"\n[ \t]*Observation:")
_NONE = ("none", "n/a", "")


class ReactAgent:
    """An agent that is shown tools in words, and whose words are read as calls."""

    def __init__(self, inner: Agent) -> None:
        self.name, self.together = inner.name, inner.together
        self._inner = inner

    async def speak(self, talk: Talk) -> Said:
        """See `Agent`."""
        said = await self._inner.speak(Talk(write_messages(talk.messages, talk.tools)))
        calls = read_calls(said.text)
        # What it goes on to invent of its tool's result is no part of the turn, however it ends.
        ended = calls and _OBSERVATION.search(said.text)
        return Said(said.text, calls, None if ended else said.cut, said.thought)


def write_messages(messages: Sequence[ChatMessage], tools: Sequence[Schema]) -> list[ChatMessage]:
    """A conversation with tools as one without: the system prompt first, results as the user's."""
    schemas = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
    introduction = _INTRODUCTION.format(tools=schemas) if tools else ""
    system = [str(m.get("content") or "") for m in messages if m["role"] == "system"]
    opening = "\n\n".join(part for part in (*system, introduction) if part)
    written: list[ChatMessage] = [{"role": "system", "content": opening}] if opening else []
    for message in messages:
        if message["role"] == "tool":
            _add(written, "user", f"Observation: {message['content']}")
        elif message["role"] == "assistant":
            _add(written, "assistant", _write_turn(message))
        elif message["role"] != "system":
            _add(written, str(message["role"]), str(message.get("content") or ""))
    return written


def _add(written: list[ChatMessage], role: str, text: str) -> None:
    """One more message; servers want the roles to take turns."""
    if written and written[-1]["role"] == role:
        written[-1] = {"role": role, "content": f"{written[-1]['content']}\n{text}"}
    else:
        written.append({"role": role, "content": text})


def _write_turn(message: ChatMessage) -> str:
    """A turn of the agent's; one that ReAct produced is its own text already."""
    text = str(message.get("content") or "")
    if not message.get("tool_calls") or "Action:" in text:
        return text
    thought = text if text.startswith("Thought:") else f"Thought: {text}".rstrip()
    calls = [
        f"Action: {c['function']['name']}\nAction Input: {c['function']['arguments']}"
        for c in message["tool_calls"]
    ]
    return "\n".join([thought, *calls])


def read_calls(text: str) -> tuple[ToolCall, ...]:
    """The first action of a text, up to where the model invents an observation.

    A final answer before any action ends the text.
    """
    text = _OBSERVATION.split(text)[0]
    found, final = _ACTION.search(text), _FINAL.search(text)
    if found is None or (final and final.start() < found.start()):
        return ()
    name = found["name"].strip().strip("`*\"'")
    if name.lower() in _NONE:
        return ()
    return (ToolCall("call_0", name, _read_input(found["input"])),)


def _read_input(text: str) -> dict[str, object] | str:
    """The JSON object that an input starts with; its text when there is none."""
    text = text.strip().removeprefix("```json").removeprefix("```").strip()
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return text
    given = read_arguments(found)
    return dict(given) if not isinstance(given, str) else given


def read_answer(text: str) -> str:
    """What a turn tells the user: its final answer, or all of it when it marks none."""
    found = _FINAL.search(text)
    return found["text"].strip() if found else text
