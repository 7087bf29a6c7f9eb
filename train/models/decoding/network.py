"""The forward pass of Llama- and Qwen-shaped models over a key-value cache, on the CPU."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from train.models.decoding.cache import KeyValueCache
from train.models.decoding.decoder import Ids

_PACK = 1024
"""Tokens that run through the layers together."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """Weights of a layer; those that are used together are joined. A bias or norm may be absent."""

    before: Any
    qkv: tuple[Any, Any]
    norms: tuple[Any, Any] | None
    out: tuple[Any, Any]
    after: Any
    up: tuple[Any, Any]
    down: tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Tokens of one row that are read together, and what each may look at (`None`: at all)."""

    row: int
    tokens: Ids
    start: int
    ends: bool
    """Whether the row's new tokens end with it."""
    mask: Any


class CachedNetwork:
    """A Llama, Qwen2 or Qwen3 whose rows remember what they have read.

    Norms, attention and what is added up between layers are in float32; linear layers are in a
    type of choice.

    Args:
        model: of transformers; `fits` says which.
        dtype: of linear layers.
    """

    def __init__(self, model: Any, dtype: Any) -> None:
        self._model, self._dtype = model, dtype
        config = model.config
        self._heads: int = config.num_attention_heads
        self._kv: int = config.num_key_value_heads
        size = getattr(config, "head_dim", None) or config.hidden_size // self._heads
        self._size: int = size
        self._eps: float = config.rms_norm_eps
        self.positions: int = config.max_position_embeddings
        self.cache = KeyValueCache(config.num_hidden_layers, self._kv, size)
        self.load()

    def load(self) -> None:
        """Take the model's weights as they are now."""
        import torch

        body = self._model.model
        self._embedding = body.embed_tokens.weight.detach()
        self._head = self._join(self._model.lm_head)
        self._norm = body.norm.weight.detach().float()
        self._layers = [self._take_layer(layer) for layer in body.layers]
        with torch.inference_mode():
            places = torch.arange(self.positions)[None]
            cos, sin = body.rotary_emb(self._norm[None, None], places)
        half = self._size // 2
        # The second half of a head is turned against the first: the sign is put in here.
        self._cos, self._sin = cos[0, :, None], sin[0, :, None].clone()
        self._sin[..., :half].neg_()

    def count_bytes(self) -> int:
        """Memory of the model and of what is held here beside it."""
        layers = [(*layer.qkv, *layer.up, *layer.out, *layer.down) for layer in self._layers]
        held = [self._embedding, *self._head, *(part for layer in layers for part in layer)]
        tensors = [*self._model.parameters(), *(tensor for tensor in held if tensor is not None)]
        return sum({t.data_ptr(): t.numel() * t.element_size() for t in tensors}.values())

    def _take_layer(self, layer: Any) -> _Layer:
        attention, mlp = layer.self_attn, layer.mlp
        norms = None
        if hasattr(attention, "q_norm"):
            q_norm, k_norm = attention.q_norm.weight.detach(), attention.k_norm.weight.detach()
            norms = q_norm.float(), k_norm.float()
        return _Layer(
            layer.input_layernorm.weight.detach().float(),
            self._join(attention.q_proj, attention.k_proj, attention.v_proj),
            norms,
            self._join(attention.o_proj),
            layer.post_attention_layernorm.weight.detach().float(),
            self._join(mlp.gate_proj, mlp.up_proj),
            self._join(mlp.down_proj),
        )

    def _join(self, *parts: Any) -> tuple[Any, Any]:
        """Weight and bias of linear layers side by side; a single one's are the model's own."""
        import torch

        weights = [part.weight.detach().to(self._dtype) for part in parts]
        biases = [part.bias.detach().to(self._dtype) for part in parts if part.bias is not None]
        if len(parts) == 1:
            return weights[0], biases[0] if biases else None
        return torch.cat(weights), torch.cat(biases) if biases else None

    def read(self, rows: Sequence[int], tokens: Sequence[Ids]) -> Any:
        """Append tokens to rows; the logits after each row's last one.

        Rows are read one behind the other, without padding; only places that are asked for have
        logits.
        """
        import torch

        last: dict[int, Any] = {}
        for pack in self._pack(rows, tokens):
            x = self._run_pack(pack)
            end = 0
            for piece in pack:
                end += len(piece.tokens)
                if piece.ends:
                    last[piece.row] = x[end - 1]
        for row, ids in zip(rows, tokens, strict=True):
            self.cache.lengths[row] += len(ids)
        return self._find_logits(torch.stack([last[row] for row in rows]))

    def _pack(self, rows: Sequence[int], tokens: Sequence[Ids]) -> list[list[_Piece]]:
        """Pieces of rows, put together so that none of them is much work alone or too much."""
        packs: list[list[_Piece]] = [[]]
        room = _PACK
        for row, ids in zip(rows, tokens, strict=True):
            done = 0
            while done < len(ids):
                if room == 0:
                    packs.append([])
                    room = _PACK
                part = ids[done : done + room]
                start = self.cache.lengths[row] + done
                done += len(part)
                room -= len(part)
                mask = _mask_future(start, len(part))
                packs[-1].append(_Piece(row, part, start, done == len(ids), mask))
        return packs

    def _run_pack(self, pack: Sequence[_Piece]) -> Any:
        import torch
        from torch.nn.functional import scaled_dot_product_attention

        tokens = torch.tensor([token for piece in pack for token in piece.tokens])
        places = torch.cat([torch.arange(p.start, p.start + len(p.tokens)) for p in pack])
        grouped = self._kv != self._heads

        def attend(number: int, q: Any, k: Any, v: Any) -> Any:
            heard = torch.empty_like(q)
            end = 0
            for piece in pack:
                begin, end = end, end + len(piece.tokens)
                until = piece.start + len(piece.tokens)
                keys = self.cache.keys[number][piece.row : piece.row + 1, :, :until]
                values = self.cache.values[number][piece.row : piece.row + 1, :, :until]
                keys[0, :, piece.start :] = k[begin:end].transpose(0, 1)
                values[0, :, piece.start :] = v[begin:end].transpose(0, 1)
                asked = q[begin:end].transpose(0, 1)[None]
                found = scaled_dot_product_attention(
                    asked, keys, values, piece.mask, enable_gqa=grouped
                )
                heard[begin:end] = found[0].transpose(0, 1)
            return heard

        return self._run_layers(tokens, places, attend)

    def step(self, tokens: Sequence[int]) -> Any:
        """Append one token to each of the first rows; the logits after it."""
        import torch

        rows = len(tokens)
        places = torch.tensor(self.cache.lengths[:rows])
        span = int(places.max()) + 1
        index = torch.arange(rows)
        hidden = torch.arange(span) > places[:, None]
        mask = torch.zeros(rows, span).masked_fill_(hidden, float("-inf"))[:, None, None]
        scale = self._size**-0.5

        def attend(number: int, q: Any, k: Any, v: Any) -> Any:
            keys, values = self.cache.keys[number], self.cache.values[number]
            keys[index, :, places], values[index, :, places] = k, v
            # Heads that share keys are rows of one product: nothing is repeated for them.
            asked = (q * scale).view(rows, self._kv, -1, self._size)
            shares = asked @ keys[:rows, :, :span].transpose(2, 3)
            return (shares.add_(mask).softmax(-1) @ values[:rows, :, :span]).view_as(q)

        x = self._run_layers(torch.tensor(tokens), places, attend)
        for row in range(rows):
            self.cache.lengths[row] += 1
        return self._find_logits(x)

    def _run_layers(self, tokens: Any, places: Any, attend: Any) -> Any:
        """Tokens, each at its place, through all layers.

        `attend` is given a layer's number and its queries, keys and values, by token and head.
        """
        from torch.nn.functional import rms_norm, silu

        cos, sin = self._cos[places], self._sin[places]
        half, turned = self._size // 2, self._heads + self._kv
        x = self._embedding[tokens].float()
        for number, layer in enumerate(self._layers):
            mixed = self._apply(layer.qkv, rms_norm(x, layer.before.shape, layer.before, self._eps))
            mixed = mixed.view(len(x), -1, self._size)
            qk, v = mixed[:, :turned], mixed[:, turned:]
            if layer.norms is not None:
                qk = self._norm_heads(qk, layer.norms)
            qk = qk * cos + qk.roll(half, -1) * sin
            heard = attend(number, qk[:, : self._heads], qk[:, self._heads :], v)
            x = x + self._apply(layer.out, heard.reshape(len(x), -1))
            both = self._apply(layer.up, rms_norm(x, layer.after.shape, layer.after, self._eps))
            gate, value = both.chunk(2, -1)
            x = x + self._apply(layer.down, silu(gate).mul_(value))
        return x

    def _norm_heads(self, qk: Any, norms: tuple[Any, Any]) -> Any:
        import torch
        from torch.nn.functional import rms_norm

        parts = qk.split([self._heads, self._kv], 1)
        return torch.cat(
            [rms_norm(p, n.shape, n, self._eps) for p, n in zip(parts, norms, strict=True)], 1
        )

    def _apply(self, joined: tuple[Any, Any], x: Any) -> Any:
        from torch.nn.functional import linear

        return linear(x.to(self._dtype), *joined).float()

    def _find_logits(self, x: Any) -> Any:
        from torch.nn.functional import rms_norm

        return self._apply(self._head, rms_norm(x, self._norm.shape, self._norm, self._eps))


def _mask_future(start: int, count: int) -> Any:
    """What tokens from a place on may look at: what is before them and themselves."""
    import torch

    if count == 1:
        return None
    return torch.ones(count, start + count, dtype=torch.bool).tril_(start)
