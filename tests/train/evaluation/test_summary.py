"""Means, intervals by group, and paired differences."""

import asyncio
from dataclasses import replace

import pytest

from train.agents.turn import Said
from train.evaluation.metrics import SHARES, difference, measure
from train.evaluation.runner import run_jobs
from train.evaluation.splits import make_own, read_cases
from train.evaluation.summary import (
    compare,
    count_unscored,
    estimate,
    find_flips,
    split_parts,
    summarize,
    summarize_all,
)
from train.evaluation.transcripts import Store, Transcript


def test_the_mean_is_over_cases_that_count(make_episodes):
    found = estimate(make_episodes([1, 0, None, 1, None]), "held")
    assert (found.value, found.count) == (pytest.approx(2 / 3), 3)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_nothing_to_count_is_no_zero(make_episodes):
    assert estimate(make_episodes([None, None]), "held").value is None
    assert estimate([], "held").value is None


def test_one_group_has_no_interval(make_episodes):
    found = estimate(make_episodes([1, 0, 1], groups=1), "held")
    assert (found.low, found.high) == (None, None)


def test_groups_that_stand_or_fall_together_widen_the_interval(make_episodes):
    values = [float(n % 20 < 10) for n in range(200)]
    alone = estimate(make_episodes(values), "held")
    together = estimate(make_episodes(values, groups=20), "held")
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_an_error_is_in_no_figure(make_episodes):
    failed = Transcript(case="z", part="all", group="z", outcome="error", reason="HTTP 500")
    assert summarize([*make_episodes([1, 1]), failed])["held"].count == 2


def test_parts_are_counted_apart(make_episodes):
    both = make_episodes([1, 1], part="a") + make_episodes([0], part="b")
    found = split_parts(both)
    assert [[e.measures["held"] for e in found[p]] for p in "ab"] == [[1, 1], [0]]


def test_pairs_make_a_small_difference_clear(make_episodes):
    before = [float(n % 2) for n in range(100)]
    after = [1.0 if n < 10 else v for n, v in enumerate(before)]
    found = compare(make_episodes(before), make_episodes(after), "held")
    assert found.value == pytest.approx(0.05)
    assert found.clear
    unpaired = estimate(make_episodes(before), "held")
    assert unpaired.low < unpaired.value + found.value < unpaired.high


def test_only_cases_that_both_runs_have_are_compared(make_episodes):
    before, after = make_episodes([1, 1, 0, 0]), make_episodes([1, 1])
    found = compare(before, after, "held")
    assert (found.value, found.count) == (0, 2)
    assert not found.clear


def test_equal_runs_differ_by_exactly_nothing(make_episodes):
    same = make_episodes([1, 0, 1, None, 1])
    found = compare(same, same, "held")
    assert (found.value, found.low, found.high) == (0, 0, 0)


@pytest.mark.parametrize(("lower", "value"), [((), 2 / 4), (("held",), 3 / 4)])
def test_over_all_cases_those_without_a_score_count_as_the_worst(make_episodes, lower, value):
    lost = [Transcript(case="z", part="all", group="z", outcome="cut", measures={"held": 0.5})]
    played = make_episodes([1, 0, 1, None])
    due = {e.case: ["held"] for e in [*played, *lost]}
    found = summarize_all([*played, *lost], due, lower)["held"]
    assert (found.value, found.count) == (pytest.approx(value), 4)
    assert summarize_all(lost, {"z": []}, lower) == {}


@pytest.mark.parametrize("lower", [False, True])
def test_a_flip_is_a_case_that_both_runs_have_scored_and_that_changed(make_episodes, lower):
    before, after = make_episodes([1, 0, 1, None, 1, 0]), make_episodes([0, 1, 1, 1, 1])
    after[4] = after[4].model_copy(update={"outcome": "cut", "measures": {"held": 0.0}})
    flips = find_flips(before, after, "held", lower=lower)
    found = (["c0"], ["c1"]) if lower else (["c1"], ["c0"])
    assert (flips.better, flips.worse) == found


def test_what_is_unscored_is_counted_by_measure(make_episodes):
    scored, silent = make_episodes([1, 1])
    silent = silent.model_copy(update={"outcome": "empty"})
    due = {scored.case: ["held", "of_use"], silent.case: ["held"]}
    assert count_unscored([scored, silent], due) == {"held": 0.5, "of_use": 0.0}


class Wavering:
    """Refuses what is long, and else says nothing of use."""

    name = "wavering"
    together = False

    async def speak(self, talk) -> Said:
        long = len(str(talk.messages[1]["content"])) % 2
        return Said("I will not do that." if long else "Shall I?")


def test_metrics_and_summaries_give_the_same_intervals_on_the_same_cases(run, tmp_path):
    jobs = make_own(run, splits=["test", "validation", "train"]).jobs
    played = asyncio.run(run_jobs(jobs, Wavering(), Store(tmp_path), concurrency=8))
    cases = [case for split in read_cases(played).values() for case in split]
    metrics, summary = measure(cases).estimates, summarize(played)
    assert {name: metrics[name] for name in SHARES} == summary
    clear = [name for name in SHARES if summary[name].low != summary[name].high]
    assert len(clear) > 3  # there is something to differ in
    better = [t.model_copy(update={"measures": {**t.measures, "accuracy": 1.0}}) for t in played]
    right = [
        replace(case, verdict=case.verdict._replace(observed=case.verdict.expected))
        for case in cases
    ]
    changed = difference(cases, right, "accuracy")
    assert changed == compare(played, better, "accuracy")
    assert changed.clear
