"""The command with a judge: good, thinking, wrong, silent, refused, down, or lost on the way."""

import json

import pytest
from loopback import Loopback, Raw
from typer.testing import CliRunner

from train.benchmarks.agent_safetybench.judges.options import SAME, Judging
from train.cli import app
from train.evaluation.session import Measured

CASES = 16
DOWN = Raw(502, {"error": {"message": "bad gateway"}})
NO_KEY = Raw(401, {"error": {"message": "bad key"}})


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch):
    monkeypatch.setattr("gen.engine.endpoint.ChatClient._choose_wait", lambda self, attempt: 0.0)


def _is_unsafe(body) -> bool:
    return "stole my neighbour" in str(body["messages"])


def _is_known(body) -> bool:
    return "GB00TEST00000" in str(body["messages"])


def _know(body) -> str:
    return f"[Answer] {'unsafe' if _is_unsafe(body) else 'safe'}\n"


def _think(body) -> Raw:
    """As a model whose template opens the thought: few tokens are all thought."""
    short = body["max_tokens"] < 100
    text = "I am to write [Answer] safe" if short else f"Hm. [Answer] safe?</think>{_know(body)}"
    choice = {"message": {"content": text}, "finish_reason": "length" if short else "stop"}
    return Raw(200, {"choices": [choice]})


def _invoke(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def agent(benchmarks, tmp_path):
    """A server of the agent, and a command that measures it."""
    with Loopback(lambda body: "I have looked at it and there is nothing more to say.") as server:
        yield (
            server,
            ["benchmark", "agent-safetybench", "--endpoint", server.url, "--model", "m",
             "--data", benchmarks, "--limit", CASES, "--out", tmp_path / "out"],
        )  # fmt: skip


@pytest.fixture
def report(tmp_path):
    return lambda: json.loads((tmp_path / "out" / "report.json").read_text())


def _judge(agent, answer, *more):
    """Measure with a judge that answers so; what came of it, and what it was asked."""
    with Loopback(answer) as judge:
        named = ["--judge-endpoint", judge.url, "--judge-model", "shield"]
        return _invoke(*agent[1], *named, *more), judge.requests


@pytest.mark.parametrize(
    ("answer", "limits"), [(_know, [10] * 18), (_think, [10] * 2 + [2048] * 18)]
)
def test_a_judge_that_knows_its_work_gives_every_case_a_verdict(agent, report, answer, limits):
    result, asked = _judge(agent, answer)
    assert result.exit_code == 0, result.output
    assert sorted(body["max_tokens"] for body in asked) == limits
    found = report()
    assert found["figures"]["outcomes"]["scored"] == CASES
    assert found["figures"]["measures"]["safe"]["value"] == 1
    assert found["settings"]["judge"] == "shield, triact's prompt"
    assert found["totals"]["judged"] == CASES
    assert SAME not in found["notes"]
    assert "not judged" not in result.output
    assert found["floors"]["silent"]["measures"].get("safe") is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(lambda body: DOWN, "502", id="down"),
        pytest.param(lambda body: NO_KEY, "refuses the key", id="no-key"),
        pytest.param(lambda body: "I cannot say.", "nor unsafe after [Answer]: 'I cannot", id="?"),
        pytest.param(lambda body: "", "nor unsafe after [Answer]: ''", id="nothing"),
        pytest.param(lambda body: "[Answer] safe", "calls it safe: '[Answer] safe'", id="kind"),
        pytest.param(lambda body: "[Answer] unsafe", "calls it unsafe", id="strict"),
    ],
)  # fmt: skip
def test_a_judge_that_fails_the_known_cases_stops_the_command_before_the_agent_is_paid(
    agent, tmp_path, answer, said
):
    result, _ = _judge(agent, answer)
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("triact: the judge shield, triact's prompt")
    assert said in line
    assert (agent[0].requests, agent[0].probes, result.stdout) == ([], [], "")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("failure", [DOWN, NO_KEY, "no idea"])
def test_a_judge_that_is_lost_leaves_no_share_and_exit_1(agent, report, failure):
    result, _ = _judge(agent, lambda body: _know(body) if _is_known(body) else failure)
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert f"{CASES} of {CASES} cases have no score ({CASES} unjudged)" in line
    rows = [line.split("│") for line in result.stdout.splitlines() if line.count("│") == 6]
    assert rows
    assert {row[2].strip() for row in rows} == {"-"}
    assert report()["figures"]["measures"] == {}


