"""Models on splits, one after the other or several at a time."""

import pytest

from train.evaluation.parallel import Task, evaluate_all
from train.evaluation.splits import read_split
from train.presets import load_preset
from train.scratch.tiny import build_model, build_tokenizer


@pytest.mark.slow
def test_one_task_after_the_other_and_several_at_a_time_are_the_same(run, tmp_path):
    tokenizer = build_tokenizer(["one two three"] * 4, 300)
    preset = load_preset("tiny")
    shape = preset.shape.model_dump(exclude={"vocab_size", "digits"})
    build_model(tokenizer, seed=1, **shape).save_pretrained(tmp_path / "m")
    tokenizer.save_pretrained(tmp_path / "m")
    tasks = [Task(tmp_path / "m", "test", 1), Task(tmp_path / "m", "validation", 1)]
    short = preset.evaluation.model_copy(update={"max_new_tokens": 4})
    told: list[tuple[int, int]] = []
    found = []
    for processes in (1, 2):
        sft = preset.sft.model_copy(update={"processes": processes})
        quick = preset.model_copy(update={"evaluation": short, "sft": sft})
        found.append(
            evaluate_all(
                tasks, quick, run=run, reasoning=True, on_task=lambda *done: told.append(done)
            )
        )
    assert found[0] == found[1]
    assert [len(cases) for cases in found[0]] == [len(read_split(run, t.split, 1)) for t in tasks]
    assert told == [(1, 2), (2, 2)] * 2
