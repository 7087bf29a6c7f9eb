"""Runs whose words a model writes: checked, compared, counted, paid once, byte for byte again."""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from loopback import SAMENESS, Loopback, Raw, is_comparison, read_texts, reword
from typer.testing import CliRunner

from gen.cli.commands import resolve_config
from gen.runs.plan import plan_shards
from gen.runs.review import review_run
from gen.runs.rows import read_records
from gen.sets.source import Source, load_source
from gen.sets.texts import list_texts
from gen.sets.words import Text
from gen.writers.instructions import load_instruction
from gen.writers.judging import split_sentences
from gen.writers.rewording import write_question
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


@pytest.fixture(scope="module")
def questions() -> int:
    """How many different ones there are to word the run: texts that differ in values are alike."""
    source: Source = load_source(resolve_config(SIZE, 7, [], [], "default", []))
    instruction = load_instruction("reword")
    told = {
        str(write_question(instruction, [text], seed=7, index=index, language="en").messages)
        for index in _list_sets()
        for text in list_texts(source, index)
    }
    return len(told)


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


def test_each_text_is_asked_for_and_compared_by_itself(written, questions):
    _, requests = written
    compared = [body for body in requests if is_comparison(body)]
    asked = [body for body in requests[1:] if not is_comparison(body)]
    assert len(asked) == questions
    assert questions <= len(compared)
    assert all(set(read_texts(body)) == {"text1"} for body in asked)


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
    assert asked == len(server.requests)


def test_mixed_rewords_whole_sets_and_leaves_others(tmp_path):
    with Loopback(reword) as server:
        result = _generate(tmp_path / "run", server.url, "--writer", "mixed", "--llm-share", 0.5)
    assert result.exit_code == 0, result.output
    by_set: dict[str, set[str]] = {}
    for record in read_records(tmp_path / "run"):
        by_set.setdefault(record.contrast_set_id, set()).add(record.provenance.generator)
    assert all(len(generators) == 1 for generators in by_set.values())
    assert {g for found in by_set.values() for g in found} == {"m", "template"}


def _spoil(
    change: Callable[[str], str], wanted: Callable[[str], bool] = bool
) -> Callable[[Body], str]:
    """A writer that does one thing wrong to some texts, however often it is asked."""

    def answer(body: Body) -> str:
        said = reword(body)
        if "text1" not in said:
            return said
        shown = read_texts(body)
        new = {key: change(text) if wanted(shown[key]) else text
               for key, text in json.loads(said).items()}  # fmt: skip
        return json.dumps(new)

    return answer


def _forget(text: str) -> str:
    return f"{OPENING}do it."


def _read_counts(out: Path, url: str, *more: object) -> Body:
    """What became of the texts of the first sets, by a pilot."""
    result = _generate(out, url, "--pilot", 3, "--json", *more)
    assert result.exit_code == 0, result.output
    found: Body = json.loads(result.stdout)["tally"]
    return found


@pytest.mark.parametrize(
    ("answer", "check"),
    [
        pytest.param(_spoil(lambda text: ""), "missing", id="empty"),
        pytest.param(_spoil(lambda text: text + " See logs/z.log."), "values", id="new"),
        pytest.param(_spoil(_forget, lambda shown: "{" in shown), "places", id="lost"),
        pytest.param(_spoil(lambda text: text + " Well," * 200), "length", id="long"),
        pytest.param(lambda body: "I would rather not.", "reply repeated", id="prose"),
        pytest.param(lambda body: "", "reply empty", id="nothing"),
        pytest.param(lambda body: '{"texts": []}', "reply repeated", id="another-form"),
    ],
)
def test_a_set_that_fails_keeps_its_templates_words_and_is_counted(answer, check, tmp_path, quick):
    with Loopback(answer) as server:
        result = _generate(tmp_path / "run", server.url)
        assert result.exit_code == 0, result.output
        tally = _read_counts(tmp_path / "pilot", server.url)
    assert tally["sets"] == {"failed": 3}
    assert check in tally["refused"], tally["refused"]
    assert "keep the words of their templates" in result.output
    records = list(read_records(tmp_path / "run"))
    assert len(records) >= SIZE
    assert {r.provenance.generator for r in records} == {"template"}
    assert not any(r.scenario.last.text.startswith(OPENING) for r in records)
    assert not (tmp_path / "pilot").exists()


def test_a_second_try_is_shown_what_was_wrong(tmp_path, questions):
    def answer(body: Body) -> str:
        if len(body["messages"]) <= 2:
            return _spoil(lambda text: text + " See logs/z.log.")(body)
        assert "added 'logs/z.log'" in body["messages"][-1]["content"]
        return reword(body)

    with Loopback(answer) as server:
        result = _generate(tmp_path / "run", server.url, "--judge", "none")
    assert result.exit_code == 0, result.output
    assert {r.provenance.generator for r in read_records(tmp_path / "run")} == {"m"}
    assert len(server.requests) == 1 + 2 * questions


def test_what_passed_is_kept_and_the_rest_worded_sentence_by_sentence(tmp_path):
    """A writer that loses the values of any text with more than one sentence."""

    def answer(body: Body) -> str:
        said = reword(body)
        if "text1" not in said:
            return said
        text = read_texts(body)["text1"]
        long = len([*split_sentences(text)]) > 1
        return json.dumps({"text1": "Do it." if long else f"Well: {text}"})

    with Loopback(answer) as server:
        tally = _read_counts(tmp_path / "pilot", server.url)
    assert tally["sets"] == {"worded": 3}
    assert tally["texts"].keys() == {"worded", "by sentence"}
    labels = tally["by"]["label"].values()
    assert sum(counts.get("worded", 0) for counts in labels) == tally["texts"]["worded"]


