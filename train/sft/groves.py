"""TRL's SFT trainer on prefix trees: what the rows of a contrast set share is computed once.

The gradient is that of the rows; logits are made of what is learned only, and nothing is padded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from train.models.family import find_family, write_template
from train.models.lengths import check_lengths
from train.models.loading import uses_cpu
from train.models.prefix_tree import Node, PrefixTree, plant_grove
from train.models.rendering import render_rows, weigh_rows
from train.models.tree_attention import hear_trees, read_tree, takes_trees
from train.presets import Preset


def fits_trees(model: Any, tokenizer: Any, preset: Preset) -> bool:
    """Whether a preset wants trees, and its model can be trained on them.

    That is a Llama or Qwen with all its weights, on the CPU, in conversations of our own form.
    """
    family = find_family(tokenizer)
    return bool(
        preset.sft.tree_tokens
        and uses_cpu(preset)
        and preset.lora is None
        and takes_trees(model)
        and family is not None
        and tokenizer.chat_template == write_template(family)
    )


def plant_rows(
    model: Any, tokenizer: Any, rows: Any, sets: Iterable[Sequence[int]], preset: Preset
) -> Any:
    """A dataset of trees, for `collate_tree`: those of a contrast set one after the other.

    Args:
        model: which must take the longest row.
        tokenizer: of the model.
        rows: as `read_rows` gives them.
        sets: indices of the rows of each set that are learned.
        preset: how.

    Raises:
        UserMistake: a row is longer than the model or the preset allows.
    """
    from datasets import Dataset

    sft, trees = preset.sft, list[PrefixTree]()
    lengths: list[int] = []
    for indices in sets:
        rendered = render_rows(tokenizer.chat_template, [rows[index] for index in indices])
        weighed = weigh_rows(tokenizer, rendered, sft.decision_weight)
        lengths += [len(ids) for ids, _ in weighed]
        trees += plant_grove(weighed, sft.tree_tokens, once=sft.learn_once)
    context = model.config.max_position_embeddings
    check_lengths(lengths, context, sft.max_length, preset.name)
    return Dataset.from_list([asdict(tree) for tree in trees])


def configure_groves(args: Any) -> Any:
    """The trainer's settings where a batch is a tree, and a step as many of them as were rows."""
    size = args.per_device_train_batch_size * args.gradient_accumulation_steps
    return replace(
        args,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=size,
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        assistant_only_loss=False,
        dataset_kwargs={"skip_prepare_dataset": True},
    )


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
                sources = torch.tensor(tree.sources, device=hidden.device)
                logits = model.lm_head(hidden.index_select(0, sources))
            logits = logits.float()
            wanted = torch.tensor(tree.targets, device=logits.device)
            weights = torch.tensor(tree.weights, device=logits.device)
            right = (logits.detach().argmax(-1) == wanted).float().mean()
            self._metrics["train"]["mean_token_accuracy"].append(right.item())
            losses = cross_entropy(logits, wanted, reduction="none")
            total = weights.sum() if num_items_in_batch is None else num_items_in_batch
            return (losses * weights).sum() / total

    return GroveTrainer


def collate_tree(items: Sequence[Any]) -> dict[str, Any]:
    """A batch of one tree.

    Its `labels` are only counted: the trainer divides a step's loss by how many there are, but for
    the first, which for a row has nothing before it. So there are as many as the tree weighs.
    """
    import torch

    (item,) = items
    tree = PrefixTree(**{**item, "nodes": [Node(**part) for part in item["nodes"]]})
    return {"tree": tree, "labels": torch.zeros(1, 1 + round(sum(tree.weights)), dtype=torch.long)}
