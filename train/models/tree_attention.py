"""Attention in a prefix tree: every token hears its own row, and nothing of its siblings'.

Installed as one of transformers' attention functions, so that the models of transformers run as
they are, on one row that holds the whole tree.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from train.models.prefix_tree import PrefixTree

NAME = "triact_tree"
_TYPES = frozenset({"llama", "qwen2", "qwen3"})
"""Models whose layers hand on to attention whatever they are given."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A node's queries, and what they hear."""

    size: int
    """How many tokens it has."""
    heard: list[int]
    """The nodes whose keys it hears: those before it in its rows, then itself."""
    mask: Any
    """Whether a query (rows) hears a key (columns)."""


def takes_trees(model: Any) -> bool:
    """Whether a model can read trees: a Llama or Qwen on the CPU, without an adapter."""
    kind = getattr(getattr(model, "config", None), "model_type", "")
    return kind in _TYPES and model.device.type == "cpu" and not hasattr(model, "peft_config")


def list_branches(tree: PrefixTree) -> list[Branch]:
    """What attention needs to know of a tree; the same in every layer."""
    import torch

    branches = []
    for number, node in enumerate(tree.nodes):
        path = tree.path(number)
        size = node.stop - node.start
        heard = sum(tree.nodes[n].stop - tree.nodes[n].start for n in path)
        mask = torch.ones(size, heard, dtype=torch.bool).tril(heard - size)
        branches.append(Branch(size, path, mask))
    return branches


def _attend(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any = None,
    *,
    scaling: float | None = None,
    branches: list[Branch],
    **_: Any,
) -> tuple[Any, None]:
    """`(1, heads, tokens, size)` in, `(1, tokens, heads, size)` out; in float32 whatever came in.

    Attention in bfloat16 is slower than in float32 on every CPU that was measured.
    """
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    with torch.autocast(query.device.type, enabled=False):
        query, key, value, kind = query.float(), key.float(), value.float(), query.dtype
        sizes = [branch.size for branch in branches]
        queries, keys, values = (found.split(sizes, 2) for found in (query, key, value))
        parts = [
            scaled_dot_product_attention(
                own, torch.cat([keys[n] for n in branch.heard], 2),
                torch.cat([values[n] for n in branch.heard], 2), branch.mask,
                scale=scaling, enable_gqa=True,
            )
            for own, branch in zip(queries, branches, strict=True)
        ]  # fmt: skip
        heard = torch.cat(parts, 2).to(kind)
    return heard.transpose(1, 2).contiguous(), None


@contextmanager
def hear_trees(model: Any) -> Iterator[None]:
    """Let a model read trees (`read_tree`) while this lasts."""
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    ALL_ATTENTION_FUNCTIONS.register(NAME, _attend)
    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, lambda *_, **__: None)
    before = model.config._attn_implementation
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def read_tree(model: Any, tree: PrefixTree) -> Any:
    """The last hidden states of a tree's tokens, `(tokens, hidden)`, within `hear_trees`."""
    import torch

    device = model.get_input_embeddings().weight.device
    found = model.model(
        input_ids=torch.tensor([tree.tokens], device=device),
        position_ids=torch.tensor([tree.positions], device=device),
        use_cache=False,
        branches=list_branches(tree),
    )
    return found.last_hidden_state[0]
