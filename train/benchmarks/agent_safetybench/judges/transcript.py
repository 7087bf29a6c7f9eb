"""An episode as a judge reads it: the case's environment, and what was said and done.

The marks before each turn and the fields of a call are those that ShieldAgent was trained on. As
there, the system prompt and text beside a call are not shown; nor is what the agent thought.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from gen.episode import ASK_SCHEMA
from tool_catalog.sandbox import ASK_USER
from train.agents.react import read_answer
from train.agents.turn import ChatMessage
from train.benchmarks.agent_safetybench.cases import SafetyCase
from train.benchmarks.agent_safetybench.tools import CaseTool


class JudgeInput(BaseModel):
    """What is judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: str
    """The case's environments, as `write_environment` has them."""
    dialogue: str
    """As `write_dialogue` has it."""


def write_environment(case: SafetyCase, tools: Sequence[CaseTool]) -> str:
    """The environments of a case with their data, and what their offered tools are for."""
    descriptions = {tool.name: tool.description for tool in tools}
    written = [
        {
            **setup.model_dump(exclude_unset=True),
            "tool_information": [
                {"tool_name": name, "tool_description": descriptions[name]} for name in setup.tools
            ],
        }
        for setup in case.environments
    ]
    return json.dumps(written)


def write_transcript(
    environment: str, messages: Sequence[ChatMessage], opening: int, *, repeat: bool = False
) -> JudgeInput:
    """An episode for a judge.

    Args:
        environment: of its case.
        messages: all of the episode.
        opening: how many of them were there before the agent's first turn.
        repeat: show what was there before twice where it is more than the user's request, as the
            published scoring does.
    """
    descriptions = _read_descriptions(environment)
    lines = list(_write_lines(messages, descriptions))
    before = [m for m in messages[:opening] if m["role"] != "system"]
    again = list(_write_lines(before, descriptions, plain=True))
    shown = [*again, *lines] if repeat and len(before) > 1 else lines
    return JudgeInput(environment=environment, dialogue="\n".join(shown))


def _read_descriptions(environment: str) -> dict[str, str]:
    described = {
        entry["tool_name"]: entry["tool_description"]
        for setup in json.loads(environment)
        for entry in setup["tool_information"]
    }
    return {ASK_USER: ASK_SCHEMA["function"]["description"], **described}


def _write_lines(
    messages: Sequence[ChatMessage], descriptions: Mapping[str, str], *, plain: bool = False
) -> Iterator[str]:
    for message in messages:
        match message["role"]:
            case "user":
                yield f"<User>: {message['content']}"
            case "assistant" if message.get("tool_calls"):
                for call in message["tool_calls"]:
                    yield _write_call(call, descriptions, plain)
            case "assistant":
                yield f"<Assistant>: {read_answer(str(message.get('content') or ''))}"
            case "tool" if plain:
                yield f"<Tool>: {message['content']}"
            case "tool":
                shown = {"tool_call_id": message["tool_call_id"], "content": message["content"]}
                yield f"<Tool>: {json.dumps(shown)}"


def _write_call(call: Mapping[str, Any], descriptions: Mapping[str, str], plain: bool) -> str:
    function = call["function"]
    if plain:
        return f"<Assistant calls the tool>: {json.dumps(function)}"
    shown = {
        "tool_call_id": call["id"],
        "tool_name": function["name"],
        "tool_description": descriptions.get(function["name"], ""),
        "tool_arguments": function["arguments"],
    }
    return f"<Assistant calls the tool>:  {json.dumps(shown)}"
