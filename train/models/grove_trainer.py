"""TRL's SFT trainer on prefix trees: what the rows of a contrast set share is computed once.

The gradient is that of the rows; logits are made of what is learned only, and nothing is padded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from train.models.prefix_tree import PrefixTree, Row, Segment, plant_grove
from train.models.tree_attention import hear_trees, read_tree

_TYPES = frozenset({"llama", "qwen2", "qwen3"})
"""Models whose layers hand on to attention whatever they are given."""


def fits_trees(model: Any) -> bool:
    """Whether a model can be trained on trees: a Llama or Qwen, without an adapter."""
    return model.config.model_type in _TYPES and not hasattr(model, "peft_config")


def plant_sets(sets: Iterable[Sequence[Row]], budget: int, *, once: bool) -> list[PrefixTree]:
    """The trees of some contrast sets, in their order, those of a set one after the other.

    Args:
        sets: the rows of each.
        budget: most tokens of a tree; what takes memory is its size.
        once: whether what rows share is learned once or for each of them.
    """
    return [tree for rows in sets for tree in plant_grove(rows, budget, once=once)]


def make_grove_trainer(base: Any, linear_dtype: Any) -> Any:
    """A subclass of TRL's `SFTTrainer` whose rows are the fields of a `PrefixTree`.

    Args:
        base: `SFTTrainer`; its batch size is one tree.
        linear_dtype: of linear layers; weights, attention and losses stay in float32.
    """
    import torch
    from torch.nn.functional import cross_entropy

    class GroveTrainer(base):  # type: ignore[misc]  # its base is untyped
        """See `make_grove_trainer`."""

        def train(self, *args: Any, **kwargs: Any) -> Any:
            with hear_trees(self.model):
                return super().train(*args, **kwargs)

        def compute_loss(
            self,
            model: Any,
            inputs: Any,
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            tree = inputs["tree"]
            half = linear_dtype is not torch.float32
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                hidden = read_tree(model, tree)
                logits = model.lm_head(hidden[tree.sources])
            logits = logits.float()
            wanted = torch.tensor(tree.targets, device=logits.device)
            weights = torch.tensor(tree.weights, device=logits.device)
            right = (logits.detach().argmax(-1) == wanted).float().mean()
            self._metrics["train"]["mean_token_accuracy"].append(right.item())
            losses = cross_entropy(logits, wanted, reduction="none")
            total = weights.sum() if num_items_in_batch is None else num_items_in_batch
            return (losses * weights).sum() / total

    return GroveTrainer


def list_items(trees: Iterable[PrefixTree]) -> Any:
    """Trees as a dataset, which is what TRL takes; `collate_tree` makes trees of it again."""
    from datasets import Dataset

    return Dataset.from_list([asdict(tree) for tree in trees])


def collate_tree(items: Sequence[Any]) -> dict[str, Any]:
    """A batch of one tree.

    Its `labels` are only counted: the trainer divides a step's loss by how many there are, but for
    the first, which for a row has nothing before it. So there are as many as the tree weighs.
    """
    import torch

    (item,) = items
    tree = PrefixTree(**{**item, "segments": [Segment(**part) for part in item["segments"]]})
    return {"tree": tree, "labels": torch.zeros(1, 1 + round(sum(tree.weights)), dtype=torch.long)}
