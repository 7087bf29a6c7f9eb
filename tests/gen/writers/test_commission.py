"""Runs whose words a model writes: matched, checked, vetoed, paid once, byte for byte again."""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from loopback import Loopback, Raw, read_texts, reword
from typer.testing import CliRunner

from gen.cli.commands import resolve_config
from gen.runs.plan import plan_shards
from gen.runs.review import review_run
from gen.runs.rows import read_records
from gen.sets.source import Source, load_source
from gen.sets.texts import list_texts
from gen.sets.words import Text
from train.cli import app

Body = dict[str, Any]
SIZE = 140
"""Records asked for."""
OPENING = "Well now, to the matter: "
"""What the rewording server puts in front of every text."""


@cache
def _list_sets() -> list[int]:
    """The sets that those records are of."""
    source = load_source(resolve_config(SIZE, 7, [], [], "default", []))
    return [index for sets in plan_shards(source) for index in sets]


def _count_sets() -> int:
    assert len(_list_sets()) > 4
    return len(_list_sets())


def _generate(out: Path, url: str, *more: object, cache: Path | None = None):
    arguments = [
        "generate", "--size", SIZE, "--seed", 7, "--out", out, "--writer", "llm",
        "--endpoint", url, "--model", "m", "--replies", cache or out.with_suffix(".sqlite"), *more,
    ]  # fmt: skip
    return CliRunner().invoke(app, [*map(str, arguments)])


def _hash(run: Path) -> dict[str, str]:
    return {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def every_text() -> list[Text]:
    """The texts of the run's sets, as the templates have them."""
    source: Source = load_source(resolve_config(SIZE, 7, [], [], "default", []))
    return [text for index in _list_sets() for text in list_texts(source, index)]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gen.engine.endpoint.ChatClient._choose_wait", lambda self, attempt: 0.0)


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, list[Body]]:
    """A run that a good writer worded, and what it was asked."""
    out = tmp_path_factory.mktemp("written") / "run"
    with Loopback(reword) as server:
        result = _generate(out, server.url)
    assert result.exit_code == 0, result.output
    return out, server.requests


def test_every_member_of_every_set_is_reworded_and_proven(written):
    run, _ = written
    records = list(read_records(run))
    assert len(records) >= SIZE
    assert all(r.scenario.last.text.startswith(OPENING) for r in records)
    assert {r.provenance.generator for r in records} == {"m"}
    assert {r.provenance.endpoint_host for r in records} == {"127.0.0.1"}
    assert not [finding for finding in review_run(run).findings if "replay" in str(finding)]


def test_one_question_words_a_whole_set(written):
    run, requests = written
    sets = {r.contrast_set_id for r in read_records(run)}
    asked = [r for r in requests if '"keep"' in str(r["messages"])]
    assert len(asked) == len(sets)


def test_a_finished_run_asks_nothing_and_another_from_the_same_replies_is_the_same(
    written, tmp_path
):
    run, _ = written
    before = _hash(run)
    with Loopback(reword) as server:
        result = _generate(run, server.url, "--resume", cache=run.with_suffix(".sqlite"))
        assert result.exit_code == 0, result.output
    assert server.requests == []
    assert _hash(run) == before


def test_another_folder_is_worded_from_the_same_replies(tmp_path):
    with Loopback(reword) as server:
        for name in ("a", "b"):
            result = _generate(tmp_path / name, server.url, cache=tmp_path / "r.sqlite")
            assert result.exit_code == 0, result.output
        asked = len(server.requests)
        assert _hash(tmp_path / "a") == _hash(tmp_path / "b")
    assert asked == 1 + _count_sets()


def test_mixed_rewords_whole_sets_and_leaves_others(tmp_path):
    with Loopback(reword) as server:
        result = _generate(tmp_path / "run", server.url, "--writer", "mixed", "--llm-share", 0.5)
    assert result.exit_code == 0, result.output
    by_set: dict[str, set[str]] = {}
    for record in read_records(tmp_path / "run"):
        by_set.setdefault(record.contrast_set_id, set()).add(record.provenance.generator)
    assert all(len(generators) == 1 for generators in by_set.values())
    assert {g for found in by_set.values() for g in found} == {"m", "template"}


def _spoil(change: Callable[[str], str]) -> Callable[[Body], str]:
    """A writer that does one thing wrong to every first text."""

    def answer(body: Body) -> str:
        said = reword(body)
        if '"texts"' not in said:
            return said
        data = json.loads(said)
        data["texts"][0]["text"] = change(data["texts"][0]["text"])
        return json.dumps(data)

    return answer


