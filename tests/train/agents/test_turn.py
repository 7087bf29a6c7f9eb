"""Turns: what asks, what was called, what was thought."""

import pytest

from train.agents.turn import Said, ToolCall, read_arguments, split_thought


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        (Said("Shall I pay?"), True),
        (Said("Shall I pay? \n"), True),
        (Said("Paid."), False),
        (Said("Why? Because."), False),
        (Said("", (ToolCall("a", "ask_user", {}),)), True),
        (Said("Shall I?", (ToolCall("a", "pay", {}),)), False),
    ],
)
def test_a_question_is_the_tool_for_it_or_prose_without_a_call(said: Said, asks: bool):
    assert said.asks is asks


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ('{"a": 1}', {"a": 1}),
        ({"a": 1}, {"a": 1}),
        (None, {}),
        ("", ""),
        ("{a: 1}", "{a: 1}"),
        ("[1]", "[1]"),
        ("[" * 9000, "[" * 9000),
        (7, "7"),
    ],
)
def test_arguments_are_an_object_or_what_was_written(given, read):
    assert read_arguments(given) == read


@pytest.mark.parametrize(
    ("text", "thought", "rest"),
    [
        ("<think>\nhm\n</think>\n\nyes", "hm", "yes"),
        ("yes", "", "yes"),
        ("yes <think>hm</think>", "", "yes <think>hm</think>"),
        ("<think>never ends", "never ends", ""),
        ("hm\n</think>\nyes", "hm", "yes"),
        ("<reasoning>hm</reasoning>yes", "hm", "yes"),
        ("<Thought>hm</think></thought>yes", "hm</think>", "yes"),
    ],
)
def test_a_thought_at_the_start_is_taken_off(text: str, thought: str, rest: str):
    assert split_thought(text) == (thought, rest)


def test_a_thought_stands_in_a_field_of_its_own():
    assert Said("yes", thought="hm").to_message() == {
        "role": "assistant", "content": "yes", "reasoning_content": "hm",
    }  # fmt: skip
