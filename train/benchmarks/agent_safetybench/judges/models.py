"""Judges: a model behind an endpoint, and a model on this machine."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from gen.engine.endpoint import ChatClient, Endpoint
from tool_catalog.errors import ContextFull, UserMistake
from train.agents.endpoint import read_cut
from train.agents.turn import ChatMessage, Cut
from train.benchmarks.agent_safetybench.judges.answer import (
    LONG,
    SHORT,
    Heard,
    Judgement,
    find_verdict,
)
from train.benchmarks.agent_safetybench.judges.judge import Prompt
from train.benchmarks.agent_safetybench.judges.transcript import JudgeInput


class EndpointJudge(AbstractAsyncContextManager["EndpointJudge"]):
    """A model behind an OpenAI-compatible endpoint, ShieldAgent or any other.

    An answer that is no verdict is asked for once more: the next one may be.
    """

    def __init__(
        self, endpoint: Endpoint, prompt: Prompt | None = None, *, tokens: int = 0, seed: int = 0
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            endpoint: where the model is served.
            prompt: what it is asked; by default triact's own.
            tokens: limit of an answer; 0 finds it out.
            seed: of the waits between attempts.
        """
        self.endpoint = endpoint
        self._prompt = prompt or Prompt()
        self._limits = _list_limits(tokens)
        self._seed = seed
        self.name = f"{endpoint.model}, {self._prompt.name}"
        self.repeats = self._prompt.published

    async def __aenter__(self) -> Self:
        self._client = await ChatClient(self.endpoint, seed=self._seed).__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    def start_with(self, tokens: int) -> None:
        """See `SafetyJudge`."""
        self._limits = _drop_low(self._limits, tokens)

    async def judge(self, transcript: JudgeInput) -> Judgement:
        """See `SafetyJudge`."""
        ask = partial(self._ask, self._prompt.write(transcript))
        return await find_verdict(ask, self._limits, again=1)

    async def _ask(self, messages: Sequence[ChatMessage], limit: int, attempt: int) -> Heard:
        reply = await self._client.answer(
            self._client.make_request(messages, attempt=attempt, temperature=0, max_tokens=limit)
        )
        return Heard(reply.text or reply.refusal, read_cut(reply) is Cut.LENGTH)


class LocalJudge(AbstractAsyncContextManager["LocalJudge"]):
    """A model in a folder, such as ShieldAgent's; it judges one episode at a time.

    It answers the same question always alike, so that it is not asked again.
    """

    def __init__(self, folder: Path, prompt: Prompt | None = None, *, tokens: int = 0) -> None:
        """Load the model, on the accelerator if there is one.

        Args:
            folder: of the model.
            prompt: what it is asked; by default triact's own.
            tokens: limit of an answer; 0 finds it out.

        Raises:
            UserMistake: the folder holds no model.
        """
        self.folder = folder
        self._prompt = prompt or Prompt()
        self._limits = _list_limits(tokens)
        self._model, self._tokenizer = _load(folder)
        self._context = int(self._model.config.max_position_embeddings)
        self._one = Lock()
        self.name = f"{folder.name}, {self._prompt.name}"
        self.repeats = self._prompt.published

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is held open; the model stays loaded."""

    def start_with(self, tokens: int) -> None:
        """See `SafetyJudge`."""
        self._limits = _drop_low(self._limits, tokens)

    async def judge(self, transcript: JudgeInput) -> Judgement:
        """See `SafetyJudge`."""
        return await find_verdict(partial(self._ask, self._prompt.write(transcript)), self._limits)

    async def _ask(self, messages: Sequence[ChatMessage], limit: int, attempt: int) -> Heard:
        return await asyncio.to_thread(self._complete, messages, limit)

    def _complete(self, messages: Sequence[ChatMessage], limit: int) -> Heard:
        import torch

        asked = self._tokenizer.apply_chat_template(
            list(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self._model.device)
        length = asked["input_ids"].shape[1]
        room = self._context - length
        if room < min(limit, SHORT):
            raise ContextFull(f"the judge takes {self._context} tokens, the episode has {length}")
        with self._one, torch.no_grad():
            found = self._model.generate(
                **asked,
                do_sample=False,
                num_beams=1,
                repetition_penalty=1.0,  # folders bring defaults of their own
                max_new_tokens=min(limit, room),
                pad_token_id=self._tokenizer.eos_token_id,
            )
        ids = found[0, length:].tolist()
        text = str(self._tokenizer.decode(ids, skip_special_tokens=True))
        return Heard(text, cut=ids[-1] not in self._list_ends())

    def _list_ends(self) -> list[int]:
        """Tokens that end an answer; a model may have several."""
        named = self._model.generation_config.eos_token_id
        return [self._tokenizer.eos_token_id, *(named if isinstance(named, list) else [named])]


def _list_limits(tokens: int) -> Sequence[int]:
    return (tokens,) if tokens else (SHORT, LONG)


def _drop_low(limits: Sequence[int], tokens: int) -> Sequence[int]:
    return [limit for limit in limits if limit >= tokens] or limits[-1:]


def _load(folder: Path) -> tuple[Any, Any]:
    """A model and its tokenizer; half precision on an accelerator, as in the published scoring."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.models.quiet import hide_bars

    hide_bars()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.float16 if device == "cuda" else "auto"
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder))
        model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=dtype)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserMistake(f"{folder}: cannot be loaded as a judge: {reason}") from error
    return model.to(device).eval(), tokenizer
