"""Batched decoding on the CPU with a key-value cache, for Llama- and Qwen-shaped models.

The generic `generate` reads every prompt anew, pads it to the longest, runs finished rows on, and
copies its cache at every token. This one remembers conversations, so that a prompt which continues
one costs its new tokens only, reads a beginning that several prompts share once, pads nothing, lets
finished rows go, and takes new prompts in while others are still being continued.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tool_catalog.errors import ContextFull
from train.models.decoding.decoder import Guiding, Ids, keep_allowed
from train.models.decoding.guides import Guide
from train.models.decoding.network import CachedNetwork
from train.models.decoding.prefixes import Beginning, plan_origins
from train.models.precision import choose_linear_dtype

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


@dataclass(slots=True)
class _Turn:
    """A completion that waits or is under way."""

    ticket: int
    prompt: Ids
    guide: Guide | None = None
    said: Ids = field(default_factory=list)


class CachedDecoder:
    """Continues token sequences; remembers conversations as long as nothing else needs their place.

    Args:
        model: that `fits`.
        tokenizer: of the model.
        max_new_tokens: of a completion.
        temperature: of sampling; 0 takes the likeliest token.
        seed: of sampling.
        memory: bytes that the model and its cache may take together; prompts that do not fit in
            wait until others have ended.
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
        self._tickets = 0
        self._waiting: list[_Turn] = []
        self._active: list[_Turn] = []
        """Those in the first rows of the cache."""
        self._resting: list[Ids] = []
        """What the rows after them have read, the latest first."""
        self._logits: Any = None

    def refresh(self, seed: int) -> None:
        """Read the model's weights anew and forget the conversations; none may be under way.

        Args:
            seed: of what is sampled from here on, whatever was before.
        """
        self._net.load()
        self._dice.manual_seed(seed)
        self._resting = []

    def complete(self, prompts: Sequence[Ids], guides: Guiding = ()) -> list[Ids]:
        """See `Decoder`. A completion may also end because the model takes no more tokens.

        Raises:
            ContextFull: a prompt is longer than what the model takes.
        """
        tickets = self.admit(prompts, guides)
        found: dict[int, Ids] = {}
        while len(found) < len(tickets):
            found |= self.advance()
        return [found[ticket] for ticket in tickets]

    def admit(self, prompts: Sequence[Ids], guides: Guiding = ()) -> list[int]:
        """See `StreamingDecoder`.

        Raises:
            ContextFull: a prompt is longer than what the model takes.
        """
        longest = max(map(len, prompts), default=0)
        if longest > self._net.positions:
            raise ContextFull(
                f"a prompt has {longest} tokens; the model takes {self._net.positions}"
            )
        first = self._tickets
        self._tickets += len(prompts)
        tickets = list(range(first, self._tickets))
        self._waiting += map(_Turn, tickets, map(list, prompts), guides or [None] * len(prompts))
        return tickets

    def advance(self) -> dict[int, Ids]:
        """See `StreamingDecoder`."""
        import torch

        with torch.inference_mode():
            if turns := self._choose():
                self._start(turns)
            self._say(self._active)
            over = self._retire()
            if self._active:
                cache = self._net.cache
                cache.widen(max(cache.lengths[: len(self._active)]) + 1)
                self._logits = self._net.step([turn.said[-1] for turn in self._active])
        return {turn.ticket: turn.said for turn in over}

    def _choose(self) -> list[_Turn]:
        """Waiting turns that memory is left for; a conversation goes on before it is forgotten."""
        self._waiting.sort(key=lambda turn: not self._continues(turn.prompt))
        chosen: list[_Turn] = []
        for turn in self._waiting:
            together = [*self._active, *chosen, turn]
            if len(together) > 1 and len(together) * self._measure(together) > self._places:
                break
            chosen.append(turn)
        self._waiting = self._waiting[len(chosen) :]
        return chosen

    def _continues(self, prompt: Ids) -> bool:
        return any(prompt[: len(ids)] == ids for ids in self._resting)

    def _measure(self, turns: Sequence[_Turn]) -> int:
        """Places that a row needs for the longest of some turns."""
        return max(len(turn.prompt) for turn in turns) + self._limit

    def _start(self, turns: Sequence[_Turn]) -> None:
        """Read prompts into rows after the active ones."""
        import torch

        cache, begin = self._net.cache, len(self._active)
        known = [
            (turn.prompt + turn.said)[:length]
            for turn, length in zip(self._active, cache.lengths, strict=False)
        ]
        known += self._resting
        origins = plan_origins(known, [turn.prompt for turn in turns], _LEAST_SHARED)
        rows = _place([origin.row for origin in origins], begin)
        order = sorted(range(len(rows)), key=rows.__getitem__)
        self._active += [turns[n] for n in order]
        self._arrange(known, [origins[n] for n in order])
        found: dict[int, Any] = {}
        for level in range(1 + max(origin.level for origin in origins)):
            members = [n for n, origin in enumerate(origins) if origin.level == level]
            if level:
                self._share(members, origins, rows)
            targets = [rows[n] for n in members]
            rest = [turns[n].prompt[cache.lengths[rows[n]] :] for n in members]
            found |= zip(targets, self._net.read(targets, rest), strict=True)
        new = torch.stack([found[row] for row in sorted(rows)])
        self._logits = torch.cat([self._logits, new]) if begin else new

    def _arrange(self, known: Sequence[Ids], origins: Sequence[Beginning]) -> None:
        """Make room for new turns after the active ones; others rest where a row is left over."""
        cache, count = self._net.cache, len(self._active)
        begin = count - len(origins)
        width = self._measure(self._active)
        room = max(0, min(cache.rows, self._places // width) - count)
        gone = {o.row for o in origins if o.row >= 0 and o.shared == len(known[o.row])}
        kept = [row for row in range(begin, len(known)) if row not in gone][:room]
        places = _place(kept, count)
        kept = [row for _, row in sorted(zip(places, kept, strict=True))]
        sources = [*range(begin), *(origin.row for origin in origins), *kept]
        lengths = [
            *cache.lengths[:begin],
            *(origin.shared if origin.row >= 0 else 0 for origin in origins),
            *(len(known[row]) for row in kept),
        ]
        ahead = min(self._limit, _AHEAD)
        cache.arrange(sources, lengths, width - self._limit + ahead)
        self._resting = [known[row] for row in kept]

    def _share(
        self, members: Sequence[int], origins: Sequence[Beginning], rows: Sequence[int]
    ) -> None:
        """Copy the beginnings of prompts from others that were read before."""
        cache = self._net.cache
        sources = [rows[origins[n].prompt] for n in members]
        most = max(origins[n].shared for n in members)
        cache.copy([rows[n] for n in members], sources, most)
        for n in members:
            cache.lengths[rows[n]] = origins[n].shared

    def _is_over(self, row: int) -> bool:
        said = self._active[row].said
        if said[-1] == self._end or len(said) == self._limit:
            return True
        return self._net.cache.lengths[row] == self._net.positions

    def _retire(self) -> list[_Turn]:
        """Bring rows that are over behind the active ones."""
        cache, active = self._net.cache, self._active
        over = [row for row in range(len(active)) if self._is_over(row)]
        count = len(active) - len(over)
        stay = [row for row in range(count, len(active)) if row not in over]
        pairs = list(zip((row for row in over if row < count), stay, strict=True))
        if pairs:
            cache.exchange(pairs)
        for one, two in pairs:
            active[one], active[two] = active[two], active[one]
        self._active, ended = active[:count], active[count:]
        rested = zip(ended, cache.lengths[count:], strict=False)
        self._resting[:0] = [(turn.prompt + turn.said)[:length] for turn, length in rested]
        return ended

    def _say(self, turns: Sequence[_Turn]) -> None:
        """Append a token to each, one that its guide allows."""
        for logits, turn in zip(self._logits, turns, strict=True):
            if turn.guide is not None:
                keep_allowed(logits, turn.guide)
        for turn, token in zip(turns, self._pick(self._logits).tolist(), strict=True):
            turn.said.append(token)
            if turn.guide is not None:
                turn.guide.take(token)

    def _pick(self, logits: Any) -> Any:
        if self._temperature == 0:
            return logits.argmax(-1)
        import torch

        shares = (logits / self._temperature).softmax(-1)
        return torch.multinomial(shares, 1, generator=self._dice).squeeze(1)


def _place(wanted: Sequence[int], begin: int) -> list[int]:
    """Rows from `begin` on, without a gap; each the wanted one, where that is free."""
    free = set(range(begin, begin + len(wanted)))
    rows = [-1] * len(wanted)
    for n, row in enumerate(wanted):
        if row in free:
            rows[n] = row
            free.remove(row)
    rest = iter(sorted(free))
    return [next(rest) if row < 0 else row for row in rows]
