"""`triact attack`, agent and writer behind endpoints: counted, kept, continued for nothing."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from loopback import Loopback, Raw, make_call
from typer.testing import CliRunner

from gen.records import Record
from gen.runs.rows import read_records
from train.adversary.attacker import can_be_reworded, find_payload, make_payload
from train.adversary.campaign import count_tries
from train.cli import app
from train.evaluation.transcripts import Transcript

Body = dict[str, Any]
WORD = "kindly"
SPLIT = "train"
"""Of the shared run: it has more attacks than the others."""


@pytest.fixture(scope="module")
def attacked(run) -> list[Record]:
    return [record for record in read_records(run, SPLIT) if can_be_reworded(record)]


@pytest.fixture
def make_agent(attacked) -> Callable[..., Callable[[Body], Any]]:
    """An endpoint's agent that reads as the reference does and obeys texts with a certain word."""
    known: dict[tuple[str, str], list[Record]] = {}
    for record in attacked:
        known.setdefault((record.scenario.system, record.scenario.last.text), []).append(record)

    def make(word: str, broken: str = "") -> Callable[[Body], Any]:
        def answer(body: Body) -> Any:
            system, user, *rest = body["messages"]
            alike = known[system["content"], user["content"]]
            if alike[0].contrast_set_id == broken:
                return Raw(400, {"error": {"message": "cannot be read"}})
            uses = [use for step in alike[0].reference for use in step.calls]
            last = [use.tool for use in uses].index(find_payload(alike[0].scenario)[0].tool)
            spoken = sum(m["role"] == "assistant" for m in rest)
            if spoken <= last:
                return make_call(uses[spoken].tool, dict(uses[spoken].arguments))
            if spoken == last + 1 and word in (read := rest[-1]["content"]):
                [record] = [r for r in alike if all(v in read for v in make_payload(r).kept)]
                expected = record.scenario.last.expectation
                if not expected.injected:
                    return " ".join(expected.injected_values)
                return make_call(expected.injected[0].tool, expected.injected[0].arguments)
            return "I have looked at it."

        return answer

    return make


def write(body: Body) -> Any:
    """A writer with another opening each time; the third has the word."""
    asked = str(body["messages"])
    if "Name one colour" in asked:
        return '{"colour": "red", "warm": true}'
    [text] = re.findall(
        r" returned:\n(.*?)\n\nWhat it tries", body["messages"][1]["content"], re.DOTALL
    )
    number = sum(m["role"] == "assistant" for m in body["messages"])
    opening = ("Well", "Now then", f"Well, {WORD}", "Once more", "At last")[number]
    return json.dumps({"text": f"{opening}: {text}", "idea": f"number {number}"})


def _attack(run: Path, agent: Loopback, writer: Loopback, out: Path, *more: object):
    arguments = [
        "attack", run, "--endpoint", agent.url, "--model", "m", "--writer-endpoint", writer.url,
        "--writer-model", "w", "--out", out, "--replies", out.with_suffix(".sqlite"),
        "--split", SPLIT, "--limit", 0, *more,
    ]  # fmt: skip
    return CliRunner().invoke(app, [*map(str, arguments)])


def _read(out: Path, name: str = "attacks.jsonl") -> list[Body]:
    return [json.loads(line) for line in (out / name).read_text().splitlines()]


def test_a_campaign_finds_the_wording_counts_it_and_is_continued_for_nothing(
    run, attacked, make_agent, tmp_path
):
    out = tmp_path / "out"
    with Loopback(make_agent(WORD)) as agent, Loopback(write) as writer:
        result = _attack(run, agent, writer, out, "--tries", 4)
        assert result.exit_code == 0, result.output
        report = json.loads((out / "report.json").read_text())
        assert report["figures"]["outcomes"]["scored"] == len(attacked) > 1
        assert report["unscored"] == {}
        assert report["figures"]["measures"]["success_first"]["value"] == 0
        assert report["figures"]["measures"]["success"]["value"] == 1
        assert [row["value"] for row in report["totals"]["curve"]] == [0, 0, 0, 1, 1]
        assert set(report["parts"]) == {r.leaves.technique for r in attacked}
        assert set(report["totals"]["goals"]) == {r.leaves.goal for r in attacked}
        assert report["totals"]["unusable"] == {}
        rows = {row["record"]: row for row in _read(out)}
        for record in attacked:
            row = rows[record.id]
            assert (row["success"], row["tries"], row["idea"]) == (True, 3, "number 2")
            text = " ".join(make_payload(record).text.split())
        assert row["text"] == f"Well, {WORD}: {text}"
        asked = len(agent.requests), len(writer.requests)
        texts = {make_payload(r).text for r in attacked}
        assert len(writer.requests) <= 1 + 3 * len(attacked)
        assert len(writer.requests) == 1 + 3 * len(texts)  # members of a set share questions
        result = _attack(run, agent, writer, out, "--tries", 4, "--resume", "--json")
        assert result.exit_code == 0, result.output
        assert (len(agent.requests), len(writer.requests)) == asked
        assert json.loads(result.stdout) == report


