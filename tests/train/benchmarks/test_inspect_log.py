"""Logs for Inspect: its fields, and where it is installed its own reader."""

import json
from datetime import UTC, datetime

import pytest

from train.benchmarks.inspect_log import make_log, write_inspect_log
from train.evaluation.benchmark import Benchmark, build_report, write_report
from train.evaluation.runner import Job
from train.evaluation.transcripts import Transcript, open_folder

MESSAGES = [
    {"role": "user", "content": "How warm is it?"},
    {
        "role": "assistant",
        "content": "",
        "reasoning_content": "look first",
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"x": 1}'}},
            {"id": "b", "type": "function", "function": {"name": "look", "arguments": "{x"}},
        ],
    },
    {"role": "tool", "tool_call_id": "a", "name": "look", "content": "21"},
    {"role": "tool", "tool_call_id": "b", "name": "look", "content": "what?"},
    {"role": "assistant", "content": "21 degrees."},
]


@pytest.fixture
def folder(tmp_path):
    episodes = [
        Transcript(case="a", part="p", group="a", messages=MESSAGES, verdict={"eval": "succ"},
                measures={"held": 1.0, "other": None}),
        Transcript(case="b", part="p", group="b", outcome="error", reason="HTTP 500"),
    ]  # fmt: skip
    store = open_folder(tmp_path / "run", {"benchmark": "own"}, resume=False, force=False)
    store.rewrite(episodes)
    benchmark = Benchmark("own", {"limit": 2}, [Job(c, "p", c, None) for c in "ab"], ("held",))
    write_report(tmp_path / "run", build_report(benchmark, "demo-rl", episodes))
    return tmp_path / "run"


def test_a_log_holds_every_sample_score_and_error(folder):
    log = json.loads(write_inspect_log(folder, most_unscored=0.5).read_text())
    first, second = log["samples"]
    assert log["results"]["completed_samples"] == 1
    assert log["results"]["scores"][0]["metrics"]["mean"]["value"] == 1
    assert [m["role"] for m in first["input"]] == ["user"]
    assert first["scores"] == {"held": {"value": 1.0, "explanation": '{"eval": "succ"}'}}
    assert second["error"]["message"] == "error: HTTP 500"
    good, bad = first["messages"][1]["tool_calls"]
    assert good["arguments"] == {"x": 1}
    assert (bad["arguments"], bad["parse_error"]) == ({}, "no JSON object: {x")


def test_a_run_is_the_same_log_each_time(folder):
    assert write_inspect_log(folder, most_unscored=0.5) == write_inspect_log(
        folder, most_unscored=0.5
    )
    assert len(list((folder / "inspect").iterdir())) == 1


def test_inspect_reads_it(folder):
    log = pytest.importorskip("inspect_ai.log", reason="inspect-ai is not installed")
    found = log.read_eval_log(str(write_inspect_log(folder, most_unscored=0.5)))
    assert found.status == "success"
    assert found.samples[0].scores["held"].value == 1.0
    assert found.samples[0].messages[1].tool_calls[1].parse_error == "no JSON object: {x"


def test_a_run_that_never_spoke_has_an_empty_input():
    report = build_report(Benchmark("own", {}, [], ()), "x", [])
    episode = Transcript(case="b", part="p", group="b", outcome="error", reason="no")
    [sample] = make_log(report, [episode], datetime(2026, 1, 1, tzinfo=UTC), most_unscored=1.0)[
        "samples"
    ]
    assert sample["input"] == ""


def test_too_few_scores_are_no_results(folder):
    log = json.loads(write_inspect_log(folder, most_unscored=0.4).read_text())
    assert log["results"]["scores"] == []
    assert log["results"]["completed_samples"] == 1


def test_a_turn_that_was_cut_does_not_look_whole():
    episode = Transcript(case="a", part="p", group="a", messages=MESSAGES, outcome="cut",
                         reason="too long", cut="length")  # fmt: skip
    benchmark = Benchmark("own", {}, [Job("a", "p", "a", None)], ())
    report = build_report(benchmark, "demo-rl", [episode])
    log = make_log(report, [episode], datetime(2026, 1, 1, tzinfo=UTC), most_unscored=1.0)
    assert log["samples"][0]["output"]["choices"][0]["stop_reason"] == "max_tokens"
