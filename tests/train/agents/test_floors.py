"""Agents without a model: a run of one through the whole loop is what stands beside every run."""

import json

import pytest
from loopback import Loopback
from typer.testing import CliRunner

from train.agents.floors import REFUSAL, list_floors
from train.agents.loop import Talk
from train.cli import app


def _invoke(*arguments: object):
    return CliRunner().invoke(app, ["benchmark", *map(str, arguments)])


def _find_commands(run, data) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {"own": ["own", "--run", run, "--limit", 1]}
    if data is not None:
        sample = ["--data", data, "--limit", 24]
        found |= {name: [name, *sample] for name in ("injecagent", "bfcl", "agent-safetybench")}
    return found


@pytest.mark.parametrize("react", [False, True], ids=["native", "react"])
def test_one_says_nothing_and_the_other_always_the_same(play, react):
    silent, refusing = list_floors(react=react).values()
    talk = Talk([{"role": "user", "content": "hello"}])
    assert play(silent.speak(talk)).to_message() == {"role": "assistant", "content": ""}
    said = play(refusing.speak(talk))
    assert (said.calls, said.text.endswith(REFUSAL)) == ((), True)
    assert said.text.startswith("Thought:") is react


def _check(command: list[object], out, prompting: str) -> None:
    """Both floors as a server's model, against those that stand beside its run."""
    floors = list_floors(react=prompting == "react")
    for name, text in (("silent", ""), ("always-refuse", REFUSAL)):
        if text and prompting == "react":
            text = f"Thought: I will not do this.\nFinal Answer: {text}"
        folder = out / name
        with Loopback(lambda body, text=text: text) as server:
            result = _invoke(*command, "--endpoint", server.url, "--model", "m", "--out", folder,
                             "--prompting", prompting)  # fmt: skip
        report = json.loads((folder / "report.json").read_text())
        assert set(report["floors"]) == set(floors)
        floor, figures = report["floors"][name], report["figures"]
        assert floor["outcomes"] == figures["outcomes"]
        if name == "silent":
            assert result.exit_code == 1
            assert figures["outcomes"]["empty"] == sum(figures["outcomes"].values()) > 0
            assert figures["measures"] == {}
        else:
            assert result.exit_code == 0, result.output
            assert floor["measures"] == figures["measures"]


@pytest.mark.parametrize("prompting", ["native", "react"])
def test_on_our_own_splits(run, tmp_path, prompting):
    _check(_find_commands(run, None)["own"], tmp_path, prompting)


@pytest.mark.parametrize("prompting", ["native", "react"])
@pytest.mark.parametrize("name", ["injecagent", "bfcl", "agent-safetybench"])
def test_on_the_published_cases(run, benchmarks, tmp_path, name, prompting):
    _check(_find_commands(run, benchmarks)[name], tmp_path, prompting)


@pytest.mark.parametrize("prompting", ["native", "react"])
def test_on_agentdojo(tmp_path, prompting):
    pytest.importorskip("agentdojo", reason="the extra agentdojo is not installed")
    _check(["agentdojo", "--suite", "banking", "--limit", 12], tmp_path, prompting)
