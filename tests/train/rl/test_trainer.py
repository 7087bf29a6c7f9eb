from typing import Any

import pytest
import torch

from train.presets import RlSettings
from train.rl.trainer import make_grpo_trainer


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
