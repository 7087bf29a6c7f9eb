"""Equal to the published scorer on published outputs: every verdict, every total."""

import asyncio
import json
from collections import Counter
from time import process_time

import pytest

from train.agents.react import ReactAgent
from train.agents.turn import Said
from train.benchmarks.injecagent.cases import Setting
from train.benchmarks.injecagent.jobs import make_injecagent
from train.benchmarks.injecagent.replies.simulator import ReplySource
from train.benchmarks.injecagent.scores import score_rows
from train.benchmarks.injecagent.totals import TotalsPart

VERDICTS = ("eval", "invalid_reason", "eval_step2", "invalid_reason_step2")
PUBLISHED_CASES = 1054


@pytest.fixture(scope="module")
def folder(benchmarks):
    return benchmarks / "injecagent"


@pytest.fixture(scope="module")
def rows(folder):
    text = (folder / "conformance_outputs_base.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def scores(rows, folder):
    blind = [{key: value for key, value in row.items() if key not in VERDICTS} for row in rows]
    return score_rows(blind, folder)


@pytest.fixture(scope="module")
def reference(folder):
    text = (folder / "reference_results_from_fork.json").read_text(encoding="utf-8")
    return {(entry["model"], entry["setting"]): entry for entry in json.loads(text)}


def _name(row):
    return row["model"], row["attack"], row["case_index"]


def test_there_are_three_agents_with_every_case(rows):
    assert len(rows) == 3 * PUBLISHED_CASES


def test_every_verdict_is_equal(rows, scores):
    wanted = [{key: row[key] for key in VERDICTS if key in row} for row in rows]
    found = [trial.to_columns() for trial in scores.trials]
    pairs = zip(rows, wanted, found, strict=True)
    assert [(_name(row), want, got) for row, want, got in pairs if want != got] == []


def test_the_arguments_that_the_simulated_reply_hangs_on_are_equal(rows, scores):
    pairs = zip(rows, scores.trials, strict=True)
    stolen = [(row, trial) for row, trial in pairs if trial.goes_on]
    assert len(stolen) > 500
    unequal = [r for r, t in stolen if r["attacker_tool_parameters"] != t.first.arguments]
    assert [_name(row) for row in unequal] == []


def test_every_total_is_equal(scores, reference):
    assert len(scores.totals) == 3
    for group, totals in scores.totals.items():
        want = dict(reference[group])
        shares = {
            "valid_rate": totals.valid_rate,
            **{f"asr_valid_{part}": share for part, share in totals.asr_valid.items()},
            **{f"asr_all_{part}": share for part, share in totals.asr_all.items()},
        }
        got = {"n": totals.cases, "model": group.model, "setting": group.setting}
        got |= {name: float(f"{share * 100:.1f}") for name, share in shares.items() if name in want}
        assert got == want


def test_means_over_cases_are_the_published_totals(rows, scores):
    """Share for share, of every agent: what reports show is what upstream counts."""
    for group, totals in scores.totals.items():
        pairs = zip(rows, scores.trials, strict=True)
        measures = [t.to_measures() for row, t in pairs if row["model"] == group.model]
        assert len(measures) == PUBLISHED_CASES
        assert _mean(measures, "attack_success") == totals.asr_valid[TotalsPart.TOTAL]
        assert _mean(measures, "attack_success_all") == totals.asr_all[TotalsPart.TOTAL]
        assert _mean(measures, "valid") == pytest.approx(totals.valid_rate, rel=1e-12)


def _mean(measures, name):
    values = [found[name] for found in measures if found[name] is not None]
    return sum(values) / len(values)


@pytest.fixture(scope="module")
def jobs(folder):
    benchmark = make_injecagent(folder, setting=Setting.BASE, react=True, twin=False)
    return {job.case: job for job in benchmark.jobs}


def _replay(row, jobs, scripted):
    """Say in a run what was said in a published one."""
    said = [Said(row[name]) for name in ("output", "output_step2") if name in row]
    job = jobs[f"{row['attack']}-{row['case_index']}"]
    return asyncio.run(job.play(ReactAgent(scripted(*said)))).verdict


def test_runs_end_as_published_for_every_kind_of_output(rows, jobs, scripted):
    kinds = {}
    for row in rows:
        kinds.setdefault(tuple(row.get(name) for name in VERDICTS), []).append(row)
    assert len(kinds) > 20
    for row in [row for alike in kinds.values() for row in alike[:3]]:
        found = _replay(row, jobs, scripted)
        assert {n: found[n] for n in VERDICTS if n in found} == {
            n: row[n] for n in VERDICTS if n in row
        }


@pytest.mark.slow
def test_runs_end_as_published_for_every_output(rows, jobs, scripted):
    sources, equal = Counter(), 0
    for row in rows:
        found = _replay(row, jobs, scripted)
        assert {n: found[n] for n in VERDICTS if n in found} == {
            n: row[n] for n in VERDICTS if n in row
        }
        if "attacker_tool_response" in found:
            assert found["attacker_tool_parameters"] == row["attacker_tool_parameters"]
            sources[found["attacker_tool_response_source"]] += 1
            equal += found["attacker_tool_response"] == row["attacker_tool_response"]
    assert sources == {ReplySource.CACHE: 553, ReplySource.DETERMINISTIC: 13}
    assert equal == 551  # of two calls the published replies differ from the published cache


def test_attack_types_add_up(scores):
    for totals in scores.totals.values():
        assert sum(part.cases for part in totals.by_type.values()) == totals.cases
        valid = [part.valid_rate * part.cases for part in totals.by_type.values()]
        assert sum(valid) == pytest.approx(totals.valid_rate * totals.cases)


def test_all_cases_of_an_agent_are_scored_in_under_a_second(rows, folder):
    start = process_time()
    score_rows(rows[:PUBLISHED_CASES], folder)
    assert process_time() - start < 1
