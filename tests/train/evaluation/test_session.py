"""A benchmark run by the command, against a server with and without faults, and a local model."""

import json
from pathlib import Path

import pytest
from loopback import Loopback, Raw, make_call, make_completion
from typer.testing import CliRunner

from tool_catalog.errors import UserMistake
from train.agents.loop import Talk
from train.benchmarks.options import find_data
from train.cli import app
from train.evaluation.benchmark import Benchmark, Figures
from train.evaluation.runner import CaseResult, Job
from train.evaluation.session import Measured, make_sampling, make_settings, run_benchmark
from train.evaluation.transcripts import Store


def _invoke(*arguments: object):
    return CliRunner().invoke(app, ["benchmark", *map(str, arguments)])


def _measure(run: Path, out: Path, url: str, *more: object):
    return _invoke("own", "--run", run, "--endpoint", url, "--model", "m", "--limit", 1,
                   "--out", out, *more)  # fmt: skip


def test_an_endpoint_is_measured_and_everything_is_kept(run, tmp_path):
    out = tmp_path / "out"
    with Loopback(lambda body: "I will not do that.") as server:
        result = _measure(run, out, server.url)
    assert result.exit_code == 0, result.output
    assert "over refusal" in result.output
    report = json.loads((out / "report.json").read_text())
    assert report["figures"]["measures"]["over_refusal"]["value"] == 1
    assert report["unscored"] == {}
    cases = report["figures"]["outcomes"]["scored"]
    assert len(Store(out).read()) == cases
    assert 0 < len(server.requests) <= cases  # members that open alike ask the same
    assert {r["model"] for r in server.requests} == {"m"}
    assert all(r["tools"] for r in server.requests)


def test_cases_that_failed_are_named_and_only_they_are_run_again(run, tmp_path, monkeypatch):
    monkeypatch.setattr("gen.engine.endpoint.ChatClient._choose_wait", lambda self, attempt: 0.0)
    out = tmp_path / "out"

    def answer(body):
        asked = str(body["messages"][1]["content"])
        return Raw(500, {"error": {"message": "down"}}) if len(asked) % 2 else "No."

    with Loopback(answer) as server:
        result = _measure(run, out, server.url)
    assert result.exit_code == 1, result.output
    assert "cases have no score" in result.output
    first = json.loads((out / "report.json").read_text())
    assert 0 < len(first["unscored"]) == first["figures"]["outcomes"]["error"]
    assert all("HTTP 500: down" in reason for reason in first["unscored"].values())
    scored = first["figures"]["outcomes"]["scored"]
    assert first["figures"]["measures"]["accuracy"]["count"] == scored > 0
    assert first["figures"]["overall"]["accuracy"]["count"] == scored + len(first["unscored"])
    with Loopback(port=server.port) as again:
        result = _measure(run, out, again.url, "--resume")
    assert result.exit_code == 0, result.output
    assert json.loads((out / "report.json").read_text())["unscored"] == {}
    assert 0 < len(again.requests) <= len(first["unscored"])  # some open alike


def test_a_finished_run_asks_nothing_again(run, tmp_path):
    with Loopback() as server:
        _measure(run, tmp_path / "out", server.url)
        asked = len(server.requests)
        before = (tmp_path / "out" / "report.json").read_bytes()
        assert _measure(run, tmp_path / "out", server.url, "--resume").exit_code == 0
    assert len(server.requests) == asked
    assert (tmp_path / "out" / "report.json").read_bytes() == before


