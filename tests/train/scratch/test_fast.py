from collections import defaultdict
from itertools import pairwise
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from train.presets import RlSettings
from train.scratch.fast import make_grpo_trainer, make_sft_trainer, order_by_length


class Base:
    """What `make_sft_trainer` needs of TRL's trainer."""

    def __init__(self) -> None:
        self._metrics = {"train": defaultdict(list)}


class Model(nn.Module):
    """Says what comes next by the present token alone."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed = nn.Embedding(6, 4)
        self.lm_head = nn.Linear(4, 6)

    def model(self, input_ids: torch.Tensor, use_cache: bool) -> Any:
        return SimpleNamespace(last_hidden_state=self.embed(input_ids))


IDS = torch.tensor([[1, 2, 3, 4, 0], [1, 3, 5, 0, 0]])
LABELS = torch.tensor([[-100, -100, 3, 4, -100], [-100, 3, 5, -100, -100]])


def weigh(weights: list[float]) -> torch.Tensor:
    """The loss over the four learned tokens 3, 4, 3, 5 by hand."""
    model = Model()
    logits = model.lm_head(model.embed(torch.tensor([2, 3, 1, 3])))
    losses = nn.functional.cross_entropy(logits, torch.tensor([3, 4, 3, 5]), reduction="none")
    shares = torch.tensor(weights)
    return (losses * shares).sum() / shares.sum()


def compute(*options: Any) -> torch.Tensor:
    inputs = {"input_ids": IDS, "labels": LABELS}
    return make_sft_trainer(Base, *options)().compute_loss(Model(), inputs)


def test_unweighted_loss_is_the_mean_over_learned_tokens() -> None:
    assert compute().item() == pytest.approx(weigh([1, 1, 1, 1]).item())


def test_label_tokens_count_as_often_as_they_are_told_to() -> None:
    assert compute([3], 10).item() == pytest.approx(weigh([10, 1, 10, 1]).item())
    assert compute([3], 10).item() != pytest.approx(weigh([1, 1, 1, 1]).item())


def test_losses_of_accumulated_batches_add_up() -> None:
    inputs = {"input_ids": IDS, "labels": LABELS}
    loss = make_sft_trainer(Base)().compute_loss(Model(), inputs, num_items_in_batch=8)
    assert loss.item() == pytest.approx(weigh([1, 1, 1, 1]).item() / 2)


def test_batches_hold_rows_of_like_length_in_random_order() -> None:
    dice = Random(0)
    lengths = [dice.randrange(50, 800) for _ in range(1003)]
    order = order_by_length(lengths, 4, seed=1)
    assert sorted(order) == list(range(1003))
    batches = [[lengths[i] for i in order[n : n + 4]] for n in range(0, 1000, 4)]
    padded = sum(max(batch) * 4 for batch in batches) / sum(map(sum, batches))
    assert padded < 1.05
    means = [sum(batch) / 4 for batch in batches]
    rises = sum(one < two for one, two in pairwise(means)) / len(means)
    assert 0.4 < rises < 0.6
    assert order == order_by_length(lengths, 4, seed=1) != order_by_length(lengths, 4, seed=2)


def test_rows_that_fill_no_batch_come_last() -> None:
    assert order_by_length([9, 1, 5], 2, seed=0)[2:] == [0]
    assert order_by_length([], 2, seed=0) == []


class MeanOverRows:
    """TRL's loss as far as it matters here: something of each row, meant over the rows."""

    def _compute_loss(self, model: Any, inputs: Any) -> Any:
        return (inputs["advantages"] * inputs["completion_mask"].sum(1)).mean()


class SumOverRows:
    """The same where the divisor is that of the whole step."""

    def _compute_loss(self, model: Any, inputs: Any) -> Any:
        return (inputs["advantages"] * inputs["completion_mask"].sum(1)).sum() / 100


@pytest.mark.parametrize(
    ("loss", "base"),
    [
        ("grpo", MeanOverRows),
        ("dr_grpo", MeanOverRows),
        ("bnpo", MeanOverRows),
        ("dapo", SumOverRows),
    ],
)
def test_leaving_rows_without_advantage_out_does_not_change_the_loss(loss: str, base: Any) -> None:
    ones = torch.ones(4, 3, dtype=torch.long)
    inputs = {
        "advantages": torch.tensor([0.0, 0.5, 0.0, -2.0]),
        "prompt_ids": ones, "prompt_mask": ones, "completion_ids": ones,
        "completion_mask": torch.tensor([[1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 0]]),
        "tool_mask": ones,
    }  # fmt: skip
    settings = RlSettings(learning_rate=1, steps=1, prompts=4, generations=1, loss=loss)
    trainer = make_grpo_trainer(base, None, settings)()
    assert trainer._compute_loss(None, inputs) == base()._compute_loss(None, inputs) != 0