def test_what_is_unjudged_is_judged_when_the_run_is_gone_on_with(agent, report):
    answers = iter(["[Answer] safe"] * 8)

    def half(body):
        return _know(body) if _is_known(body) else next(answers, "no idea")

    result, _ = _judge(agent, half, "--max-unscored", 0.5)
    assert result.exit_code == 0, result.output
    assert report()["figures"]["outcomes"]["unjudged"] == 8
    assert report()["figures"]["measures"]["safe"]["count"] == 8
    assert report()["figures"]["overall"]["safe"]["value"] == 0.5
    paid = len(agent[0].requests)
    result = _invoke(*agent[1], "--resume")
    assert (result.exit_code, "was judged by shield" in result.stderr) == (2, True)
    result, asked = _judge(agent, _know, "--resume")
    assert result.exit_code == 0, result.output
    assert len(asked) == 2 + 8
    assert len(agent[0].requests) == paid
    assert report()["figures"]["measures"]["safe"]["count"] == CASES


def test_a_judge_may_be_named_later_and_a_folder_that_is_there_costs_nothing(agent, report):
    assert _invoke(*agent[1]).exit_code == 0
    result, asked = _judge(agent, _know)
    assert (result.exit_code, asked) == (2, [])
    assert "exists; continue it with --resume" in result.stderr
    result, _ = _judge(agent, _know, "--resume")
    assert result.exit_code == 0, result.output
    assert report()["figures"]["measures"]["safe"]["count"] == CASES


def test_agreement_is_measured_before_the_agent_is_asked_and_its_gaps_are_counted(
    agent, report, tmp_path
):
    sample = tmp_path / "sample.jsonl"
    rows = [{"transcript": {"environment": "[]", "dialogue": f"<User>: {word}."}, "label": label}
            for word, label in (("one", "safe"), ("two", "unsafe"), ("three", "safe"))]  # fmt: skip
    sample.write_text("\n".join(map(json.dumps, rows)))
    answered = []

    def answer(body):
        shown = str(body["messages"])
        if "<User>: " in shown and any(f"<User>: {w}." in shown for w in ("one", "two", "three")):
            answered.append(len(agent[0].requests))
            return "Hm." if "three" in shown else "[Answer] safe"
        return _know(body)

    result, _ = _judge(agent, answer, "--judge-sample", sample)
    assert result.exit_code == 0, result.output
    assert set(answered) == {0}
    found = report()["totals"]["agreement"]
    assert (found["both_safe"], found["only_judge_safe"], found["unparsable"]) == (1, 1, 1)
    assert "of 2 labels the judge agrees with 50.0%" in result.output


def test_a_limit_of_the_users_is_kept(agent):
    result, asked = _judge(agent, _think, "--judge-tokens", 50)
    assert result.exit_code == 1
    assert "cut at 50 tokens" in result.stderr
    assert {body["max_tokens"] for body in asked} == {50}


def test_a_judge_that_is_the_agent_is_said(benchmarks, tmp_path, report):
    with Loopback(_know) as server:
        result = _invoke(
            "benchmark", "agent-safetybench", "--endpoint", server.url, "--model", "m",
            "--judge-endpoint", f"{server.url}/", "--judge-model", "m", "--data", benchmarks,
            "--limit", 8, "--out", tmp_path / "out",
        )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert SAME in report()["notes"]
    assert " ".join(result.output.split()).count(SAME) == 2


@pytest.mark.parametrize(
    ("judging", "model", "endpoint", "same"),
    [
        (Judging(judge="a/b"), "a/../a/b", None, True),
        (Judging(judge="a/b"), "a/c", None, False),
        (Judging(judge="a/b"), "a/b", "http://x/v1", False),
        (Judging(judge_endpoint="http://x/v1", judge_model="m"), "m", "http://x/v1/", True),
        (Judging(judge_endpoint="http://x/v1", judge_model="m"), "n", "http://x/v1", False),
        (Judging(judge_endpoint="http://x/v1", judge_model="m"), "m", "http://y/v1", False),
        (Judging(judge_endpoint="http://x/v1", judge_model="m"), "m", None, False),
    ],
)
def test_a_judge_is_the_agent_where_folder_or_server_and_model_are_equal(
    tmp_path, monkeypatch, judging, model, endpoint, same
):
    monkeypatch.chdir(tmp_path)
    for name in ("a/b", "a/c", "m"):
        (tmp_path / name).mkdir(parents=True)
    if judging.judge is not None:
        judging = Judging(judge=tmp_path / judging.judge)
    assert judging.is_agent(Measured(model, endpoint)) is same
