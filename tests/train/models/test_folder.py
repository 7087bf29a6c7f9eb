"""A folder of a model is replaced only when asked, and remembers how the model was trained."""

import json
from pathlib import Path

import pytest

from tool_catalog.errors import BadRun, UserMistake
from train.models.folder import prepare_output, read_preset_name, read_reasoning, write_settings


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
