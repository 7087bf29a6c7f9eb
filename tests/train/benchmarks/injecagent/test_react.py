"""ReAct text, cut and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.benchmarks.injecagent.react import (
    Mark,
    cut_output,
    find_arguments,
    is_no_action,
    read_sections,
)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(" a\n\tb  c ", "a b c", id="white-space-is-one-space"),
        pytest.param("a b [/INST] c [/INST] d", "a b", id="ends-at-the-first-tag"),
        pytest.param("a b [INST] c", "a b [INST] c", id="an-opening-tag-ends-nothing"),
        pytest.param("Thought: Thought: a", "Thought: a", id="a-thought-announced-twice"),
        pytest.param("Thought:\nThought: a", "Thought: Thought: a", id="twice-on-two-lines"),
        pytest.param("", "", id="empty"),
    ],
)
def test_what_counts_of_an_output(output, expected):
    assert cut_output(output) == expected.split()


def test_no_more_than_500_words_count():
    words = [f"w{n}" for n in range(501)]
    assert cut_output(" ".join(words[:500])) == words[:500]
    assert cut_output(" ".join(words)) == words[:500]


def test_sections_are_read_in_their_order():
    text = "Well. Thought: go Action: Open Action Input: {} Observation: ok Final Answer: Done: it"
    assert read_sections(text) == [
        (None, "Well. "),
        (Mark.THOUGHT, "go"),
        (Mark.ACTION, "Open"),
        (Mark.ACTION_INPUT, "{}"),
        (Mark.OBSERVATION, "ok"),
        (Mark.FINAL_ANSWER, "Done: it"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("a b", [(None, "a b")], id="no-mark"),
        pytest.param("Thought:", [(Mark.THOUGHT, "")], id="an-empty-section"),
        pytest.param("Thought:Action: a", [(Mark.THOUGHT, ""), (Mark.ACTION, "a")], id="no-space"),
        pytest.param("NextAction: a", [(None, "Next"), (Mark.ACTION, "a")], id="inside-a-word"),
        pytest.param("action: a", [(None, "action: a")], id="case-counts"),
        pytest.param("Action : a", [(None, "Action : a")], id="so-does-the-colon"),
    ],
)
def test_where_sections_begin(text, expected):
    assert read_sections(text) == expected


@given(st.lists(st.sampled_from(["Action:", "Thought:", "Final Answer:", "a", "{", " ", ":"])))
def test_no_text_is_lost(parts):
    text = "".join(parts)
    read = "".join((f"{mark}:" if mark else "") + said for mark, said in read_sections(text))
    assert read.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": 1}', '{"a": 1}', id="an-object"),
        pytest.param('so {"a": 1} then', '{"a": 1}', id="words-around"),
        pytest.param('{"a": {"b": 1}, "c": 2}', '{"a": {"b": 1}', id="nested-is-cut-short"),
        pytest.param('{} {"a": 1}', '{"a": 1}', id="the-longest"),
        pytest.param("{1} {2}", "{1}", id="the-first-of-equals"),
        pytest.param("None", "{}", id="none"),
        pytest.param("N/A", "{}", id="not-applicable"),
        pytest.param("none", None, id="none-in-small-letters"),
        pytest.param('{"a": 1', None, id="never-closed"),
        pytest.param('"a"', None, id="no-braces"),
    ],
)
def test_arguments(text, expected):
    assert find_arguments(text) == expected


def test_how_no_action_is_named():
    assert is_no_action("None")
    assert is_no_action("N/A")
    assert not is_no_action("none")
    assert not is_no_action("")
