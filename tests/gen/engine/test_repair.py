"""Answers in replies: repaired where that loses nothing, refused by name where it would."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from gen.engine.repair import find_object, read_answer
from gen.engine.replies import Completion
from tool_catalog.errors import BadReply, BadReplyReason


class Bird(BaseModel):
    name: str = Field(min_length=2)
    legs: int = 2


GOOD = '{"name": "wren", "legs": 2}'
WREN = Bird(name="wren")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(GOOD, {"name": "wren", "legs": 2}, id="clean"),
        pytest.param(f"```json\n{GOOD}\n```", {"name": "wren", "legs": 2}, id="fence"),
        pytest.param(f"Here:\n```\n{GOOD}\n```\nFine?", {"name": "wren", "legs": 2}, id="both"),
        pytest.param(f"Sure! {GOOD} Anything else?", {"name": "wren", "legs": 2}, id="prose"),
        pytest.param(f"{GOOD} or {GOOD}", {"name": "wren", "legs": 2}, id="said-twice"),
        pytest.param(f"{GOOD} where {{name}} is a name", {"name": "wren", "legs": 2}, id="brace"),
        pytest.param('{"a": [1, 2,], "b": {"c": 1,},}', {"a": [1, 2], "b": {"c": 1}}, id="commas"),
        pytest.param("{'a': 'it\\'s', 'b': null}", {"a": "it's", "b": None}, id="single-quotes"),
        pytest.param("{'a': True, 'b': [-1.5, false]}", {"a": True, "b": [-1.5, False]}, id="py"),
        pytest.param('{"a": "x\\ny",}', {"a": "x\ny"}, id="escape"),
        pytest.param('{"a": "one\ntwo"}', {"a": "one\ntwo"}, id="line-break"),
        pytest.param('{"a": "\\ud83d\\ude00",}', {"a": "😀"}, id="surrogates"),
        pytest.param('<think>{"no": 1}</think>{"a": 1}', {"a": 1}, id="thought"),
        pytest.param('{"a": "```\\n{}\\n```"}', {"a": "```\n{}\n```"}, id="fence-inside"),
        pytest.param('{"a": "}{"}', {"a": "}{"}, id="braces-inside"),
        pytest.param("{}", {}, id="nothing-in-it"),
    ],
)
def test_what_loses_nothing_is_repaired(text: str, expected: Any):
    assert json.loads(find_object(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("no object", id="prose"),
        pytest.param("[1, 2]", id="list"),
        pytest.param('{"a": 1} {"a": 2}', id="two"),
        pytest.param('[{"a": 1}, {"a": 2}]', id="list-of-two"),
        pytest.param('{"a": {"b": 1}', id="cut-off"),
        pytest.param('{"a": "b", "c": "d}', id="open-string"),
        pytest.param("{'a': open('x')}", id="a-call"),
        pytest.param("{'a': 1 + 1}", id="a-sum"),
        pytest.param("{'a': b}", id="a-name"),
        pytest.param("{**{'a': 1}}", id="unpacked"),
        pytest.param("{'a', 'b'}", id="a-set"),
        pytest.param("{1: 2}", id="no-names"),
        pytest.param("{'a': b'x'}", id="bytes"),
        pytest.param("{'a': 1j}", id="complex"),
        pytest.param("{'a': '\\d'}", id="odd-escape"),
        pytest.param("{'a': " + "[" * 5000 + "]" * 5000 + ",}", id="deep"),
        pytest.param("} {", id="wrong-way-round"),
        pytest.param("{\0}", id="null-byte"),
    ],
)
def test_what_would_lose_something_is_not_repaired(text: str):
    with pytest.raises((ValueError, RecursionError)):
        find_object(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
PROSE = st.text(st.characters(exclude_characters="{}`", exclude_categories=["Cs"])).filter(
    lambda text: "</think>" not in text
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), JSON), PROSE, PROSE)
def test_any_object_is_found_in_any_prose(value: dict[str, Any], before: str, after: str):
    assert json.loads(find_object(f"{before}{json.dumps(value)}{after}")) == value


@given(st.text())
def test_any_text_is_an_object_or_an_error(text: str):
    try:
        assert isinstance(json.loads(find_object(text)), dict)
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(Completion("", "", (), "stop"), "empty", id="empty"),
        pytest.param(Completion(" \n", "I thought.", (), "stop"), "empty", id="only-a-thought"),
        pytest.param(Completion("", "", (), "stop", "I will not."), "refused", id="refusal"),
        pytest.param(Completion(GOOD, "", (), "content_filter"), "refused", id="filter"),
        pytest.param(Completion(GOOD[:-2], "", (), "length"), "truncated", id="cut-off"),
        pytest.param(Completion("", "", (), "length"), "truncated", id="cut-off-in-thought"),
        pytest.param(Completion("wren", "", (), "stop"), "misfit", id="prose"),
        pytest.param(Completion('{"name": "x"}', "", (), "stop"), "misfit", id="invalid"),
    ],
)
def test_each_reply_of_no_use_has_its_reason(reply: Completion, reason: BadReplyReason):
    with pytest.raises(BadReply) as caught:
        read_answer(reply, Bird)
    assert caught.value.reason == reason


def test_a_whole_answer_at_the_limit_of_tokens_is_taken():
    assert read_answer(Completion(f"{GOOD}\n\n", "", (), "length"), Bird) == WREN
