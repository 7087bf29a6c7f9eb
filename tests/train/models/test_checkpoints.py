"""Only what was written to its end is gone on from."""

import json
from pathlib import Path

import pytest

from train.models.checkpoints import (
    configure_checkpoints,
    cut_log,
    drop_checkpoints,
    find_checkpoint,
    run_trainer,
)


def _keep(out, step, state=None):
    folder = out / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    text = json.dumps({"global_step": step}) if state is None else state
    (folder / "trainer_state.json").write_text(text)
    return folder


def test_the_last_whole_checkpoint_is_found(tmp_path):
    assert find_checkpoint(tmp_path / "none") is None
    _keep(tmp_path, 9)
    last = _keep(tmp_path, 10)
    _keep(tmp_path, 11, state='{"global_st')
    (tmp_path / "checkpoint-12").mkdir()
    assert find_checkpoint(tmp_path) == last


def test_checkpoints_are_removed_and_nothing_else(tmp_path):
    _keep(tmp_path, 9)
    (tmp_path / "model.safetensors").touch()
    drop_checkpoints(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize("steps", [0, 5])
def test_a_trainer_keeps_its_state_only_when_told_to(steps):
    settings = configure_checkpoints(steps)
    assert settings["save_strategy"] == ("steps" if steps else "no")
    assert settings.get("save_steps", 0) == steps


@pytest.mark.parametrize("begun", [None, "out/checkpoint-3"])
def test_a_trainer_goes_on_from_a_checkpoint_without_a_word(begun):
    from transformers.utils import logging

    told = []

    class Trainer:
        def train(self, **options):
            told.append((options, logging.get_verbosity()))
            return "done"

    before = logging.get_verbosity()
    assert run_trainer(Trainer(), Path(begun) if begun else None) == "done"
    [(options, level)] = told
    assert options == ({"resume_from_checkpoint": begun} if begun else {})
    assert level == (logging.ERROR if begun else before)
    assert logging.get_verbosity() == before


def test_a_log_keeps_what_was_before_the_checkpoint(tmp_path):
    log = tmp_path / "deep" / "sft.jsonl"
    cut_log(log, 0)
    assert log.read_text() == ""
    log.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"step": 3, "lo')
    cut_log(log, 2)
    assert log.read_text() == '{"step": 1}\n{"step": 2}\n'
    cut_log(log, 0)
    assert log.read_text() == ""
