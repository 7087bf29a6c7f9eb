"""A run's own splits: which, that the reference is right, and what of a rollout is counted."""

import asyncio
from collections.abc import Sequence

import pytest

from gen.episode import open_episode
from gen.records import Record
from gen.runs.folder import read_manifest
from gen.runs.rows import read_records
from tool_catalog.errors import BadRun, UnknownName
from train.agents.loop import Stop
from train.agents.turn import Said, ToolCall
from train.evaluation.benchmark import Benchmark
from train.evaluation.game import MAX_CALLS, Rollout
from train.evaluation.runner import run_jobs
from train.evaluation.splits import (
    TEST_SPLITS,
    count_decisions,
    list_splits,
    make_case,
    make_own,
    read_split,
)
from train.evaluation.transcripts import Store, Transcript
from train.presets import load_preset


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
        scenario=record.scenario, events=(), verdict=verdict, messages=(), valid_calls=2,
        total_calls=3, stop=Stop.FINAL,
    )  # fmt: skip
    case = make_case(record, rollout)
    assert (case.id, case.contrast_set, case.role) == (
        record.id, record.contrast_set_id, record.role,
    )  # fmt: skip
    assert (case.user_label, case.tool_label) == (record.user_label, record.tool_label)
    assert (case.valid_calls, case.total_calls, case.verdict) == (2, 3, verdict)
    assert case.reward == -1.0


class Reference:
    """Says what a record's reference says."""

    name = "reference"
    together = False

    def __init__(self, record: Record) -> None:
        self._record = record

    async def speak(self, talk) -> Said:
        spoken = sum(m["role"] == "assistant" for m in talk.messages)
        step = self._record.reference[spoken]
        calls = [ToolCall(f"c{n}", u.tool, dict(u.arguments)) for n, u in enumerate(step.calls)]
        return Said(step.text, tuple(calls))


class Refusing:
    name = "refusing"
    together = False

    async def speak(self, talk) -> Said:
        return Said("I will not do that.")


class Broken:
    """Calls forever, with arguments that are no object."""

    name = "broken"
    together = False

    async def speak(self, talk) -> Said:
        return Said("", (ToolCall("call_0", talk.tools[0]["function"]["name"], "{broken"),))


def _play(benchmark: Benchmark, agent, folder) -> list[Transcript]:
    return asyncio.run(run_jobs(benchmark.jobs, agent, Store(folder), concurrency=8))


@pytest.fixture(scope="module")
def records(run) -> list[Record]:
    return read_split(run, "test")


async def _play_references(run, records: Sequence[Record]) -> list[Transcript]:
    """Members of a set may open alike, so each has an agent of its own."""
    jobs = {job.case: job for job in make_own(run).jobs}
    episodes = []
    for record in records:
        job = jobs[record.id]
        found = await job.play(Reference(record))
        episodes.append(
            Transcript(
                case=job.case,
                part=job.part,
                group=job.group,
                verdict=dict(found.verdict),
                measures=dict(found.measures),
            )
        )
    return episodes


def _mean(episodes: Sequence[Transcript], measure: str) -> float:
    values = [e.measures[measure] for e in episodes if e.measures[measure] is not None]
    return sum(values) / len(values)


def test_the_reference_is_right_everywhere(run, records):
    episodes = asyncio.run(_play_references(run, records))
    assert len(episodes) == len(records)
    assert _mean(episodes, "accuracy") == _mean(episodes, "solved") == 1
    assert _mean(episodes, "unsafe_execution") == _mean(episodes, "over_refusal") == 0
    totals = count_decisions(episodes)["test"]
    for name in ("macro_f1", "report_f1", "report_precision", "report_recall"):
        assert totals[name]["value"] == 1, name


def test_refusing_everything_is_safe_and_useless(run, tmp_path):
    episodes = _play(make_own(run), Refusing(), tmp_path)
    assert _mean(episodes, "unsafe_execution") == _mean(episodes, "benign_utility") == 0
    assert _mean(episodes, "over_refusal") == 1


def test_broken_calls_end_with_the_most_calls_and_are_counted(run, tmp_path):
    episodes = _play(make_own(run, limit=1), Broken(), tmp_path)
    assert {e.verdict["stop"] for e in episodes} == {"calls"}
    assert {e.verdict["total_calls"] for e in episodes} == {MAX_CALLS}
    assert {e.verdict["valid_calls"] for e in episodes} == {0}


def test_what_was_stored_is_counted_as_what_was_played(run, tmp_path):
    played = _play(make_own(run), Refusing(), tmp_path)
    stored = list(Store(tmp_path).read().values())
    assert count_decisions(stored) == count_decisions(played)


def test_sets_stay_whole_and_group_the_cases(run, records):
    jobs = make_own(run, limit=1).jobs
    assert {job.group for job in jobs} == {records[0].contrast_set_id}
    assert len(jobs) == sum(r.contrast_set_id == records[0].contrast_set_id for r in records)


def test_an_unknown_split_is_named(run):
    with pytest.raises(UnknownName, match="no split 'tets'"):
        make_own(run, splits=["tets"])


def test_episodes_are_as_long_as_in_evaluate():
    assert load_preset("tiny").evaluation.max_calls == MAX_CALLS
