"""Speakers: a model behind an endpoint, and a model on this machine."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gen.endpoint import ChatClient
from tool_catalog.errors import ContextFull
from train.benchmarks.speaker import Call, Message, Said, Schema, read_arguments


class EndpointSpeaker:
    """A model behind an OpenAI-compatible endpoint."""

    def __init__(self, client: ChatClient, *, max_tokens: int, seed: int) -> None:
        self.name = client.endpoint.model
        self._client = client
        self._settings = {"temperature": 0, "max_tokens": max_tokens, "seed": seed}

    async def speak(self, messages: Sequence[Message], tools: Sequence[Schema]) -> Said:
        """See `Speaker`."""
        reply = await self._client.complete(messages, tools, **self._settings)
        calls = tuple(_read_call(call, place) for place, call in enumerate(reply.tool_calls))
        return Said(reply.text, calls, cut=reply.finish == "length")


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
        self, folder: Path, preset_name: str, *, reasoning: bool, max_tokens: int, seed: int
    ) -> None:
        from train.decoding import choose_decoder
        from train.models import load_model, use_threads
        from train.presets import load_preset

        preset = load_preset(preset_name)
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
        from train.chat import encode_prompt, read_reply, show_think

        heard = encode_prompt(
            self._tokenizer, [*map(_convert, messages)], tools, reasoning=self._reasoning
        )
        if len(heard) > self._context - self._limit:
            raise ContextFull(
                f"the conversation has {len(heard)} tokens; of {self._context} that the model "
                f"takes, {self._limit} are kept for its turn"
            )
        said = await self._join(heard)
        message = show_think(read_reply(self._tokenizer, said, heard))
        calls = tuple(
            Call(f"call_{place}", str(call["function"]["name"]),
                 read_arguments(call["function"].get("arguments")))
            for place, call in enumerate(message.get("tool_calls") or ())
        )  # fmt: skip
        cut = said[-1:] != [self._tokenizer.eos_token_id]
        return Said(str(message.get("content") or ""), calls, cut)

    async def _join(self, heard: list[int]) -> list[int]:
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._decode)
        turn: asyncio.Future[list[int]] = loop.create_future()
        self._waiting.append((heard, turn))
        return await turn

    def _decode(self) -> None:
        batch, self._waiting = self._waiting, []
        said = self._decoder.complete([heard for heard, _ in batch])
        for (_, turn), ids in zip(batch, said, strict=True):
            if not turn.cancelled():
                turn.set_result(ids)


def _convert(message: Message) -> Message:
    """A message as chat templates take it, with a call's arguments as an object."""
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