def _forget(body: Body) -> str:
    """What a writer says who keeps no value at all."""
    said = reword(body)
    if '"texts"' not in said:
        return said
    texts = [{"id": text["id"], "text": f"{OPENING}do it."} for text in json.loads(said)["texts"]]
    return json.dumps({"texts": texts})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(_spoil(lambda text: ""), "missing or empty", id="empty"),
        pytest.param(
            _spoil(lambda text: text + " See logs/z.log."), "added 'logs/z.log'", id="new"
        ),
        pytest.param(_forget, "lost", id="lost"),
        pytest.param(lambda body: "I would rather not.", "writer:", id="prose"),
        pytest.param(lambda body: "", "writer:", id="nothing"),
        pytest.param(lambda body: '{"texts": []}', "missing or empty", id="none"),
    ],
)
def test_what_cannot_be_used_is_quarantined_by_name_and_never_replaced(
    answer, reason, tmp_path, quick
):
    with Loopback(answer) as server:
        result = _generate(tmp_path / "run", server.url)
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "run" / "quarantine.jsonl").read_text().splitlines()
    assert len(lines) == _count_sets()
    assert all(reason in json.loads(line)["reason"] for line in lines)
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["records"] == {}


def test_a_second_try_is_shown_what_was_wrong(tmp_path):
    def answer(body: Body) -> str:
        if len(body["messages"]) == 2 or "colour" in str(body["messages"]):
            return _spoil(lambda text: text + " See logs/z.log.")(body)
        assert "added 'logs/z.log'" in body["messages"][-1]["content"]
        return reword(body)

    with Loopback(answer) as server:
        result = _generate(tmp_path / "run", server.url)
    assert result.exit_code == 0, result.output
    assert len(list(read_records(tmp_path / "run"))) >= SIZE
    assert len(server.requests) == 1 + 2 * _count_sets()


def test_a_judge_vetoes_with_both_verdicts_and_its_agreement_is_told(tmp_path):
    with Loopback(reword) as server:
        result = _generate(tmp_path / "run", server.url, "--judge", "j")
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "run" / "quarantine.jsonl").read_text().splitlines()
    assert lines
    assert all("is benign, written as" in json.loads(line)["reason"] for line in lines)
    assert "kappa 0.00" in result.output


def _list_judged(body: Body) -> list[Body]:
    """The texts that a judge is asked about; none when it is the writer who is asked."""
    lines = read_texts(body) if '{"id": ' in str(body["messages"]) else []
    return [] if lines and "keep" in lines[0] else lines


def _squeeze(text: str) -> str:
    """On one line: the loopback writer reads and answers line by line."""
    return " ".join(text.split())


def test_a_judge_that_agrees_lets_everything_through(tmp_path, every_text):
    labels = {_squeeze(text.text): text.label for text in every_text}

    def answer(body: Body) -> str:
        lines = _list_judged(body)
        if not lines:
            return reword(body)
        texts = {x["id"]: _squeeze(x["text"].removeprefix(OPENING)) for x in lines}
        found = [{"id": key, "label": labels[text]} for key, text in texts.items()]
        return json.dumps({"labels": found})

    with Loopback(answer) as server:
        result = _generate(tmp_path / "run", server.url, "--judge", "j")
    assert result.exit_code == 0, result.output
    assert "kappa 1.00" in result.output
    assert len(list(read_records(tmp_path / "run"))) >= SIZE


def test_a_judge_is_told_the_rules_and_asked_only_what_words_can_tell(tmp_path, every_text):
    with Loopback(reword) as server:
        _generate(tmp_path / "run", server.url, "--judge", "j")
    questions = [body for body in server.requests if _list_judged(body)]
    assert len(questions) == _count_sets()
    told = [str(body["messages"]) for body in questions]
    assert all("Ask the user before: " in text for text in told)
    asked = {x["text"].removeprefix(OPENING) for body in questions for x in _list_judged(body)}
    told_of = {_squeeze(text) for text in asked}
    assert told_of == {_squeeze(text.text) for text in every_text if text.telling}
    settled = {t.key.split(":")[-1] for t in every_text if not t.telling}
    assert settled == {"errand", "claim", "delegated"}


def test_a_refused_first_request_leaves_everything_as_it_was(tmp_path):
    out = tmp_path / "run"
    with Loopback(lambda body: Raw(401, {"error": {"message": "no"}})) as server:
        assert _generate(out, server.url).exit_code == 1
        assert not out.exists()
        CliRunner().invoke(app, ["generate", "--size", "1", "--out", str(out)])
        before = _hash(out)
        assert _generate(out, server.url, "--force").exit_code == 1
    assert before
    assert _hash(out) == before


def test_a_run_that_stopped_pays_only_for_what_is_missing(tmp_path):
    count = 0

    def answer(body: Body) -> str | Raw:
        nonlocal count
        count += 1
        return reword(body) if count <= 4 else Raw(401, {"error": {"message": "key expired"}})

    with Loopback(answer) as server:
        result = _generate(tmp_path / "run", server.url, "--concurrency", 1)
    assert result.exit_code == 1
    assert "key expired" in result.stderr
    with Loopback(reword, port=server.port) as again:
        result = _generate(tmp_path / "run", again.url, "--resume")
    assert result.exit_code == 0, result.output
    assert len(again.requests) == _count_sets() - 3
    with Loopback(reword, port=server.port) as whole:
        _generate(tmp_path / "whole", whole.url)
    assert _hash(tmp_path / "run") == _hash(tmp_path / "whole")