def test_a_judge_vetoes_what_means_something_else(tmp_path):
    def answer(body: Body) -> str:
        verdict = json.dumps({**dict.fromkeys(SAMENESS, True), "same_reason": False})
        return verdict if is_comparison(body) else reword(body)

    with Loopback(answer) as server:
        tally = _read_counts(tmp_path / "pilot", server.url)
        assert tally["sets"] == {"failed": 3}
        assert tally["refused"].keys() == {"judge reason"}
        models = {body["model"] for body in server.requests if is_comparison(body)}
        _read_counts(tmp_path / "pilot", server.url, "--judge", "j")
    assert models == {"m"}  # nobody else was named
    assert "j" in {body["model"] for body in server.requests if is_comparison(body)}


def test_a_judge_that_says_nothing_of_use_lets_nothing_through(tmp_path, quick):
    with Loopback(lambda body: "Hm." if is_comparison(body) else reword(body)) as server:
        tally = _read_counts(tmp_path / "pilot", server.url)
    assert tally["sets"] == {"failed": 3}
    assert "judge reply" in tally["refused"]


def test_without_a_judge_nobody_is_asked_to_compare(tmp_path):
    with Loopback(reword) as server:
        tally = _read_counts(tmp_path / "pilot", server.url, "--judge", "none")
    assert tally["sets"] == {"worded": 3}
    assert not any(map(is_comparison, server.requests))


def test_a_run_with_too_small_a_yield_stops_and_says_what_refuses(tmp_path):
    out = tmp_path / "run"
    with Loopback(_spoil(lambda text: text + " See logs/z.log.")) as server:
        result = _generate(out, server.url, "--min-yield", 0.5, "--judge", "none")
        assert result.exit_code == 1
        assert "less than --min-yield 50%" in result.stderr
        assert "values" in result.stderr
        result = _generate(out, server.url, "--judge", "none", "--resume")
    assert result.exit_code == 0, result.output


def test_the_yield_of_a_run_that_was_gone_on_with_is_that_of_all_of_it(tmp_path):
    with Loopback(reword) as server:
        _generate(tmp_path / "run", server.url)
        result = _generate(tmp_path / "run", server.url, "--resume")
    assert f"{_count_sets()} of {_count_sets()} sets worded anew" in " ".join(result.output.split())


@pytest.mark.slow
def test_a_writer_that_is_right_nine_times_in_ten_words_nearly_every_set(tmp_path):
    def answer(body: Body) -> str:
        said = reword(body)
        wrong = int(hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(), 16) % 10
        return json.dumps({"text1": "No."}) if "text1" in said and wrong == 0 else said

    with Loopback(answer) as server:
        result = _generate(tmp_path / "run", server.url, "--pilot", 100, "--size", 4000, "--json")
    sets = json.loads(result.stdout)["tally"]["sets"]
    assert sum(sets.values()) == 100
    assert sets["worded"] >= 98


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


def test_a_run_that_stopped_pays_only_for_what_is_missing(written, tmp_path):
    count = 0

    def answer(body: Body) -> str | Raw:
        nonlocal count
        count += 1
        return reword(body) if count <= 60 else Raw(401, {"error": {"message": "key expired"}})

    with Loopback(answer) as server:
        result = _generate(tmp_path / "run", server.url, "--concurrency", 1)
    assert result.exit_code == 1
    assert "key expired" in result.stderr
    with Loopback(reword, port=server.port) as again:
        result = _generate(tmp_path / "run", again.url, "--resume")
    assert result.exit_code == 0, result.output
    assert len(again.requests) == len(written[1]) - 60
    with Loopback(reword, port=server.port) as whole:
        _generate(tmp_path / "whole", whole.url)
    assert _hash(tmp_path / "run") == _hash(tmp_path / "whole")


def test_an_estimate_sends_nothing_and_names_requests_and_money(tmp_path, questions):
    with Loopback(reword) as server:
        result = _generate(tmp_path / "run", server.url, "--estimate", "--json")
    assert result.exit_code == 0, result.output
    found, judged = json.loads(result.stdout)
    assert server.requests == []
    assert (found["requests"], found["cached"]) == (questions, 0)
    assert judged["requests"] >= questions
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
    assert 0 < spent < len(server.requests) / 2
    assert len(list(read_records(out))) >= SIZE


def test_an_estimate_is_near_what_words_as_long_as_the_templates_take(written, tmp_path):
    _, requests = written
    with Loopback(reword) as server:
        result = _generate(tmp_path / "run", server.url, "--estimate", "--json")
    found = json.loads(result.stdout)[0]
    asked = [body for body in requests[1:] if not is_comparison(body)]
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
    sizes = [len(server.files[b["input_file_id"]].splitlines()) for b in server.batches.values()]
    assert sum(sizes) == len(written[1]) - 1  # all words, then all comparisons
    assert len(sizes) == 2
    money = 15 * 100 / 1e6 * (1 + 0.5 * sum(sizes))
    assert f"${money:.4f}" in result.output


def test_what_a_batch_gets_wrong_is_in_the_next_ones(tmp_path, monkeypatch):
    monkeypatch.setattr("gen.engine.batch._FIRST_WAIT", 0.0)
    answer = _spoil(lambda text: "", lambda shown: len([*split_sentences(shown)]) == 1)
    with Loopback(answer) as server:
        result = _generate(tmp_path / "bad", server.url, "--batch", "--judge", "none")
    assert result.exit_code == 0, result.output
    assert len(server.batches) == 3


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
