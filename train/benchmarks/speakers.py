"""Speakers: a model behind an endpoint, and a model on this machine."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gen.engine.endpoint import ChatClient
from tool_catalog.errors import ContextFull
from train.benchmarks.speaker import (
    THOUGHT,
    Call,
    Message,
    Said,
    Schema,
    read_arguments,
    split_thought,
)
from train.presets import Preset


class EndpointSpeaker:
    """A model behind an OpenAI-compatible endpoint."""

    def __init__(self, client: ChatClient, *, max_tokens: int, seed: int) -> None:
        self.name = client.endpoint.model
        self._client = client
        self._settings = {"temperature": 0, "max_tokens": max_tokens, "seed": seed}

    async def speak(self, messages: Sequence[Message], tools: Sequence[Schema]) -> Said:
        """See `Speaker`."""
        reply = await self._client.complete([*map(_send, messages)], tools, **self._settings)
        calls = tuple(_read_call(call, place) for place, call in enumerate(reply.tool_calls))
        inline, text = split_thought(reply.text)
        return Said(text, calls, reply.finish == "length", reply.thought or inline)


def _send(message: Message) -> Message:
    """A message as endpoints take it: without its thought, arguments as text."""
    sent = {key: value for key, value in message.items() if key != THOUGHT}
    calls = message.get("tool_calls")
    if calls:
        read = [(call, call["function"]) for call in calls]
        sent["tool_calls"] = [
            Call(call["id"], function["name"], function["arguments"]).to_dict()
            for call, function in read
        ]
    return sent


def _read_call(call: Mapping[str, Any], place: int) -> Call:
    """A call as a server writes it; whatever is missing from it is empty."""
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    return Call(
        id=str(call.get("id") or f"call_{place}"),
        name=str(function.get("name") or ""),
        arguments=read_arguments(function.get("arguments")),
    )


class LocalSpeaker:
    """A model on this machine: conversations that wait at the same time are continued together.

    Its turn comes when the event loop has nothing else to do, so that a batch holds every
    conversation that is ready, in the order in which they became so.
    """

    def __init__(
        self, folder: Path, preset: Preset, *, reasoning: bool, max_tokens: int, seed: int
    ) -> None:
        from train.decoding import choose_decoder
        from train.models import load_model, use_threads

        use_threads(preset)
        model, self._tokenizer = load_model(folder, preset)
        self.name = folder.name
        self._reasoning, self._limit = reasoning, max_tokens
        self._context = int(model.config.max_position_embeddings)
        self._decoder = choose_decoder(
            model, self._tokenizer, max_new_tokens=max_tokens, temperature=0.0, seed=seed
        )
        self._waiting: list[tuple[list[int], asyncio.Future[list[int]]]] = []

    async def speak(self, messages: Sequence[Message], tools: Sequence[Schema]) -> Said:
        """See `Speaker`."""
        from train.chat import encode_prompt, read_reply

        heard = encode_prompt(
            self._tokenizer, [*map(_convert, messages)], tools, reasoning=self._reasoning
        )
        if len(heard) > self._context - self._limit:
            raise ContextFull(
                f"the conversation has {len(heard)} tokens; of {self._context} that the model "
                f"takes, {self._limit} are kept for its turn"
            )
        said = await self._join(heard)
        message = read_reply(self._tokenizer, said, heard)
        calls = tuple(
            Call(f"call_{place}", str(call["function"]["name"]),
                 read_arguments(call["function"].get("arguments")))
            for place, call in enumerate(message.get("tool_calls") or ())
        )  # fmt: skip
        cut = said[-1:] != [self._tokenizer.eos_token_id]
        thought = str(message.get(THOUGHT) or "")
        return Said(str(message.get("content") or ""), calls, cut, thought)

    async def _join(self, heard: list[int]) -> list[int]:
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._decode)
        turn: asyncio.Future[list[int]] = loop.create_future()
        self._waiting.append((heard, turn))
        return await turn

    def _decode(self) -> None:
        batch = [(heard, turn) for heard, turn in self._waiting if not turn.cancelled()]
        self._waiting = []
        try:
            said = self._decoder.complete([heard for heard, _ in batch])
        except Exception as bug:  # raised here it would be lost, and everybody would wait for ever
            for _, turn in batch:
                turn.set_exception(bug)
            return
        for (_, turn), ids in zip(batch, said, strict=True):
            turn.set_result(ids)


def _convert(message: Message) -> Message:
    """A message as chat templates take it: arguments an object, a thought in the content."""
    from train.chat import show_think

    message = show_think(message)
    calls = message.get("tool_calls")
    if not calls:
        return message
    read = [
        {**call, "function": {
            "name": call["function"]["name"],
            "arguments": read_arguments(call["function"]["arguments"]),
        }}
        for call in calls
    ]  # fmt: skip
    return {**message, "tool_calls": read}
