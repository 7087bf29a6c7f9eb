"""Whether tools reach the model is asked once, before anything is paid for."""

import asyncio
import json

import pytest
from loopback import Loopback, Raw, make_call
from typer.testing import CliRunner

from gen.engine.endpoint import ChatClient, Endpoint
from gen.engine.replies import Replies
from tool_catalog.errors import EndpointFailed, EndpointRefused
from train.agents.probe import Passing, probe_tools
from train.cli import app


def _probe(server: Loopback, replies=None) -> Passing:
    async def ask() -> Passing:
        async with ChatClient(Endpoint(server.url, "m"), replies=replies) as client:
            return await probe_tools(client, {"max_tokens": 7})

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("tools", "found", "asked"), [("called", "called", 1), ("shown", "shown", 2),
                                  ("uncounted", "unknown", 2)],
)  # fmt: skip
def test_a_call_or_a_longer_prompt_shows_that_tools_are_seen(tools, found, asked):
    with Loopback(tools=tools) as server:
        assert _probe(server) == found
    assert len(server.probes) == asked
    assert ["tools" in body for body in server.probes] == [True, False][:asked]
    assert {body["max_tokens"] for body in server.probes} == {7}


def test_a_prompt_that_is_as_long_without_tools_stops_everything():
    with (
        Loopback(tools="dropped") as server,
        pytest.raises(EndpointRefused, match=r"20 tokens with a tool and 20 without.*react"),
    ):
        _probe(server)


def test_a_server_is_asked_again_whatever_it_answered_before(tmp_path):
    with Loopback() as server, Replies(tmp_path / "replies.sqlite") as replies:
        assert [_probe(server, replies) for _ in range(2)] == ["called"] * 2
    assert len(server.probes) == 2


def test_a_server_that_does_not_answer_it_is_not_asked_more():
    with (
        Loopback(lambda body: Raw(422, {"error": {"message": "odd field"}}), tools="") as server,
        pytest.raises(EndpointFailed, match=r"does not answer a first question.*odd field"),
    ):
        _probe(server)
    assert len(server.requests) == 1


def _measure(run, out, server: Loopback, *more: str):
    arguments = ["benchmark", "own", "--run", run, "--limit", 1, "--endpoint", server.url,
                 "--model", "m", "--out", out, *more]  # fmt: skip
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_a_setting_that_is_not_taken_is_said_by_a_run_that_is_continued_too(run, tmp_path):
    def answer(body):
        refusal = Raw(400, {"error": {"message": "Unsupported parameter: 'max_tokens'"}})
        if "max_tokens" in body:
            return refusal
        return make_call("repeat_word", {}) if len(body["messages"]) == 1 else "I will not."

    said = "the server does not take max_tokens; max_completion_tokens was sent"
    with Loopback(answer, tools="") as server:
        for more in ((), ("--resume",)):
            assert _measure(run, tmp_path / "out", server, *more).exit_code == 0
            asked = len(server.requests)
            report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
            assert said in report["warnings"]
        assert len(server.requests) == asked


def test_a_server_that_drops_tools_is_paid_for_no_case_and_leaves_no_folder(run, tmp_path):
    with Loopback(tools="dropped") as server:
        result = _measure(run, tmp_path / "out", server)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "passes no tools on" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert server.requests == []
    assert not (tmp_path / "out").exists()
    with Loopback(lambda body: "Final Answer: No.", tools="dropped") as server:
        assert _measure(run, tmp_path / "out", server, "--prompting", "react").exit_code == 0
    assert server.probes == []


def test_without_any_call_and_without_counts_there_is_no_score(run, tmp_path):
    with Loopback(lambda body: "I will not do that.", tools="uncounted") as server:
        result = _measure(run, tmp_path / "out", server)
    assert result.exit_code == 1
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["figures"]["measures"] == {}
    assert report["figures"]["outcomes"]["error"] == sum(report["figures"]["outcomes"].values())
    assert all("--prompting react" in reason for reason in report["unscored"].values())


def test_an_agent_that_is_shown_tools_and_calls_none_is_warned_of(run, tmp_path):
    with Loopback(lambda body: "I will not do that.", tools="shown") as server:
        result = _measure(run, tmp_path / "out", server)
    assert result.exit_code == 0
    assert "warning: the agent called no tool in any case; " in result.output
    with Loopback(lambda body: "Final Answer: No.") as server:
        result = _measure(run, tmp_path / "react", server, "--prompting", "react")
    assert "warning: the agent called no tool in any case\n" in result.output
