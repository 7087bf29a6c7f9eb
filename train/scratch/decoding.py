"""Batched decoding of a small Qwen3-shaped model on the CPU: its own loop, a static cache.

On a tiny model the generic `generate` spends its time between the operations; this one is several
times faster and, above all, remembers conversations: a prompt that continues one of the last call's
costs its new tokens only.
"""

from collections.abc import Sequence
from typing import Any

from train.models.decoding import Ids


def fits(model: Any) -> bool:
    """Whether `FastDecoder` can run a model: a plain Qwen3 on the CPU."""
    plain = model.config.model_type == "qwen3" and not hasattr(model, "peft_config")
    return bool(plain and model.device.type == "cpu")


class FastDecoder:
    """A decoder of its own for small Qwen3 models; remembers the last call's conversations."""

    def __init__(
        self, model: Any, tokenizer: Any, *, max_new_tokens: int, temperature: float, seed: int
    ) -> None:
        import torch

        self._net = _Network(model)
        self._end = int(tokenizer.eos_token_id)
        self._limit = max_new_tokens
        self._temperature = temperature
        self._dice = torch.Generator().manual_seed(seed)
        self._known: list[Ids] = []
        """What each row of the cache has been fed, the last completion's end included."""

    def refresh(self) -> None:
        """Read the model's weights anew and forget the conversations."""
        self._net.load()
        self._known = []

    def complete(self, prompts: Sequence[Ids]) -> list[Ids]:
        """See `Decoder`."""
        import torch

        if not prompts:
            return []
        with torch.inference_mode():
            suffixes = self._arrange(prompts)
            return self._speak(prompts, suffixes)

    def _arrange(self, prompts: Sequence[Ids]) -> list[Ids]:
        """Give every prompt its row, old ones their old one; return what is still to be fed."""
        free = dict(enumerate(self._known))
        rows: list[int] = []
        for prompt in prompts:
            match = next((r for r, ids in free.items() if prompt[: len(ids)] == ids), None)
            rows.append(-1 if match is None else match)
            free.pop(rows[-1], None)
        fed = [self._net.lengths[row] if row >= 0 else 0 for row in rows]
        need = max(map(len, prompts)) + self._limit + 1
        self._net.reserve(rows, fed, need)
        return [prompt[start:] for prompt, start in zip(prompts, fed, strict=True)]

    def _speak(self, prompts: Sequence[Ids], suffixes: Sequence[Ids]) -> list[Ids]:
        logits = self._net.feed_distinct(suffixes)
        order = list(range(len(prompts)))
        said: list[Ids] = [[] for _ in prompts]
        active = len(order)
        for _ in range(self._limit):
            tokens = self._pick(logits[:active]).tolist()
            for row, token in enumerate(tokens):
                said[order[row]].append(token)
            for row in range(active - 1, -1, -1):
                if tokens[row] == self._end:
                    active -= 1
                    self._net.swap(row, active)
                    order[row], order[active] = order[active], order[row]
                    tokens[row], tokens[active] = tokens[active], tokens[row]
            if active == 0:
                break
            logits = self._net.feed([[token] for token in tokens[:active]])
        self._known = [list(prompts[i]) + said[i] for i in order]
        return said

    def _pick(self, logits: Any) -> Any:
        if self._temperature == 0:
            return logits.argmax(-1)
        import torch

        shares = (logits / self._temperature).softmax(-1)
        return torch.multinomial(shares, 1, generator=self._dice).squeeze(1)


