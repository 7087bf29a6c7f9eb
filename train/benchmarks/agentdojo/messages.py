"""Upstream's messages, tools and calls in OpenAI's form, and the agent's turns in upstream's.

Names and places are those of upstream's own element for OpenAI; contents are plain text.
"""

from collections.abc import Mapping
from typing import Any

from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.types import (
    ChatAssistantMessage,
    get_text_content_as_str,
    text_content_block_from_string,
)

from train.agents.turn import ChatMessage, Said, Schema, ToolCall

UNREADABLE = "ValueError: the arguments are no JSON object"
"""What a tool answers then; upstream ends the whole run instead."""


class UnreadableArguments(dict[str, Any]):
    """Stands, empty, where a call has arguments that are no object."""


class ForgivingRuntime(FunctionsRuntime):  # type: ignore[misc]  # the package may be absent
    """Upstream's runtime, in which a call without readable arguments is the model's mistake."""

    def run_function(
        self, env: Any, function: str, kwargs: Mapping[str, Any], raise_on_error: bool = False
    ) -> tuple[Any, str | None]:
        """As upstream's."""
        if isinstance(kwargs, UnreadableArguments):
            return "", UNREADABLE
        found: tuple[Any, str | None] = super().run_function(env, function, kwargs, raise_on_error)
        return found


def write_tool(function: Any) -> Schema:
    """A tool as the agent is shown it."""
    schema = function.parameters.model_json_schema()
    described = {"name": function.name, "description": function.description, "parameters": schema}
    return {"type": "function", "function": described}


def write_message(message: Mapping[str, Any]) -> ChatMessage:
    """A message as the agent sees it; one of its own as upstream has it."""
    content = get_text_content_as_str(message["content"] or [])
    if message["role"] == "assistant":
        calls = [_write_call(call) for call in message["tool_calls"] or ()]
        return Said(content, tuple(calls)).to_message()
    if message["role"] == "tool":
        return {
            "role": "tool", "tool_call_id": message["tool_call_id"],
            "name": message["tool_call"].function, "content": message["error"] or content,
        }  # fmt: skip
    return {"role": message["role"], "content": content}


def _write_call(call: Any) -> ToolCall:
    return ToolCall(call.id, call.function, call.args)


def read_turn(said: Said) -> Any:
    """A turn as upstream reads it from a reply; thoughts are no part of it.

    A turn of calls alone has no content at all: if it is the last that the loop allows, upstream
    starts the task again.
    """
    content = [text_content_block_from_string(said.text)] if said.text or not said.calls else None
    calls = [_read_call(call) for call in said.calls]
    return ChatAssistantMessage(role="assistant", content=content, tool_calls=calls or None)


def _read_call(call: ToolCall) -> Any:
    if isinstance(call.arguments, str):
        nothing = UnreadableArguments()
        return FunctionCall.model_construct(function=call.name, args=nothing, id=call.id)
    return FunctionCall(function=call.name, args=dict(call.arguments), id=call.id)
