"""Decoding: prompts in, completions out, many at a time, for any local model."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

Ids = list[int]


class Decoder(Protocol):
    """Continues token sequences."""

    def complete(self, prompts: Sequence[Ids]) -> list[Ids]:
        """One completion a prompt, ending in the end token unless the limit came first."""
        ...


@runtime_checkable
class StreamingDecoder(Protocol):
    """A decoder that takes new prompts in while it continues others."""

    def admit(self, prompts: Sequence[Ids]) -> list[int]:
        """Let prompts wait for their turn; a ticket for each."""
        ...

    def advance(self) -> dict[int, Ids]:
        """Append a token to everything admitted that has room; completions that are over by it.

        Something must be admitted that is not over.
        """
        ...


class SlowDecoder:
    """`model.generate` over left-padded prompts."""

    def __init__(
        self, model: Any, tokenizer: Any, *, max_new_tokens: int, temperature: float, seed: int
    ) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._settings: dict[str, Any] = {"max_new_tokens": max_new_tokens, "do_sample": False}
        if temperature > 0:
            self._settings |= {"do_sample": True, "temperature": temperature, "top_k": 0}
        self._seed = seed

    def complete(self, prompts: Sequence[Ids]) -> list[Ids]:
        """See `Decoder`."""
        import torch

        if not prompts:
            return []
        batch = self._tokenizer.pad(
            {"input_ids": list(prompts)}, padding_side="left", return_tensors="pt"
        ).to(self._model.device)
        torch.manual_seed(self._seed)
        self._seed += 1
        with torch.inference_mode():
            rows = self._model.generate(
                **batch,
                **self._settings,
                eos_token_id=self._tokenizer.eos_token_id,
                pad_token_id=self._tokenizer.pad_token_id,
            )
        width = batch["input_ids"].shape[1]
        return [_cut(row, self._tokenizer.eos_token_id) for row in rows[:, width:].tolist()]


def _cut(ids: Ids, end: int) -> Ids:
    return ids[: ids.index(end) + 1] if end in ids else ids