class _Network:
    """The forward pass of a Qwen3 over a cache whose first rows are the active ones."""

    def __init__(self, model: Any) -> None:
        self._model = model
        config = model.config
        self._heads: int = config.num_attention_heads
        self._kv: int = config.num_key_value_heads
        self._size: int = config.head_dim
        self._eps: float = config.rms_norm_eps
        self._positions: int = config.max_position_embeddings
        self.lengths: list[int] = []
        self._keys: Any = None
        self._values: Any = None
        self.load()

    def load(self) -> None:
        """Take the weights, with those that are used together joined."""
        import torch

        def join(*parts: Any) -> Any:
            return torch.cat([part.weight.detach() for part in parts]).t().contiguous()

        body = self._model.model
        self._embedding = body.embed_tokens.weight.detach()
        self._head = self._model.lm_head.weight.detach().t().contiguous()
        self._norm = body.norm.weight.detach()
        self._layers = [
            (
                layer.input_layernorm.weight.detach(),
                join(layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj),
                layer.self_attn.q_norm.weight.detach(),
                layer.self_attn.k_norm.weight.detach(),
                join(layer.self_attn.o_proj),
                layer.post_attention_layernorm.weight.detach(),
                join(layer.mlp.gate_proj, layer.mlp.up_proj),
                join(layer.mlp.down_proj),
            )
            for layer in body.layers
        ]
        places = torch.arange(self._positions)[None]
        cos, sin = body.rotary_emb(self._embedding[:1, None], places)
        self._cos, self._sin = cos[0], sin[0]

    def reserve(self, rows: Sequence[int], fed: Sequence[int], width: int) -> None:
        """Make the cache hold these old rows (-1: a new one), in this order, and `width` places."""
        import torch

        shape = (len(self._layers), len(rows), self._kv, -(-width // 64) * 64, self._size)
        same = self._keys is not None and tuple(self._keys.shape)[3] >= shape[3]
        if same and list(rows) == list(range(len(rows))):
            self.lengths = list(fed)
            return
        keys, values = torch.zeros(shape), torch.zeros(shape)
        kept = [(new, old) for new, old in enumerate(rows) if old >= 0]
        if kept:
            new, old = map(list, zip(*kept, strict=True))
            span = min(self._keys.shape[3], shape[3])
            keys[:, new, :, :span] = self._keys[:, old, :, :span]
            values[:, new, :, :span] = self._values[:, old, :, :span]
        self._keys, self._values, self.lengths = keys, values, list(fed)

    def swap(self, one: int, other: int) -> None:
        """Exchange two rows."""
        if one == other:
            return
        for cache in (self._keys, self._values):
            span = max(self.lengths[one], self.lengths[other])
            kept = cache[:, one, :, :span].clone()
            cache[:, one, :, :span] = cache[:, other, :, :span]
            cache[:, other, :, :span] = kept
        self.lengths[one], self.lengths[other] = self.lengths[other], self.lengths[one]

    def feed_distinct(self, tokens: Sequence[Ids]) -> Any:
        """As `feed`; rows that start with the same tokens are run once and copied."""
        first: dict[tuple[int, ...], int] = {}
        source = [first.setdefault(tuple(ids), len(first)) for ids in tokens]
        if any(self.lengths) or len(first) == len(tokens):
            return self.feed(tokens)
        logits = self.feed([list(ids) for ids in first])
        width = max(map(len, tokens))
        for cache in (self._keys, self._values):
            cache[:, :, :, :width] = cache[:, source, :, :width]
        self.lengths = [self.lengths[row] for row in source]
        return logits[source]

    def feed(self, tokens: Sequence[Ids]) -> Any:
        """Append tokens to the first rows; the logits after each row's last token."""
        import torch
        from torch.nn.functional import rms_norm, scaled_dot_product_attention, silu

        counts = torch.tensor([len(ids) for ids in tokens])
        rows, width = len(tokens), int(counts.max())
        padded = torch.tensor([ids + [0] * (width - len(ids)) for ids in tokens])
        places = torch.tensor(self.lengths[:rows])[:, None] + torch.arange(width)
        # Beside a longer row a short one is padded, maybe past the end. What is written at the last
        # place is never read: a completion's last token is not fed.
        places.clamp_(max=min(self._keys.shape[3], self._positions) - 1)
        span = int(places.max()) + 1
        index = torch.arange(rows)[:, None]
        mask = (torch.arange(span) <= places[:, :, None])[:, None]
        cos, sin = self._cos[places][:, :, None], self._sin[places][:, :, None]
        total = self._heads + 2 * self._kv
        half = self._size // 2
        x = self._embedding[padded]
        for number, (before, qkv, q_norm, k_norm, out, after, up, down) in enumerate(self._layers):
            mixed = rms_norm(x, before.shape, before, self._eps) @ qkv
            q, k, v = mixed.view(rows, width, total, self._size).split(
                [self._heads, self._kv, self._kv], 2
            )
            q = rms_norm(q, q_norm.shape, q_norm, self._eps)
            k = rms_norm(k, k_norm.shape, k_norm, self._eps)
            q = q * cos + torch.cat((-q[..., half:], q[..., :half]), -1) * sin
            k = k * cos + torch.cat((-k[..., half:], k[..., :half]), -1) * sin
            keys, values = self._keys[number, :rows], self._values[number, :rows]
            keys[index, :, places] = k
            values[index, :, places] = v
            heard = scaled_dot_product_attention(
                q.transpose(1, 2), keys[:, :, :span], values[:, :, :span], mask,
                enable_gqa=self._kv != self._heads,
            )  # fmt: skip
            x = x + heard.transpose(1, 2).reshape(rows, width, -1) @ out
            gate, value = (rms_norm(x, after.shape, after, self._eps) @ up).chunk(2, -1)
            x = x + (silu(gate) * value) @ down
        last = x[torch.arange(rows), counts - 1]
        for row, ids in enumerate(tokens):
            self.lengths[row] += len(ids)
        return rms_norm(last, self._norm.shape, self._norm, self._eps) @ self._head
