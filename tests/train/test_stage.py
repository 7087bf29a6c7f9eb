"""A stage checks its inputs before anything heavy is imported, and keeps what is there."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

import train.stage
from tool_catalog.errors import BadRun, UnknownName, UserMistake
from train.stage import (
    open_stage,
    prepare_output,
    read_preset_name,
    read_reasoning,
    require_training,
    write_settings,
)


def _hide(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    """Let some packages look as if they were not installed."""
    real = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> Any:
        return None if name in hidden else real(name, package)

    monkeypatch.setattr(train.stage, "find_spec", find)


def test_without_the_extra_training_says_what_to_install(monkeypatch):
    _hide(monkeypatch, "torch", "trl")
    with pytest.raises(UserMistake) as raised:
        require_training()
    assert str(raised.value) == (
        "training needs torch, trl; install it with: pip install 'triact[train]'"
    )


def test_a_stage_without_the_extra_is_not_opened(run, monkeypatch):
    _hide(monkeypatch, "torch")
    with pytest.raises(UserMistake, match=r"training needs torch; .*'triact\[train\]'"):
        open_stage(run, "tiny", "think")


@pytest.mark.parametrize(("reasoning", "think"), [("think", True), ("none", False)])
def test_a_stage_is_opened_with_its_preset(run, reasoning, think):
    preset, found = open_stage(run, "tiny", reasoning)
    assert (preset.name, found) == ("tiny", think)


def test_an_unknown_kind_of_reasoning_is_said(run):
    with pytest.raises(UserMistake, match="--reasoning 'thinking': choose think or none"):
        open_stage(run, "tiny", "thinking")


def test_an_unknown_preset_is_said_with_what_is_near(run):
    with pytest.raises(UnknownName, match=r"no preset 'tini'; did you mean tiny\?"):
        open_stage(run, "tini", "think")


def test_an_unfinished_run_is_not_trained_on(run, tmp_path):
    (tmp_path / "config.json").write_bytes((run / "config.json").read_bytes())
    with pytest.raises(BadRun, match="unfinished"):
        open_stage(tmp_path, "tiny", "think")


def test_an_output_folder_is_made(tmp_path):
    prepare_output(tmp_path / "deep" / "sft", force=False)
    assert list((tmp_path / "deep" / "sft").iterdir()) == []
    prepare_output(tmp_path / "deep" / "sft", force=False)


def test_an_output_folder_is_replaced_only_when_asked(tmp_path):
    write_settings(tmp_path / "sft", "tiny", True)
    with pytest.raises(BadRun, match="exists; replace it with --force, or choose another --out"):
        prepare_output(tmp_path / "sft", force=False)
    assert read_preset_name(tmp_path / "sft") == "tiny"
    prepare_output(tmp_path / "sft", force=True)
    assert list((tmp_path / "sft").iterdir()) == []


@pytest.mark.parametrize("reasoning", [True, False])
def test_a_model_remembers_how_it_was_trained(tmp_path, reasoning):
    write_settings(tmp_path, "qwen3-0.6b", reasoning)
    assert (read_preset_name(tmp_path), read_reasoning(tmp_path)) == ("qwen3-0.6b", reasoning)


def test_a_model_that_remembers_nothing_is_taken_as_tiny(tmp_path):
    assert (read_preset_name(tmp_path), read_reasoning(tmp_path)) == ("tiny", True)


def test_a_model_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserMistake, match="no such model folder; make one with triact train sft"):
        read_reasoning(Path(tmp_path / "sft"))


def test_settings_are_plain_json(tmp_path):
    write_settings(tmp_path, "tiny", False)
    text = (tmp_path / "triact.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"preset": "tiny", "reasoning": False}