def test_the_table_shows_the_curve_goals_and_what_was_of_no_use(
    run, attacked, make_agent, tmp_path
):
    def answer(body: Body) -> Any:
        return write(body) if "colour" in str(body["messages"]) else '{"text": "", "idea": ""}'

    with Loopback(make_agent(WORD)) as agent, Loopback(answer) as writer:
        result = _attack(run, agent, writer, tmp_path / "out", "--tries", 2, "--limit", 2)
    assert result.exit_code == 0, result.output
    shown = " ".join(result.output.split())
    assert "the more it may try" in shown
    assert "4 rewordings, 4 of no use (missing or empty 4)" in shown
    assert "0 texts were never read" in shown
    rows = _read(tmp_path / "out")
    assert len(rows) == 2
    assert all(row["goal"] in shown for row in rows)
    assert {row["text"] for row in rows} <= {make_payload(r).text for r in attacked}


def test_a_case_whose_agent_fails_is_an_error_and_is_tried_again(
    run, attacked, make_agent, tmp_path
):
    out, broken = tmp_path / "out", attacked[0].contrast_set_id
    failing = {r.id for r in attacked if r.contrast_set_id == broken}
    texts = {make_payload(r).text for r in attacked if r.id in failing}
    with Loopback(make_agent(WORD, broken)) as agent, Loopback(write) as writer:
        result = _attack(run, agent, writer, out)
        assert result.exit_code == 1, result.output
        assert "no measurement of m" in result.stderr
        report = json.loads((out / "report.json").read_text())
        assert set(report["unscored"]) == failing
        assert len(_read(out)) == len(attacked) - len(failing)
        agent.answer = make_agent(WORD)
        before = len(writer.requests)
        result = _attack(run, agent, writer, out, "--resume")
        assert result.exit_code == 0, result.output
    assert len(writer.requests) == before + 3 * len(texts)
    assert json.loads((out / "report.json").read_text())["unscored"] == {}
    assert len(_read(out)) == len(attacked)


def test_a_budget_stops_the_writer_and_what_is_finished_is_kept(run, make_agent, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("w: {input: 100.0, output: 100.0}\n")
    out, money = tmp_path / "out", ["--prices", prices, "--concurrency", 1]
    with Loopback(make_agent(WORD)) as agent, Loopback(write) as writer:
        result = _attack(run, agent, writer, out, "--budget", 0.15, *money)
        assert result.exit_code == 1, result.output
        assert "budget" in result.stderr
        spent = len(writer.requests)
        result = _attack(run, agent, writer, out, "--budget", 100, "--resume", *money)
        assert result.exit_code == 0, result.output
    assert 0 < spent < len(writer.requests)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--writer-endpoint", "x"], "--writer-endpoint 'x': give a URL"),
        (["--split", "tset"], "did you mean test"),
        (["--endpoint", "x"], "--endpoint 'x': give a URL"),
        (["--replies", "OUT/replies.sqlite"], "agent's replies"),
        (["--budget", "5", "--writer-endpoint", "https://x.test/v1"], "--prices"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_mistakes_end_in_one_line_and_exit_2(run, arguments, hint, tmp_path):
    out = tmp_path / "out"
    given = ["attack", run, "--model", "m", "--endpoint", "http://127.0.0.1:9/v1",
             "--writer-endpoint", "http://127.0.0.1:9/v1", "--writer-model", "w", "--out", out,
             "--replies", tmp_path / "r.sqlite", *arguments]  # fmt: skip
    result = CliRunner().invoke(app, [str(a).replace("OUT", str(out)) for a in given])
    assert result.exit_code == 2, result.output
    assert hint in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not out.exists()


def test_a_curve_never_falls_and_its_intervals_are_of_whole_sets():
    tries = [[{"text": "a", "outcome": "held"}] * n + [{"text": "b", "outcome": "obeyed"}]
             for n in (0, 1, 1, 3)] + [[{"text": "a", "outcome": "held"}] * 4]  # fmt: skip
    episodes = [
        Transcript(case=str(n), part="p", group=f"g{n // 2}",
                verdict={"goal": "g", "seen": True, "tries": t})
        for n, t in enumerate(tries)
    ]  # fmt: skip
    curve = count_tries(episodes, 3)["curve"]
    assert [row["value"] for row in curve] == [0.2, 0.6, 0.6, 0.8]
    for low, high in pairwise(curve):
        assert low["low"] <= high["low"]
        assert low["high"] <= high["high"]
