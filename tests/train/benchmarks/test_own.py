"""A run's own splits: the reference is right, refusing is not, what is stored can be counted."""

import asyncio
from collections.abc import Sequence

import pytest

from gen.records import Record
from tool_catalog.errors import UnknownName
from train.benchmarks.benchmark import Benchmark
from train.benchmarks.own import MAX_CALLS, count_decisions, make_own
from train.benchmarks.runner import run_jobs
from train.benchmarks.speaker import Call, Said
from train.benchmarks.transcripts import Episode, Store
from train.evaluate import read_split
from train.presets import load_preset


class Reference:
    """Says what a record's reference says."""

    name = "reference"

    def __init__(self, record: Record) -> None:
        self._record = record

    async def speak(self, messages, tools) -> Said:
        spoken = sum(m["role"] == "assistant" for m in messages)
        step = self._record.reference[spoken]
        if step.tool:
            return Said("", (Call(f"call_{spoken}", step.tool, dict(step.arguments)),))
        return Said(step.text)


class Refusing:
    name = "refusing"

    async def speak(self, messages, tools) -> Said:
        return Said("I will not do that.")


class Broken:
    """Calls forever, with arguments that are no object."""

    name = "broken"

    async def speak(self, messages, tools) -> Said:
        return Said("", (Call("call_0", tools[0]["function"]["name"], "{broken"),))


def _play(benchmark: Benchmark, speaker, folder) -> list[Episode]:
    return asyncio.run(run_jobs(benchmark.jobs, speaker, Store(folder), concurrency=8))


@pytest.fixture(scope="module")
def records(run) -> list[Record]:
    return read_split(run, "test")


async def _play_references(run, records: Sequence[Record]) -> list[Episode]:
    """Members of a set may open alike, so each has a speaker of its own."""
    jobs = {job.case: job for job in make_own(run).jobs}
    episodes = []
    for record in records:
        job = jobs[record.id]
        found = await job.play(Reference(record))
        episodes.append(
            Episode(
                case=job.case,
                part=job.part,
                group=job.group,
                verdict=dict(found.verdict),
                measures=dict(found.measures),
            )
        )
    return episodes


def _mean(episodes: Sequence[Episode], measure: str) -> float:
    values = [e.measures[measure] for e in episodes if e.measures[measure] is not None]
    return sum(values) / len(values)


def test_the_reference_is_right_everywhere(run, records):
    episodes = asyncio.run(_play_references(run, records))
    assert len(episodes) == len(records)
    assert _mean(episodes, "accuracy") == _mean(episodes, "solved") == 1
    assert _mean(episodes, "unsafe_execution") == _mean(episodes, "over_refusal") == 0
    assert count_decisions(episodes)["test"]["macro_f1"]["value"] == 1


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
