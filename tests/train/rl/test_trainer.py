"""TRL's GRPO trainer on the CPU learns what it would learn, from less."""

from typing import Any

import pytest
import torch

from train.models.prefix_tree import plant
from train.models.tree_attention import hear_trees
from train.presets import RlSettings
from train.rl.trainer import (
    _locate_row,
    _make_tree_reader,
    _measure_tokens,
    _read_rows,
    make_grpo_trainer,
)


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


PROMPTS = [[5, 6, 7, 8, 9], [5, 6, 7], [5, 6, 7, 8, 9]]
COMPLETIONS = [[10, 11, 12], [13, 14], [10, 11, 15, 16]]


def _pad() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Prompts on the left, completions on the right, and what of them is the agent's own."""
    before, after = max(map(len, PROMPTS)), max(map(len, COMPLETIONS))
    ids, mask, own = [], [], []
    for prompt, said in zip(PROMPTS, COMPLETIONS, strict=True):
        left, right = before - len(prompt), after - len(said)
        ids.append([0] * left + prompt + said + [0] * right)
        mask.append([0] * left + [1] * (len(prompt) + len(said)) + [0] * right)
        own.append([1] * len(said) + [0] * right)
    learned = torch.tensor(own).bool()
    learned[2, 1] = False  # as a tool's result in the middle of an episode
    return torch.tensor(ids), torch.tensor(mask), learned


@pytest.mark.parametrize("budget", [8, 12, 100])
def test_episodes_read_as_trees_are_foretold_from_the_same_states(budget: int) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=20, hidden_size=16, intermediate_size=16, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    ids, mask, learned = _pad()
    rows = _read_rows(model, ids, mask, learned)
    assert rows.shape == (int(learned.sum()), 16)
    with hear_trees(model):
        trees = _make_tree_reader(budget)(model, ids, mask, learned)
    assert torch.allclose(rows, trees, atol=1e-5)


def test_a_row_of_no_tree_is_an_error_of_ours() -> None:
    tree = plant([([1, 2, 3], [0.0] * 3)], once=True)
    assert _locate_row([tree], [1, 2, 3]) == [0, 1, 2]
    for row in ([1, 2, 4], [1, 2, 3, 4], [9]):
        with pytest.raises(ValueError, match="none of the trees"):
            _locate_row([tree], row)


def test_tokens_that_are_not_learned_have_no_share_in_the_loss() -> None:
    ids, _, learned = _pad()
    logits = torch.randn(int(learned.sum()), 20, generator=torch.Generator().manual_seed(0))
    chosen, entropies = _measure_tokens(logits, ids, learned)
    assert (chosen[~learned] == 0).all()
    assert (entropies[~learned] == 0).all()
    first = logits[0].log_softmax(-1)
    assert chosen[0, 0] == first[10]
    assert torch.allclose(entropies[0, 0], -(first.exp() * first).sum())
