"""A model behind an OpenAI-compatible endpoint as an agent."""

from collections.abc import Mapping
from typing import Any

from gen.engine.endpoint import ChatClient, Completion
from train.agents.loop import Talk
from train.agents.turn import (
    THOUGHT,
    ChatMessage,
    Cut,
    Said,
    ToolCall,
    read_arguments,
    split_thought,
)

_CUTS: Mapping[str, Cut] = {
    "length": Cut.LENGTH, "max_tokens": Cut.LENGTH, "model_length": Cut.LENGTH,
    "max_output_tokens": Cut.LENGTH, "max_length": Cut.LENGTH, "token_limit": Cut.LENGTH,
    "content_filter": Cut.FILTER, "safety": Cut.FILTER, "recitation": Cut.FILTER,
    "prohibited_content": Cut.FILTER, "blocklist": Cut.FILTER, "spii": Cut.FILTER,
    "model_armor": Cut.FILTER, "sensitive": Cut.FILTER, "refusal": Cut.FILTER,
    "model_context_window_exceeded": Cut.CONTEXT, "context_length_exceeded": Cut.CONTEXT,
}  # fmt: skip
"""By what servers give as the reason for which a reply ended."""


class EndpointAgent:
    """A model behind an OpenAI-compatible endpoint."""

    together = False

    def __init__(self, client: ChatClient, sampling: Mapping[str, Any]) -> None:
        """Speak through a client; `sampling` goes into every request."""
        self.name = client.endpoint.model
        self._client = client
        self._sampling = dict(sampling)

    async def speak(self, talk: Talk) -> Said:
        """See `Agent`."""
        reply = await self._client.complete(
            [*map(_send, talk.messages)], talk.tools, **self._sampling
        )
        calls = tuple(_read_call(call, place) for place, call in enumerate(reply.tool_calls))
        inline, text = split_thought(reply.text)
        return Said(text or reply.refusal, calls, read_cut(reply), reply.thought or inline)


def read_cut(reply: Completion) -> Cut | None:
    """What cut a reply short, in whichever words the server says so."""
    return _CUTS.get(reply.finish.lower().replace("-", "_"))


def _send(message: ChatMessage) -> ChatMessage:
    """A message as endpoints take it: without its thought, arguments as text."""
    sent = {key: value for key, value in message.items() if key != THOUGHT}
    calls = message.get("tool_calls")
    if calls:
        read = [(call, call["function"]) for call in calls]
        sent["tool_calls"] = [
            ToolCall(call["id"], function["name"], function["arguments"]).to_dict()
            for call, function in read
        ]
    return sent


def _read_call(call: Mapping[str, Any], place: int) -> ToolCall:
    """A call as a server writes it; whatever is missing from it is empty."""
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    given = function.get("arguments")
    return ToolCall(
        id=str(call.get("id") or f"call_{place}"),
        name=str(function.get("name") or ""),
        arguments=read_arguments(given),
        letter=given if isinstance(given, str) else "",
    )
