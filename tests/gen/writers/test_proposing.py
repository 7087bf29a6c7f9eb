"""The command that has templates proposed: what it costs, and what stops it in one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from loopback import Loopback, Raw
from typer.testing import CliRunner

from train.cli import app


def propose(folder: Path, url: str, *more: object):
    named = {"domain": "email", "endpoint": url, "model": "m", "out": folder / "mine"}
    options = [f"--{name}={value}" for name, value in named.items()]
    replies = f"--replies={folder / 'replies.sqlite'}"
    return CliRunner().invoke(app, ["propose", *options, replies, *map(str, more)])


def refuse(body: dict[str, Any]) -> str:
    """A model that proposes nothing."""
    return "I would rather not."


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--domain", "emial"], "did you mean email"),
        (["--endpoint", "x"], "give a URL"),
        (["--count", "0"], "--count"),
        (["--templates", "nowhere"], "no such folder"),
        (["--endpoint", "https://x.test/v1", "--budget", "5"], "--prices"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value[:2]),
)
def test_mistakes_end_in_one_line_and_exit_2(arguments, hint, tmp_path):
    result = propose(tmp_path, "http://127.0.0.1:9/v1", *arguments)
    assert result.exit_code == 2, result.output
    assert hint in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_endpoint_that_refuses_ends_in_one_line_and_exit_1(tmp_path):
    with Loopback(lambda body: Raw(401, {"error": {"message": "key expired"}})) as server:
        result = propose(tmp_path, server.url)
    assert result.exit_code == 1
    assert "key expired" in result.stderr
    assert not (tmp_path / "mine").exists()


def test_a_budget_stops_before_it_is_passed_and_says_how_to_go_on(tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("m: {input: 100.0, output: 100.0}\n")
    with Loopback(refuse) as server:
        result = propose(tmp_path, server.url, "--prices", prices, "--budget", 0.5)
    assert result.exit_code == 1
    assert "higher --budget" in result.stderr
    assert "--resume" not in result.stderr


def test_an_estimate_names_the_requests_and_sends_none(tmp_path):
    with Loopback(refuse) as server:
        result = propose(tmp_path, server.url, "--count", 3, "--estimate", "--json")
        assert result.exit_code == 0, result.output
        assert server.requests == []
        assert not (tmp_path / "mine").exists()
        [found] = json.loads(result.stdout)
        propose(tmp_path, server.url, "--count", 3)
        again = propose(tmp_path, server.url, "--count", 3, "--estimate", "--json")
    assert (found["requests"], found["cached"]) == (3, 0)
    assert found["tokens_in"] > 1000
    assert json.loads(again.stdout)[0]["cached"] == 3
