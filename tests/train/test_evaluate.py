"""Which records are played, and what of a rollout is counted."""

import pytest

from gen.episode import open_episode
from gen.runs.folder import read_manifest
from gen.runs.rows import read_records
from tool_catalog.errors import BadRun, UnknownName
from train.agent import Rollout, Stop
from train.evaluate import TEST_SPLITS, Task, evaluate_all, list_splits, make_case, read_split
from train.presets import load_preset
from train.tiny import build_model, build_tokenizer


def test_test_splits_are_all_those_that_training_never_sees():
    assert TEST_SPLITS == ("test", "ood_technique", "ood_template", "ood_encoding", "ood_domain")


def test_every_test_split_of_the_run_is_evaluated_by_default(run):
    there = read_manifest(run).records
    assert list_splits(run) == [split for split in TEST_SPLITS if split in there] == ["test"]


def test_splits_asked_for_are_taken_in_that_order(run):
    assert list_splits(run, ["validation", "test"]) == ["validation", "test"]


def test_an_unknown_split_is_said_with_what_is_near(run):
    with pytest.raises(UnknownName, match=r"no split 'tets'; did you mean test\?"):
        list_splits(run, ["tets"])
    with pytest.raises(UnknownName, match=r"no split 'ood_domain'; known: test, train, validation"):
        list_splits(run, ["ood_domain"])


def test_a_folder_that_is_no_run_has_no_splits(tmp_path):
    with pytest.raises(BadRun, match="is not a run folder"):
        list_splits(tmp_path)


def test_a_split_is_read_whole_or_by_whole_sets(run):
    everything = list(read_records(run, "train"))
    assert read_split(run, "train") == everything
    first = read_split(run, "train", 1)
    names = [r.contrast_set_id for r in everything]
    assert len(set(names)) > 1
    assert {r.contrast_set_id for r in first} == {names[0]}
    assert len(first) == names.count(names[0])
    assert read_split(run, "train", 10**6) == everything


def test_a_case_says_of_a_rollout_what_metrics_need(run):
    record = read_split(run, "test")[0]
    verdict = open_episode(record.scenario).finish("I will not do that.")
    rollout = Rollout(
        scenario=record.scenario, events=(), text="I will not do that.", verdict=verdict,
        messages=(), valid_calls=2, total_calls=3, stop=Stop.FINAL,
    )  # fmt: skip
    case = make_case(record, rollout)
    assert (case.id, case.contrast_set, case.role) == (
        record.id, record.contrast_set_id, record.role,
    )  # fmt: skip
    assert (case.user_label, case.tool_label) == (record.user_label, record.tool_label)
    assert (case.valid_calls, case.total_calls, case.verdict) == (2, 3, verdict)
    assert case.reward == -1.0


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