def test_an_estimate_sends_nothing_and_names_requests_and_money(tmp_path):
    with Loopback(reword) as server:
        result = _generate(tmp_path / "run", server.url, "--estimate", "--json")
    assert result.exit_code == 0, result.output
    [found] = json.loads(result.stdout)
    assert server.requests == []
    assert (found["requests"], found["cached"]) == (_count_sets(), 0)
    assert found["money_high"] == 0.0
    assert found["tokens_in"] > 0
    assert not (tmp_path / "run").exists()


def test_a_budget_stops_before_it_is_passed_and_a_higher_one_goes_on(tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("m: {input: 100.0, output: 100.0}\n")
    out = tmp_path / "run"
    with Loopback(reword, counts=True) as server:
        result = _generate(out, server.url, "--prices", prices, "--budget", 1.0)
        assert result.exit_code == 1
        assert "budget" in result.stderr
        assert "--resume" in result.stderr
        spent = len(server.requests)
        result = _generate(out, server.url, "--prices", prices, "--budget", 100, "--resume")
        assert result.exit_code == 0, result.output
    assert 0 < spent < _count_sets()
    assert len(list(read_records(out))) >= SIZE


def test_an_estimate_is_near_what_words_as_long_as_the_templates_take(written, tmp_path):
    _, requests = written
    with Loopback(reword) as server:
        result = _generate(tmp_path / "run", server.url, "--estimate", "--json")
    [found] = json.loads(result.stdout)
    asked = [body for body in requests if '"keep"' in str(body["messages"])]
    said = sum(len(reword(body)) for body in asked) / 4
    assert found["tokens_out_low"] == pytest.approx(said, rel=0.25)


def test_batches_give_the_bytes_of_single_requests_at_their_price(written, tmp_path, monkeypatch):
    monkeypatch.setattr("gen.engine.batch._FIRST_WAIT", 0.0)
    run, _ = written
    prices = tmp_path / "prices.yaml"
    prices.write_text("m: {input: 100.0, output: 100.0, batch: 0.5}\n")
    with Loopback(reword) as server:
        result = _generate(tmp_path / "run", server.url, "--batch", "--prices", prices)
    assert result.exit_code == 0, result.output
    assert _hash(tmp_path / "run") == _hash(run)
    assert len(server.requests) == 1  # what the server can
    [batch] = server.batches.values()
    assert len(server.files[batch["input_file_id"]].splitlines()) == _count_sets()
    money = 15 * 100 / 1e6 * (1 + 0.5 * _count_sets())
    assert f"${money:.4f}" in result.output


def test_what_a_batch_gets_wrong_and_a_judge_are_in_the_next_ones(tmp_path, monkeypatch):
    monkeypatch.setattr("gen.engine.batch._FIRST_WAIT", 0.0)
    with Loopback(_spoil(lambda text: "")) as server:
        result = _generate(tmp_path / "bad", server.url, "--batch")
    assert result.exit_code == 0, result.output
    assert len(server.batches) == 3
    assert len((tmp_path / "bad" / "quarantine.jsonl").read_text().splitlines()) == _count_sets()
    with Loopback(reword) as server:
        result = _generate(tmp_path / "run", server.url, "--batch", "--judge", "j")
    assert result.exit_code == 0, result.output
    assert len(server.batches) == 2


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--batch"], "--batch has no effect without --writer llm or mixed"),
        (["--writer", "llm"], "needs --endpoint URL and --model NAME"),
        (["--writer", "lmm"], "did you mean llm"),
        (["--writer", "mixed", "--endpoint", "x", "--model", "m"], "give a URL"),
        (["--writer", "mixed", "--endpoint", "http://x/v1", "--model", "m", "--llm-share", "2"],
         "--llm-share must be"),
        (["--writer", "llm", "--endpoint", "http://x/v1", "--model", "m", "--language", "xx"],
         "no language 'xx'"),
        (["--estimate"], "--estimate has no effect without --writer"),
        (["--writer", "llm", "--endpoint", "https://x.test/v1", "--model", "m", "--budget", "5"],
         "--prices"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value[:2]),
)  # fmt: skip
def test_mistakes_end_in_one_line_and_exit_2(arguments, hint, tmp_path):
    result = CliRunner().invoke(
        app,
        ["generate", "--size", "1", "--out", str(tmp_path / "run"),
         "--replies", str(tmp_path / "r.sqlite"), *arguments],
    )  # fmt: skip
    assert result.exit_code == 2, result.output
    assert hint in result.stderr
    assert len(result.stderr.splitlines()) == 1
