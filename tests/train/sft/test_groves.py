"""Contrast sets as trees teach what their rows teach, and weigh what decides."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from small_models import make_preset, make_tokenizer, save_pretrained

from tool_catalog.errors import UserMistake
from train.models.family import CHATML, write_template
from train.models.loading import freeze
from train.models.rendering import render_rows, weigh_rows
from train.presets import Preset
from train.sft.groves import collate_tree
from train.sft.rows import gather_sets, read_rows
from train.sft.training import train_sft

SFT = {
    "learning_rate": 0.01, "batch_size": 9, "max_steps": 1, "log_every": 1, "max_length": 4096,
    "warmup_share": 0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def whole_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a machine that is busy with other tests finds faster must not decide."""
    monkeypatch.setattr("train.sft.training.choose_linear_dtype", lambda: torch.float32)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pretrained(tmp_path_factory.mktemp("llama"), positions=4096)


def make(folder: Path, **sft: Any) -> Preset:
    return make_preset(model=str(folder), chat={"template": "short"}, sft=SFT | sft)


def train(run: Path, out: Path, preset: Preset) -> dict[str, Any]:
    from safetensors.torch import load_file

    train_sft(run, out, preset, seed=1)
    return load_file(out / "model.safetensors")


@pytest.mark.slow
def test_a_step_on_trees_is_the_step_on_their_rows(run: Path, tmp_path: Path, folder: Path) -> None:
    rows = train(run, tmp_path / "rows", make(folder))
    # Nine trees would be a step; there are three, and the step has all of them.
    trees = train(run, tmp_path / "trees", make(folder, tree_tokens=9000, learn_once=False))
    for name, value in rows.items():
        assert value.allclose(trees[name], atol=2e-3), name


@pytest.mark.slow
def test_frozen_layers_stay(run: Path, tmp_path: Path, folder: Path) -> None:
    from safetensors.torch import load_file

    found = train(run, tmp_path / "frozen", make(folder, tree_tokens=9000, frozen_layers=1))
    before = load_file(folder / "model.safetensors")
    changed = {name for name, value in found.items() if not value.equal(before[name])}
    assert changed == {"model.norm.weight"}


def test_nothing_is_frozen_unless_it_is_said() -> None:
    freeze(object(), 0)


def test_rows_that_do_not_fit_are_refused_before_training(run: Path, tmp_path: Path) -> None:
    folder = save_pretrained(tmp_path / "short", positions=256)
    with pytest.raises(UserMistake, match=r"9 of 9 rows do not fit: .* the model takes 256"):
        train_sft(run, tmp_path / "out", make(folder, tree_tokens=9000))


def test_what_decides_weighs_more_and_what_is_read_nothing(run: Path) -> None:
    tokenizer = make_tokenizer(template=write_template(CHATML))
    rows = read_rows(run, seed=0, reasoning=True)
    for rendered in render_rows(tokenizer.chat_template, rows):
        ((ids, weights),) = weigh_rows(tokenizer, [rendered], 5.0)
        parts = {
            weight: tokenizer.decode([i for i, w in zip(ids, weights, strict=True) if w == weight])
            for weight in (0.0, 1.0, 5.0)
        }
        assert parts[0.0].startswith("<|im_start|>system")
        assert parts[1.0].startswith("<think>")
        assert parts[1.0].count("<think>") == len(rendered.turns)
        names = re.findall(r'<tool_call>\s*{"name": "[a-z_]+"', parts[5.0])
        calls = sum(text.count("<tool_call>") for text in parts.values())
        assert (
            len(names) == parts[5.0].count("<tool_call>") == calls - parts[0.0].count("<tool_call>")
        )
        words = re.sub(r'<tool_call>\s*{"name": "[a-z_]+"', "", parts[5.0])
        assert len(words.split()) <= 1


def test_sets_stay_together_in_the_order_in_which_they_first_come() -> None:
    sets = ["b", "a", "b", "c", "a", "b"]
    assert gather_sets(sets, 0, None) == [[0, 2, 5], [1, 4], [3]]
    assert gather_sets(sets, 2, None) == [[0, 2], [1, 4], [3]]
    assert gather_sets(sets, 2, 3) == [[0, 2], [1]]


def test_a_batch_counts_as_many_labels_as_its_tree_weighs() -> None:
    item = {
        "tokens": [1, 2, 3], "positions": [0, 1, 2], "rows": 1, "sources": [0, 1],
        "targets": [2, 3], "weights": [1.0, 5.0],
        "nodes": [{"start": 0, "stop": 3, "parent": -1}],
    }  # fmt: skip
    batch = collate_tree([item])
    assert batch["tree"].nodes[0].stop == 3
    assert batch["labels"][..., 1:].numel() == 6
