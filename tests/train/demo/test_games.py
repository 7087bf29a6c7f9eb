"""What is played depends on what is at hand, and that is said."""

from dataclasses import replace

import pytest

from train.benchmarks.options import DATA
from train.demo.games import list_foreign, list_own
from train.demo.scale import FULL, SCALES, SMOKE
from train.evaluation.splits import TEST_SPLITS
from train.presets import load_preset

TINY = load_preset("tiny")


def test_splits_are_played_by_whole_contrast_sets(run):
    own = list_own(run, replace(SMOKE, ood_splits=("validation",)), TINY)
    assert list(own) == ["test", "validation"]
    for split, benchmark in own.items():
        assert {job.part for job in benchmark.jobs} == {split}
        assert len({job.group for job in benchmark.jobs}) == 1
        assert not benchmark.floors


def test_a_small_demo_plays_nobody_elses_benchmark():
    missing: dict[str, str] = {}
    assert list_foreign(SMOKE, missing) == {}
    assert missing == {}


def test_a_benchmark_that_is_not_at_hand_is_named_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv(DATA, raising=False)
    monkeypatch.chdir(tmp_path)
    missing: dict[str, str] = {}
    found = list_foreign(FULL, missing)
    assert "injecagent" not in found
    assert "triact benchmark fetch injecagent" in missing["injecagent"]
    if "agentdojo" not in found:
        assert "pip install 'triact[agentdojo]'" in missing["agentdojo"]


@pytest.mark.parametrize("size", SCALES.values(), ids=list(SCALES))
def test_every_size_names_a_shipped_preset_and_splits_that_a_run_may_have(size):
    assert load_preset(size.preset).sft.tree_tokens
    assert {"test", *size.ood_splits} <= set(TEST_SPLITS)
