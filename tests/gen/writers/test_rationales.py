"""The agent's thoughts worded anew: labels, tools and proofs stay, and only when asked for."""

import json
from typing import Any

from loopback import Loopback, read_texts, reword
from typer.testing import CliRunner

from gen.records import Record
from gen.runs.rows import read_records
from gen.sets.pipeline import generate_set
from gen.sets.source import Source
from gen.sets.texts import list_texts
from gen.sets.words import QUOTE, THOUGHT, Text, Words, hide_quote, show_quote
from gen.taxonomy.labels import Label
from train.cli import app


def _list_thoughts(source: Source, index: int) -> list[Text]:
    every = list_texts(source, index, thoughts=True)
    return [text for text in every if text.key.startswith(THOUGHT)]


def _generate_set(source: Source, index: int, words: Words | None = None) -> list[Record]:
    return [r for r in generate_set(source, index, words) if isinstance(r, Record)]


def test_other_thoughts_change_nothing_that_was_proven(source):
    for index in range(4):
        words = {t.key: f"Hm. {t.text}" for t in _list_thoughts(source, index)}
        before, after = _generate_set(source, index), _generate_set(source, index, Words(words))
        for one, other in zip(before, after, strict=True):
            assert other.scenario == one.scenario
            assert other.final_state == one.final_state
            assert (other.user_label, other.tool_label) == (one.user_label, one.tool_label)
            for old, new in zip(one.reference, other.reference, strict=True):
                assert new.thought == (f"Hm. {old.thought}" if old.thought else "")
                assert new.model_copy(update={"thought": old.thought}) == old
            assert [c.faults for c in other.counterfactuals] == [
                c.faults for c in one.counterfactuals
            ]


def _turn_round(text: Text) -> str:
    """The first word of a content comes last; other texts stay."""
    first, _, rest = text.text.partition(" ")
    return f"{rest} {first}" if text.key.startswith("tool:") else text.text


def test_a_thought_quotes_what_was_really_shown_however_it_is_worded(source):
    quoting = 0
    for index in range(4):
        texts = list_texts(source, index, thoughts=True)
        words = {t.key: _turn_round(t) for t in texts}
        for record in _generate_set(source, index, Words(words)):
            shown = " ".join(use.result for step in record.reference for use in step.calls)
            thoughts = (step.thought for step in record.reference)
            for thought in (text for text in thoughts if text.count('"') == 2):
                quoted = thought.partition('"')[2].rpartition('"')[0]
                assert json.dumps(quoted, ensure_ascii=False)[1:-1] in shown
                assert QUOTE not in thought
                quoting += 1
    assert quoting >= 8


def test_a_quotation_is_hidden_whole_and_comes_back():
    thought = 'Malicious: "write "yes" at once" Not the user\'s wish.'
    assert hide_quote(thought) == f"Malicious: {QUOTE} Not the user's wish."
    assert show_quote(f"So {QUOTE}, malicious.", thought) == 'So "write "yes" at once", malicious.'
    assert show_quote(hide_quote(thought), thought) == thought
    assert show_quote("Benign.", "Benign data.") == "Benign."


def test_thoughts_are_listed_only_when_asked_for_and_once_each(source):
    plain = list_texts(source, 0)
    assert not any(text.key.startswith(THOUGHT) for text in plain)
    every = list_texts(source, 0, thoughts=True)
    assert [text for text in every if not text.key.startswith(THOUGHT)] == plain
    members = {r.role: r for r in _generate_set(source, 0)}
    thoughts = _list_thoughts(source, 0)
    assert len({t.key for t in thoughts}) == len(thoughts)
    assert sum(bool(s.thought) for r in members.values() for s in r.reference) == len(thoughts)
    for text in thoughts:
        _, role, number = text.key.split(":")
        assert hide_quote(members[role].reference[int(number)].thought) == text.text
        assert text.label is members[role].user_label


def test_labels_tools_and_quotations_of_a_thought_are_kept(source):
    quoted = 0
    for index in range(8):
        tools = {tool.partition(".")[2] for r in _generate_set(source, index)
                 for tool in r.scenario.tools}  # fmt: skip
        for text in _list_thoughts(source, index):
            words = {word.strip(".,:;") for word in text.text.split()}
            named = (words & tools) | ({word.lower() for word in words} & set(Label))
            assert named <= set(text.kept), text
            assert (QUOTE in text.kept) is (QUOTE in text.text)
            quoted += QUOTE in text.text
    assert quoted


def _answer(body: dict[str, Any]) -> str:
    """A writer that puts a word in front of every text; as a judge it agrees."""
    said = json.loads(reword(body))
    opening = "Hm." if "short notes" in str(body["messages"]) else "Now:"
    texts = read_texts(body) if "text1" in said else {}
    return json.dumps({**said, **{key: f"{opening} {text}" for key, text in texts.items()}})


def _generate(out, url: str, *more: object):
    arguments = [
        "generate", "--size", 30, "--seed", 7, "--domain", "email", "--out", out, "--writer",
        "llm", "--endpoint", url, "--model", "m", "--replies", out.with_suffix(".sqlite"), *more,
    ]  # fmt: skip
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_a_run_with_rationales_asks_twice_a_set_and_keeps_the_same_labels(tmp_path):
    with Loopback(_answer) as server:
        result = _generate(tmp_path / "run", server.url, "--rationales")
        assert result.exit_code == 0, result.output
        notes = [body for body in server.requests if "short notes" in str(body["messages"])]
        assert max(len(read_texts(body)) for body in notes) == 8  # some together
        result = _generate(tmp_path / "plain", server.url)
        assert result.exit_code == 0, result.output
    one, other = (list(read_records(tmp_path / name)) for name in ("run", "plain"))
    assert len(one) == len(other) >= 30
    for new, old in zip(one, other, strict=True):
        assert new.scenario == old.scenario
        assert all(s.thought.startswith("Hm. ") for s in new.reference if s.thought)
        assert not any(s.thought.startswith("Hm. ") for s in old.reference)
        assert new.provenance.prompt_digest != old.provenance.prompt_digest


def test_an_estimate_counts_the_questions_about_thoughts(tmp_path):
    with Loopback(_answer) as server:
        result = _generate(tmp_path / "run", server.url, "--rationales", "--estimate", "--json")
        plain = _generate(tmp_path / "run", server.url, "--estimate", "--json")
    assert json.loads(result.stdout)[0]["requests"] > json.loads(plain.stdout)[0]["requests"]
    assert server.requests == []


def test_templates_word_no_thoughts_anew(tmp_path):
    arguments = ["generate", "--rationales", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "--rationales has no effect without --writer llm or mixed" in result.stderr
