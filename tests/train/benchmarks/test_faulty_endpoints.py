"""An endpoint with a fault never gets a share printed as if it were a score."""

import json
import re
from collections.abc import Callable

import pytest
from loopback import Body, Loopback, Raw, make_completion
from typer.testing import CliRunner

from train.cli import app

FAULTS = ("empty", "length", "filter", "filter-request", "no-tools", "limit", "down")


def _finish(reason: str) -> Raw:
    whole = make_completion("")
    whole["choices"][0]["finish_reason"] = reason
    return Raw(200, whole)


def _refuse_limit(body: Body) -> Raw:
    name = next(name for name in body if name.startswith("max_"))
    return Raw(400, {"error": {"message": f"Unsupported parameter: '{name}'"}})


ANSWERS: dict[str, Callable[[Body], str | Raw]] = {
    "empty": lambda body: "",
    "length": lambda body: _finish("length"),
    "filter": lambda body: _finish("content_filter"),
    "filter-request": lambda body: Raw(
        400, {"error": {"message": "against the rules", "code": "content_filter"}}
    ),
    "no-tools": lambda body: "I am happy to help.",
    "limit": _refuse_limit,
    "down": lambda body: Raw(502, {"error": {"message": "bad gateway"}}),
}
HINTS = {
    "empty": r"cases have no score \(\d+ empty\)",
    "length": r"cases have no score \(\d+ cut\)",
    "filter": r"cases have no score \(\d+ cut\)",
    "filter-request": r"cases have no score \(\d+ cut\)",
    "no-tools": "passes no tools on",
    "limit": "max_completion_tokens",
    "down": "502",
}


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch):
    monkeypatch.setattr("gen.engine.endpoint.ChatClient._choose_wait", lambda self, attempt: 0.0)


def _check(command: list[object], out, fault: str) -> None:
    tools = {"no-tools": "dropped", "limit": "", "down": ""}.get(fault, "called")
    with Loopback(ANSWERS[fault], tools=tools) as server:
        arguments = ["benchmark", *command, "--endpoint", server.url, "--model", "m", "--out", out]
        result = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "200"})
    assert result.exit_code == 1, result.output
    assert re.search(HINTS[fault], result.stderr)
    assert len(result.stderr.splitlines()) == 1
    if fault in ("no-tools", "limit", "down"):
        assert not out.exists()
        assert result.stdout == ""
        return
    figures = json.loads((out / "report.json").read_text())["figures"]
    assert figures["measures"] == {}
    assert figures["outcomes"]["scored"] == 0
    table, found, _ = result.stdout.partition("cases: 0 scored")
    rows = [line.split("│")[2].strip() for line in table.splitlines() if line.count("│") == 6]
    assert found
    assert rows
    assert set(rows) == {"-"}


@pytest.mark.parametrize("fault", FAULTS)
def test_on_our_own_splits(run, tmp_path, fault):
    _check(["own", "--run", run, "--limit", 1, "--split", "test"], tmp_path / "out", fault)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["injecagent", "bfcl", "agent-safetybench"])
def test_on_the_published_cases(benchmarks, tmp_path, name, fault):
    _check([name, "--data", benchmarks, "--limit", 6], tmp_path / "out", fault)


@pytest.mark.parametrize("fault", FAULTS)
def test_on_agentdojo(tmp_path, fault):
    pytest.importorskip("agentdojo", reason="the extra agentdojo is not installed")
    _check(["agentdojo", "--suite", "banking", "--limit", 6], tmp_path / "out", fault)
