"""Which records are played, and what of a rollout is counted."""

import pytest

from gen.episode import open_episode
from gen.review import read_manifest, read_records
from tool_catalog.errors import BadRun, UnknownName
from train.agent import Rollout, Stop
from train.evaluate import TEST_SPLITS, list_splits, make_case, read_split


def test_test_splits_are_all_those_that_training_never_sees():
    assert TEST_SPLITS == ("test", "ood_technique", "ood_template", "ood_encoding", "ood_domain")


def test_every_test_split_of_the_run_is_evaluated_by_default(run):
    there = read_manifest(run)["records"]
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
