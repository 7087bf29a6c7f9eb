"""Batched decoding on the CPU with a key-value cache, for Llama- and Qwen-shaped models.

The generic `generate` reads every prompt anew, pads it to the longest, runs finished rows on, and
copies its cache at every token. This one remembers conversations, so that a prompt which continues
one of the last call's costs its new tokens only, reads a beginning that several prompts share once,
pads nothing, and lets finished rows go.
"""

from collections.abc import Sequence
from typing import Any

from tool_catalog.errors import ContextFull
from train.models.cached_network import CachedNetwork
from train.models.decoding import Ids
from train.models.precision import choose_linear_dtype
from train.models.prefixes import Origin, plan_origins

_SHAPES = ("llama", "qwen2", "qwen3")
_MEMORY = 3 * 10**9
"""Bytes that the model and the cache may take together."""
_CACHE_SHARE = 6
"""What part of the memory the cache may take however large the model is."""
_SMALL = 20_000_000
"""Parameters below which half precision would gain nothing."""
_LEAST_SHARED = 64
"""Tokens that prompts must share for one to wait until the other is read."""
_AHEAD = 128
"""Places for completions that are made at once; more follow by need."""


def fits(model: Any) -> bool:
    """Whether `CachedDecoder` can run a model: a plain Llama, Qwen2 or Qwen3 on the CPU."""
    config = model.config
    if config.model_type not in _SHAPES or hasattr(model, "peft_config"):
        return False
    rope = config.rope_parameters or {}
    # Such a rope's angles are others once a conversation is long.
    turned = rope.get("rope_type") != "longrope" and rope.get("partial_rotary_factor", 1) == 1
    layers = getattr(config, "layer_types", None) or ()
    whole = all(kind == "full_attention" for kind in layers)
    plain = config.hidden_act == "silu" and not hasattr(model, "hf_quantizer")
    return bool(turned and whole and plain and model.device.type == "cpu")


