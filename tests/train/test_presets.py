"""What a preset may set, and what is said of a wrong one."""

from pathlib import Path

import pytest

from tool_catalog.errors import UserMistake
from train.presets import load_preset, preset_names
from train.reward import DEFAULT


def _write(folder: Path, weights: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(
        "name: mine\nsummary: mine\nmodel: some/model\n"
        "sft: {learning_rate: 0.1, batch_size: 1}\n"
        f"rl: {{learning_rate: 0.1, steps: 1, prompts: 4, generations: 2, weights: {weights}}}\n",
        encoding="utf-8",
    )
    return path


def test_the_shipped_presets_pay_by_the_shipped_weights():
    assert preset_names() == ["qwen3-0.6b", "qwen3-8b-lora", "tiny"]
    assert all(load_preset(name).rl.weights == DEFAULT for name in preset_names())


def test_a_preset_sets_one_weight_and_leaves_the_others(tmp_path):
    weights = load_preset(_write(tmp_path, "{silent: -0.5}")).rl.weights
    assert weights.silent == -0.5
    assert weights.model_copy(update={"silent": DEFAULT.silent}) == DEFAULT


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("{silend: -0.5}", "rl.weights.silend: Extra inputs are not permitted"),
        ("{unsafe: -2}", "rl.weights.unsafe: Input should be greater than or equal to -1"),
        ("{silent: 0.5}", "rl.weights.silent: Input should be less than or equal to 0"),
    ],
)
def test_a_wrong_weight_is_said_with_its_key(tmp_path, weights, said):
    with pytest.raises(UserMistake, match=said):
        load_preset(_write(tmp_path, weights))
