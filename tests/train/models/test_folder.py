"""A folder of a model is replaced only when asked, and remembers how the model was trained."""

import json
from pathlib import Path

import pytest

from tool_catalog.errors import BadRun, UserMistake
from train.models.folder import prepare_output, read_preset, read_reasoning, write_settings
from train.presets import load_preset

TINY = load_preset("tiny")


def test_an_output_folder_is_made(tmp_path):
    prepare_output(tmp_path / "deep" / "sft", resume=False, force=False)
    assert list((tmp_path / "deep" / "sft").iterdir()) == []
    prepare_output(tmp_path / "deep" / "sft", resume=False, force=False)


def test_an_output_folder_is_replaced_only_when_asked(tmp_path):
    write_settings(tmp_path / "sft", TINY, True)
    with pytest.raises(
        BadRun,
        match="exists; go on with --resume, replace it with --force",
    ):
        prepare_output(tmp_path / "sft", resume=False, force=False)
    assert read_preset(tmp_path / "sft") == TINY
    prepare_output(tmp_path / "sft", resume=False, force=True)
    assert list((tmp_path / "sft").iterdir()) == []


def test_a_training_that_was_killed_finds_what_it_left(tmp_path):
    kept = tmp_path / "sft" / "checkpoint-3"
    kept.mkdir(parents=True)
    prepare_output(tmp_path / "sft", resume=True, force=False)
    assert kept.is_dir()
    prepare_output(tmp_path / "none", resume=True, force=False)
    write_settings(tmp_path / "sft", TINY, True)
    with pytest.raises(BadRun, match="is trained to its end; train it anew with --force"):
        prepare_output(tmp_path / "sft", resume=True, force=False)


@pytest.mark.parametrize("reasoning", [True, False])
def test_a_model_remembers_how_it_was_trained(tmp_path, reasoning):
    preset = load_preset("qwen3-0.6b")
    write_settings(tmp_path, preset, reasoning)
    assert (read_preset(tmp_path), read_reasoning(tmp_path)) == (preset, reasoning)


def test_a_model_remembers_a_preset_file_that_is_gone(tmp_path, make_preset):
    preset = make_preset(model="org/tiny", evaluation={"max_new_tokens": 7})
    write_settings(tmp_path, preset, True)
    assert read_preset(tmp_path).evaluation.max_new_tokens == 7


def test_a_model_that_remembers_nothing_is_taken_as_pretrained(tmp_path):
    found = (read_preset(tmp_path).name, read_reasoning(tmp_path))
    assert found == ("smollm2-135m", True)


def test_a_model_of_before_remembers_the_name_alone(tmp_path):
    (tmp_path / "triact.json").write_text('{"preset": "tiny", "reasoning": true}', encoding="utf-8")
    assert read_preset(tmp_path) == TINY


def test_settings_of_another_triact_are_said(tmp_path):
    text = '{"preset": "mine", "reasoning": true, "settings": {"name": "mine", "speed": 1}}'
    (tmp_path / "triact.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserMistake, match=r"triact\.json: settings of another triact: .*--preset"):
        read_preset(tmp_path)


def test_a_model_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserMistake, match="no such model folder; make one with triact train sft"):
        read_reasoning(Path(tmp_path / "sft"))


def test_settings_are_plain_json(tmp_path):
    write_settings(tmp_path, TINY, False)
    text = (tmp_path / "triact.json").read_text(encoding="utf-8")
    settings = TINY.model_dump(mode="json")
    assert json.loads(text) == {"preset": "tiny", "reasoning": False, "settings": settings}