class CachedDecoder:
    """Continues token sequences; remembers the last call's conversations.

    Args:
        model: that `fits`.
        tokenizer: of the model.
        max_new_tokens: of a completion.
        temperature: of sampling; 0 takes the likeliest token.
        seed: of sampling.
        memory: bytes that the model and its cache may take together; prompts that do not fit in
            at the same time are decoded in turns.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        max_new_tokens: int,
        temperature: float,
        seed: int,
        memory: int = _MEMORY,
    ) -> None:
        import torch

        small = sum(p.numel() for p in model.parameters()) < _SMALL
        self._net = CachedNetwork(model, torch.float32 if small else choose_linear_dtype())
        left = max(memory // _CACHE_SHARE, memory - self._net.count_bytes())
        self._places = left // self._net.cache.token_bytes
        self._end = int(tokenizer.eos_token_id)
        self._limit = max_new_tokens
        self._temperature = temperature
        self._dice = torch.Generator().manual_seed(seed)
        self._known: list[Ids] = []
        """What each row of the cache has read."""

    def refresh(self) -> None:
        """Read the model's weights anew and forget the conversations."""
        self._net.load()
        self._known = []

    def complete(self, prompts: Sequence[Ids]) -> list[Ids]:
        """See `Decoder`. A completion may also end because the model takes no more tokens.

        Raises:
            ContextFull: a prompt is longer than what the model takes.
        """
        import torch

        longest = max(map(len, prompts), default=0)
        if longest > self._net.positions:
            raise ContextFull(
                f"a prompt has {longest} tokens; the model takes {self._net.positions}"
            )
        said: list[Ids] = [[] for _ in prompts]
        with torch.inference_mode():
            for part in self._deal(prompts):
                found = self._speak([prompts[index] for index in part])
                for index, ids in zip(part, found, strict=True):
                    said[index] = ids
        return said

    def _deal(self, prompts: Sequence[Ids]) -> list[list[int]]:
        """Parts that fit into memory; a conversation goes on before it is forgotten."""
        parts: list[list[int]] = [[]]
        order = list(range(len(prompts)))
        width = max(map(len, prompts), default=0) + self._limit
        if len(prompts) * width > self._places:
            order.sort(key=lambda i: (not self._continues(prompts[i]), len(prompts[i])))
        width = 0
        for index in order:
            width = max(width, len(prompts[index]) + self._limit)
            if parts[-1] and (len(parts[-1]) + 1) * width > self._places:
                parts.append([])
                width = len(prompts[index]) + self._limit
            parts[-1].append(index)
        return [part for part in parts if part]

    def _continues(self, prompt: Ids) -> bool:
        return any(prompt[: len(ids)] == ids for ids in self._known)

    def _speak(self, prompts: Sequence[Ids]) -> list[Ids]:
        cache = self._net.cache
        order, logits = self._read(prompts)
        said: list[Ids] = [[] for _ in prompts]
        active = len(prompts)
        while True:
            tokens = self._pick(logits).tolist()
            for prompt, token in zip(order, tokens, strict=False):
                said[prompt].append(token)
            over = [row for row in range(active) if self._is_over(row, said[order[row]])]
            active = self._retire(over, active, order, tokens)
            if active == 0:
                break
            cache.widen(max(cache.lengths[:active]) + 1)
            logits = self._net.step(tokens[:active])
        self._known = [
            (prompts[prompt] + said[prompt])[:length]
            for prompt, length in zip(order, cache.lengths, strict=True)
        ]
        return said

    def _read(self, prompts: Sequence[Ids]) -> tuple[list[int], Any]:
        """Read prompts; which of them each row has, and the logits after it."""
        cache = self._net.cache
        origins = plan_origins(self._known, prompts, _LEAST_SHARED)
        rows = _place(origins)
        order = sorted(range(len(rows)), key=rows.__getitem__)
        by_row = [origins[index] for index in order]
        kept = [origin.shared if origin.row >= 0 else 0 for origin in by_row]
        width = max(map(len, prompts)) + min(self._limit, _AHEAD)
        cache.arrange([origin.row for origin in by_row], kept, width)
        found: dict[int, Any] = {}
        for level in range(1 + max(origin.level for origin in origins)):
            members = [n for n, origin in enumerate(origins) if origin.level == level]
            if level:
                self._share(members, origins, rows)
            targets = [rows[n] for n in members]
            rest = [prompts[n][cache.lengths[rows[n]] :] for n in members]
            found |= zip(targets, self._net.read(targets, rest), strict=True)
        import torch

        return order, torch.stack([found[row] for row in range(len(rows))])

    def _share(
        self, members: Sequence[int], origins: Sequence[Origin], rows: Sequence[int]
    ) -> None:
        """Copy the beginnings of prompts from others that were read before."""
        cache = self._net.cache
        sources = [rows[origins[n].prompt] for n in members]
        most = max(origins[n].shared for n in members)
        cache.copy([rows[n] for n in members], sources, most)
        for n in members:
            cache.lengths[rows[n]] = origins[n].shared

    def _is_over(self, row: int, said: Ids) -> bool:
        if said[-1] == self._end or len(said) == self._limit:
            return True
        return self._net.cache.lengths[row] == self._net.positions

    def _retire(self, over: Sequence[int], active: int, order: list[int], tokens: list[int]) -> int:
        """Bring rows that are over behind the active ones; how many are active now."""
        active -= len(over)
        stay = sorted({*range(active, active + len(over))}.difference(over))
        pairs = list(zip((row for row in over if row < active), stay, strict=True))
        if pairs:
            self._net.cache.exchange(pairs)
        for one, two in pairs:
            order[one], order[two] = order[two], order[one]
            tokens[one], tokens[two] = tokens[two], tokens[one]
        return active

    def _pick(self, logits: Any) -> Any:
        if self._temperature == 0:
            return logits.argmax(-1)
        import torch

        shares = (logits / self._temperature).softmax(-1)
        return torch.multinomial(shares, 1, generator=self._dice).squeeze(1)


def _place(origins: Sequence[Origin]) -> list[int]:
    """A row for each prompt; where it can be, that which has read its beginning."""
    rows = [-1] * len(origins)
    free = set(range(len(origins)))
    for n, origin in enumerate(origins):
        if origin.row in free:
            rows[n] = origin.row
            free.remove(origin.row)
    rest = iter(sorted(free))
    return [next(rest) if row < 0 else row for row in rows]
