"""Decoding: prompts in, completions out, many at a time, for any local model."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from train.models.decoding.guides import Guide

Ids = list[int]
Guiding = Sequence[Guide | None]
"""A guide for each prompt, where it has one; empty where none has."""


class Decoder(Protocol):
    """Continues token sequences."""

    def complete(self, prompts: Sequence[Ids], guides: Guiding = ()) -> list[Ids]:
        """One completion a prompt, ending in the end token unless the limit came first."""
        ...


@runtime_checkable
class StreamingDecoder(Protocol):
    """A decoder that takes new prompts in while it continues others."""

    def admit(self, prompts: Sequence[Ids], guides: Guiding = ()) -> list[int]:
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

    def complete(self, prompts: Sequence[Ids], guides: Guiding = ()) -> list[Ids]:
        """See `Decoder`."""
        import torch

        if not prompts:
            return []
        batch = self._tokenizer.pad(
            {"input_ids": list(prompts)}, padding_side="left", return_tensors="pt"
        ).to(self._model.device)
        torch.manual_seed(self._seed)
        self._seed += 1
        settings = dict(self._settings)
        if guides:
            settings["logits_processor"] = [_Following(guides, self._tokenizer.eos_token_id)]
        with torch.inference_mode():
            rows = self._model.generate(
                **batch,
                **settings,
                eos_token_id=self._tokenizer.eos_token_id,
                pad_token_id=self._tokenizer.pad_token_id,
            )
        width = batch["input_ids"].shape[1]
        return [_cut(row, self._tokenizer.eos_token_id) for row in rows[:, width:].tolist()]


class _Following:
    """A logits processor of `generate`: rows say what their guides allow.

    Args:
        guides: of the rows.
        end: token after which a row is over.
    """

    def __init__(self, guides: Guiding, end: int) -> None:
        self._guides, self._end = dict(enumerate(guides)), end
        self._begun = False

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        for row, guide in list(self._guides.items()):
            if guide is None:
                continue
            if self._begun:
                token = int(input_ids[row, -1])
                if token == self._end:
                    del self._guides[row]
                    continue
                guide.take(token)
            keep_allowed(scores[row], guide)
        self._begun = True
        return scores


def keep_allowed(scores: Any, guide: Guide) -> None:
    """Leave only what may follow a chance; shape (vocabulary,), changed."""
    import torch

    scores[~torch.from_numpy(guide.show()).to(scores.device)] = -torch.inf


def _cut(ids: Ids, end: int) -> Ids:
    return ids[: ids.index(end) + 1] if end in ids else ids
