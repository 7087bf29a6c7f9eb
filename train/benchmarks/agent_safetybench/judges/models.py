"""Judges: a model behind an endpoint, and a model on this machine."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from gen.engine.endpoint import ChatClient
from tool_catalog.errors import ContextFull, UserMistake
from train.agents.turn import ChatMessage
from train.benchmarks.agent_safetybench.judges.judge import (
    MAX_TOKENS,
    Judgement,
    Prompt,
    read_answer,
)
from train.benchmarks.agent_safetybench.judges.transcript import JudgeInput


class EndpointJudge:
    """A model behind an OpenAI-compatible endpoint, ShieldAgent or any other."""

    def __init__(
        self, client: ChatClient, prompt: Prompt | None = None, *, max_tokens: int = MAX_TOKENS
    ) -> None:
        """Judge by a prompt, by default triact's own; models that think need more tokens."""
        self._prompt = prompt or Prompt()
        self._client = client
        self._settings: Mapping[str, Any] = {"temperature": 0, "max_tokens": max_tokens}
        self.name = f"{client.endpoint.model}, {self._prompt.name}"
        self.repeats = self._prompt.published

    async def judge(self, transcript: JudgeInput) -> Judgement:
        """See `Judge`."""
        reply = await self._client.complete(self._prompt.write(transcript), **self._settings)
        return read_answer(reply.text)


class LocalJudge:
    """A model in a folder, such as ShieldAgent's; it judges one episode at a time."""

    def __init__(self, folder: Path, prompt: Prompt | None = None) -> None:
        """Load the model, on the accelerator if there is one.

        Raises:
            UserMistake: the folder holds no model.
        """
        self._prompt = prompt or Prompt()
        self._model, self._tokenizer = _load(folder)
        self._context = int(self._model.config.max_position_embeddings)
        self._one = Lock()
        self.name = f"{folder.name}, {self._prompt.name}"
        self.repeats = self._prompt.published

    async def judge(self, transcript: JudgeInput) -> Judgement:
        """See `Judge`."""
        messages = self._prompt.write(transcript)
        return read_answer(await asyncio.to_thread(self._complete, messages))

    def _complete(self, messages: list[ChatMessage]) -> str:
        import torch

        asked = self._tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self._model.device)
        length = asked["input_ids"].shape[1]
        if length > self._context - MAX_TOKENS:
            raise ContextFull(f"the judge takes {self._context} tokens, the episode has {length}")
        with self._one, torch.no_grad():
            found = self._model.generate(
                **asked,
                do_sample=False,
                num_beams=1,
                repetition_penalty=1.0,  # folders bring defaults of their own
                max_new_tokens=MAX_TOKENS,
                pad_token_id=self._tokenizer.eos_token_id,
            )
        return str(self._tokenizer.decode(found[0, length:], skip_special_tokens=True))


def _load(folder: Path) -> tuple[Any, Any]:
    """A model and its tokenizer; half precision on an accelerator, as in the published scoring."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.models.loading import hide_bars

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