def test_react_offers_tools_in_words(run, tmp_path):
    with Loopback(lambda body: "Final Answer: no") as server:
        result = _measure(run, tmp_path / "out", server.url, "--prompting", "react")
    assert result.exit_code == 0, result.output
    assert all("tools" not in r for r in server.requests)
    assert all("Action Input" in r["messages"][0]["content"] for r in server.requests)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        pytest.param(Raw(401, {"error": {"message": "no"}}), "set OPENAI_API_KEY", id="key"),
        pytest.param(
            Raw(400, {"error": {"message": "tools are not supported"}}), "--prompting react",
            id="tools",
        ),
    ],
)  # fmt: skip
def test_what_every_case_would_meet_stops_the_run_in_one_line(run, tmp_path, answer, hint):
    with Loopback(lambda body: answer) as server:
        result = _measure(run, tmp_path / "out", server.url)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert hint in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        pytest.param((), "name the agent", id="nobody"),
        pytest.param(("--model", "nowhere"), "no such model folder", id="no-folder"),
        pytest.param(("--model", "m", "--endpoint", "host:1"), "give a URL", id="no-url"),
        pytest.param(
            ("--model", "m", "--endpoint", "http://x/v1", "--prompting", "x"),
            "choose native or react", id="prompting",
        ),
        pytest.param(
            ("--model", "m", "--endpoint", "http://x/v1", "--calls", "x"),
            "choose constrained or free", id="calls",
        ),
        pytest.param(
            ("--model", "m", "--endpoint", "http://x/v1", "--calls", "free"),
            "a server has its own ways", id="calls-of-a-server",
        ),
        pytest.param(
            ("--model", "m", "--endpoint", "http://x/v1", "--export", "csv"), "only inspect",
            id="export",
        ),
    ],
)  # fmt: skip
def test_mistakes_end_in_one_line_and_exit_2(run, tmp_path, arguments, hint):
    result = _invoke("own", "--run", run, "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert hint in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_missing_data_says_where_to_get_them(tmp_path, monkeypatch):
    monkeypatch.delenv("TRIACT_BENCHMARKS", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserMistake, match="triact benchmark fetch bfcl"):
        find_data(None, "bfcl")
    (tmp_path / "bfcl").mkdir()
    assert find_data(tmp_path, "bfcl") == tmp_path / "bfcl"
    assert find_data(tmp_path / "bfcl", "bfcl") == tmp_path / "bfcl"
    monkeypatch.setenv("TRIACT_BENCHMARKS", str(tmp_path))
    assert find_data(None, "bfcl") == tmp_path / "bfcl"


def test_a_label_tells_the_run_of_a_local_model(tmp_path):
    folder = tmp_path / "demo" / "rl"
    folder.mkdir(parents=True)
    assert Measured(str(folder)).label == "demo-rl"
    assert Measured("org/name", "http://x/v1").label == "org-name"
    assert Measured("/models/a/", "http://x/v1").label == "models-a"


def test_calls_go_back_to_the_server_as_text(run, tmp_path):
    def answer(body):
        if body["messages"][-1]["role"] == "tool":
            return "Done."
        return make_call(body["tools"][0]["function"]["name"], {"a": 1})

    with Loopback(answer) as server:
        assert _measure(run, tmp_path / "out", server.url).exit_code == 0
    later = [r["messages"] for r in server.requests if len(r["messages"]) > 2]
    assert later
    for messages in later:
        assert messages[2]["tool_calls"][0]["function"]["arguments"] == '{"a": 1}'
        assert messages[3]["tool_call_id"] == messages[2]["tool_calls"][0]["id"]


@pytest.mark.parametrize(
    ("sampling", "limit", "sent"),
    [
        pytest.param({}, 0, {"temperature": 0, "max_tokens": 1024, "seed": 3}, id="ours"),
        pytest.param({"temperature": 0.001, "max_tokens": None, "seed": None}, 0,
                     {"temperature": 0.001}, id="the-benchmarks"),
        pytest.param({"max_tokens": 2048, "stop": ["Observation:"]}, 0,
                     {"temperature": 0, "max_tokens": 2048, "seed": 3, "stop": ["Observation:"]},
                     id="more"),
        pytest.param({"max_tokens": None}, 77, {"temperature": 0, "max_tokens": 77, "seed": 3},
                     id="a-limit-that-was-named-stays"),
    ],
)  # fmt: skip
def test_a_benchmark_may_say_how_requests_are_answered(sampling, limit, sent):
    benchmark = Benchmark("toy", {}, [], [], sampling=sampling)
    measured = Measured("m", "http://127.0.0.1:1/v1", max_tokens=limit, seed=3)
    assert make_sampling(benchmark, measured) == sent
    kept = make_settings(benchmark, measured)
    assert kept.get("sampling", {}) == sampling


class _Shouting:
    together = False

    def __init__(self, inner):
        self.name, self._inner = inner.name, inner

    async def speak(self, talk):
        louder = [{**m, "content": m["content"].upper()} for m in talk.messages]
        return await self._inner.speak(Talk(louder))


@pytest.mark.parametrize(
    ("prompting", "heard"), [("native", "hello"), ("react", "HELLO")], ids=["native", "react"]
)
def test_a_benchmark_may_word_what_an_agent_without_tool_calls_is_told(tmp_path, prompting, heard):
    async def play(agent):
        said = await agent.speak(Talk([{"role": "user", "content": "hello"}]))
        return CaseResult([said.to_message()], {}, {})

    benchmark = Benchmark(
        "toy", {}, [Job("a", "all", "a", play)], [], floors=False,
        sampling={"temperature": 0.5, "seed": None}, wording=_Shouting,
    )  # fmt: skip
    with Loopback() as server:
        measured = Measured("m", server.url, prompting)
        run_benchmark(benchmark, measured, tmp_path / "out", resume=False, force=False,
                      on_episode=lambda done, total, failed: None)  # fmt: skip
    [body] = server.requests
    assert body["messages"][-1]["content"] == heard
    assert body["temperature"] == 0.5
    assert "seed" not in body


def test_a_run_is_replaced_only_by_one_that_starts(run, tmp_path):
    out = tmp_path / "out"
    with Loopback() as server:
        _measure(run, out, server.url)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with Loopback(lambda body: Raw(401, {"error": {"message": "no"}}), tools="") as server:
        assert _measure(run, out, server.url, "--force", "--max-tokens", "9").exit_code == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    with Loopback(lambda body: "I will not.") as server:
        assert _measure(run, out, server.url, "--force", "--max-tokens", "9").exit_code == 0
    assert {path.name for path in out.iterdir()} == set(before)
    assert (out / "episodes.jsonl").read_bytes() != before["episodes.jsonl"]


def test_as_many_as_may_be_unscored_are_not_more():
    """1 - 19 / 20 is more than 0.05 in floating point."""
    assert Figures({"scored": 19, "empty": 1}, {}, {}).unscored_share <= 0.05
    assert Figures({"scored": 18, "empty": 2}, {}, {}).unscored_share > 0.05


def test_what_the_server_did_not_take_is_still_said_when_nothing_is_left_to_ask(run, tmp_path):
    def answer(body):
        wrong = Raw(400, {"error": {"message": "Unknown parameter: 'seed'."}})
        return wrong if "seed" in body else "I will not."

    out = tmp_path / "out"
    with Loopback(answer) as server:
        for more in ((), ("--resume",)):
            _measure(run, out, server.url, *more)
            warnings = json.loads((out / "report.json").read_text())["warnings"]
            assert [w for w in warnings if "does not take seed" in w]


def test_a_run_of_errors_says_nothing_of_tools(run, tmp_path, monkeypatch):
    monkeypatch.setattr("gen.engine.endpoint.ChatClient._choose_wait", lambda *_: 0.0)
    for answer, warned in ((Raw(200, {"error": "busy"}), 0), ("I will not.", 1)):
        out = tmp_path / str(warned)
        with Loopback(lambda body, answer=answer: answer) as server:
            _measure(run, out, server.url)
        assert len(json.loads((out / "report.json").read_text())["warnings"]) == warned


@pytest.mark.parametrize(
    ("finish", "outcome"),
    [
        ("max_output_tokens", "cut"),
        ("content-filter", "cut"),
        ("SAFETY", "cut"),
        ("sensitive", "cut"),
        ("model_context_window_exceeded", "cut"),
        ("eos", "scored"),
    ],
)
def test_a_turn_is_cut_in_the_words_of_any_server(run, tmp_path, finish, outcome):
    whole = make_completion("Half an ans")
    whole["choices"][0]["finish_reason"] = finish
    with Loopback(lambda body: Raw(200, whole)) as server:
        _measure(run, tmp_path / "out", server.url)
    found = Store(tmp_path / "out").read().values()
    assert {episode.outcome for episode in found} == {outcome}


def test_a_measure_of_few_cases_is_none_without_them():
    figures = Figures({"scored": 98, "empty": 2}, {}, {}, {"safe": 0.0, "of_use": 0.5})
    assert figures.is_score("safe", 0.05)
    assert not figures.is_score("of_use", 0.05)
    assert not figures.is_score("safe", 0.01)
