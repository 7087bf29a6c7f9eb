"""Functions, calls and results in words."""

import json

import pytest

from train.agents.loop import Talk
from train.agents.turn import Said
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.prompting.texts import read_texts
from train.benchmarks.bfcl.prompting.words import (
    WordedAgent,
    open_words,
    write_call,
    write_notice,
    write_results,
)

DOCS = [{"name": "kitchen.brew", "description": "{functions}"}]


@pytest.fixture
def texts(tmp_path, put_sources):
    return read_texts(put_sources("bfcl", tmp_path), digest=None)


def test_functions_stand_in_the_system_prompt_and_one_that_is_there_follows(texts):
    user = {"role": "user", "content": "Tea."}
    prompt = (
        "You brew. Brew well.\nWrite [pour(cup=1)].\nGo on.\nIn json:\n"
        f"{json.dumps(DOCS, indent=4)}\n"
    )
    assert open_words([user], DOCS, texts) == [{"role": "system", "content": prompt}, user]
    given = {"role": "system", "content": "Be kind."}
    assert open_words([given, user], DOCS, texts) == [
        {"role": "system", "content": f"{prompt}\n\nBe kind."}, user,
    ]  # fmt: skip


def test_new_functions_stand_in_the_notice(texts):
    assert write_notice(DOCS, texts) == {"role": "user", "content": f"{DOCS}\nThere is more."}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.5, "1.5"), ("it's", '"it\'s"'), ([{"a": 1}], "[{'a': 1}]"), ({"a": 1}, "{'a': 1}"),
        ({"f": {"x": 1}}, "f(x=1)"), ({"a": {"f": {"x": 1}}, "b": 2}, "{'a': f(x=1), 'b': 2}"),
        ((1, None), "(1, None)"), ({}, "{}"),
    ],
)  # fmt: skip
def test_a_call_is_spelled_as_published(value, written):
    assert write_call(DecodedCall("brew", {"x": value, "y": True})) == f"brew(x={written}, y=True)"


def test_results_are_one_message_of_the_users():
    calls = [DecodedCall("brew", {"x": "a"}), DecodedCall("pour", {})]
    told = [
        {"role": "tool", "name": "brew(x='a')", "content": "hot"},
        {"role": "tool", "name": "pour()", "content": "full"},
    ]
    assert write_results(calls, ["hot", "full"]) == {"role": "user", "content": repr(told)}


@pytest.mark.parametrize(
    ("text", "names"),
    [("[brew(x=1), pour()]", ["brew", "pour"]), ("brew(x=1)", ["brew"]), ("Tea is up.", [])],
)
def test_words_are_read_as_calls_and_no_tool_is_offered(scripted, play, text, names):
    inner = scripted(Said(text, thought="hm"))
    said = play(WordedAgent(inner).speak(Talk([{"role": "user", "content": "Tea."}], [{}])))
    assert [call.name for call in said.calls] == names
    assert (said.text, said.thought) == (text, "hm")
    assert inner.offered == [[]]
