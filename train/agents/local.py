"""A model on this machine as an agent that many conversations share."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tool_catalog.errors import ContextFull
from train.agents.loop import Talk
from train.agents.turn import THOUGHT, ChatMessage, Cut, Said, ToolCall, read_arguments
from train.models.chat import encode_prompt, encode_suffix, read_reply, show_think
from train.models.decoding.cached import CachedDecoder, fits
from train.models.decoding.decoder import Decoder, SlowDecoder, StreamingDecoder
from train.models.decoding.guides import Guide, Guides
from train.models.loading import load_model, use_threads
from train.presets import Preset


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A conversation whose turn is the agent's."""

    heard: list[int]
    guide: Guide | None
    turn: asyncio.Future[list[int]]


def _split(batch: Sequence[_Waiting]) -> tuple[list[list[int]], list[Guide | None]]:
    """Prompts and guides, as a decoder takes them."""
    return [waiting.heard for waiting in batch], [waiting.guide for waiting in batch]


class LocalAgent:
    """A model on this machine: conversations that wait at the same time are continued together.

    Its turn comes when the event loop has nothing else to do, so that a batch holds every
    conversation that is ready, in the order in which they became so. A decoder that streams takes
    them in after every token; with another one, all of a batch must have been said before.

    Args:
        decoder: continues tokens.
        tokenizer: of the model, with a response template.
        name: for tables.
        reasoning: whether it thinks before it speaks.
        context: tokens that the model takes.
        limit: tokens of them that are kept for a turn.
        guides: hold its calls to the tools that are offered; `None` lets it call what it likes.
    """

    def __init__(
        self,
        decoder: Decoder,
        tokenizer: Any,
        *,
        name: str = "local",
        reasoning: bool,
        context: int,
        limit: int,
        guides: Guides | None = None,
    ) -> None:
        self.name = name
        self._decoder, self._tokenizer = decoder, tokenizer
        self._reasoning, self._context, self._limit = reasoning, context, limit
        self._guides = guides
        self._waiting: list[_Waiting] = []
        self._spoken: dict[int, asyncio.Future[list[int]]] = {}
        """What a decoder that streams is about to say, by its tickets."""
        self.together = not isinstance(decoder, StreamingDecoder)

    async def speak(self, talk: Talk) -> Said:
        """See `Agent`."""
        heard = self._hear(talk)
        if len(talk.ids) > self._context - self._limit:
            raise ContextFull(
                f"the conversation has {len(talk.ids)} tokens; of {self._context} that the model "
                f"takes, {self._limit} are kept for its turn"
            )
        guide = self._guides.start(talk.tools) if self._guides else None
        ids = await self._join(talk.ids, guide)
        talk.ids = talk.ids + ids
        talk.seen = len(talk.messages) + 1
        message = read_reply(self._tokenizer, ids, heard)
        calls = tuple(
            ToolCall(f"call_{place}", str(call["function"]["name"]),
                 read_arguments(call["function"].get("arguments")))
            for place, call in enumerate(message.get("tool_calls") or ())
        )  # fmt: skip
        cut = None if ids[-1:] == [self._tokenizer.eos_token_id] else Cut.LENGTH
        thought = str(message.get(THOUGHT) or "")
        return Said(str(message.get("content") or ""), calls, cut, thought)

    def _hear(self, talk: Talk) -> list[int]:
        """Bring the tokens up to date; the new ones, with the start of the agent's turn.

        What the agent said is kept as it said it. When the user speaks again, all is rendered anew:
        a template may then leave earlier thoughts out.
        """
        new = talk.messages[talk.seen :]
        if talk.ids and not any(message["role"] == "user" for message in new):
            heard = encode_suffix(self._tokenizer, new, reasoning=self._reasoning)
            talk.ids = talk.ids + heard
            return heard
        messages = [*map(_convert, talk.messages)]
        talk.ids = encode_prompt(self._tokenizer, messages, talk.tools, reasoning=self._reasoning)
        return talk.ids

    async def _join(self, heard: list[int], guide: Guide | None) -> list[int]:
        loop = asyncio.get_running_loop()
        if not self._waiting and not self._spoken:
            loop.call_soon(self._decode)
        turn: asyncio.Future[list[int]] = loop.create_future()
        self._waiting.append(_Waiting(heard, guide, turn))
        return await turn

    def _decode(self) -> None:
        batch = [waiting for waiting in self._waiting if not waiting.turn.cancelled()]
        self._waiting = []
        try:
            if isinstance(self._decoder, StreamingDecoder):
                self._stream(self._decoder, batch)
                return
            said = self._decoder.complete(*_split(batch))
        except Exception as bug:  # raised here it would be lost, and everybody would wait for ever
            for turn in [*(waiting.turn for waiting in batch), *self._spoken.values()]:
                if not turn.done():
                    turn.set_exception(bug)
            self._spoken = {}
            return
        for waiting, ids in zip(batch, said, strict=True):
            waiting.turn.set_result(ids)

    def _stream(self, decoder: StreamingDecoder, batch: Sequence[_Waiting]) -> None:
        """One more token for everybody; who has ended acts and comes again before the next one."""
        tickets = decoder.admit(*_split(batch))
        self._spoken |= zip(tickets, (waiting.turn for waiting in batch), strict=True)
        for ticket, ids in decoder.advance().items() if self._spoken else ():
            turn = self._spoken.pop(ticket, None)  # none: a bug has ended it
            if turn is not None and not turn.cancelled():
                turn.set_result(ids)
        if self._spoken:
            asyncio.get_running_loop().call_soon(self._decode)


def open_local(
    folder: Path, preset: Preset, *, reasoning: bool, max_tokens: int = 0, seed: int = 0
) -> LocalAgent:
    """The model of a folder; greedy, so equal inputs give equal turns.

    Args:
        folder: of the model.
        preset: that it was trained with.
        reasoning: whether it thinks.
        max_tokens: most tokens a turn; 0 means as the preset says.
        seed: of the decoder.

    Raises:
        UserMistake: there is no such model.
    """
    use_threads(preset)
    model, tokenizer = load_model(folder, preset)
    limit = max_tokens or preset.evaluation.max_new_tokens
    make = CachedDecoder if fits(model) else SlowDecoder
    return LocalAgent(
        make(model, tokenizer, max_new_tokens=limit, temperature=0.0, seed=seed),
        tokenizer,
        name=folder.name,
        reasoning=reasoning,
        context=int(model.config.max_position_embeddings),
        limit=limit,
        guides=Guides(tokenizer, int(model.config.vocab_size)) if preset.constrain_calls else None,
    )


def _convert(message: ChatMessage) -> ChatMessage:
    """A message as chat templates take it: arguments an object, a thought in the content."""
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
