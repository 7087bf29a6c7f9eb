"""Turns: what asks, what was called, what was thought."""

import pytest

from train.agents.turn import Said, ToolCall, is_blank, read_arguments, split_thought


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
    ("call", "anew", "to_letter"),
    [
        (ToolCall("a", "pay", {"x": 1}, letter='{"x":1}'), '{"x": 1}', '{"x":1}'),
        (ToolCall("a", "pay", {"x": 1}), '{"x": 1}', '{"x": 1}'),
        (ToolCall("a", "pay", "{", letter="{"), "{", "{"),
        (ToolCall("a", "pay", {}, letter=""), "{}", "{}"),
    ],
)
def test_arguments_are_written_anew_or_to_the_letter(call, anew, to_letter):
    assert call.to_dict()["function"]["arguments"] == anew
    assert call.to_dict(to_letter=True)["function"]["arguments"] == to_letter


def test_equal_calls_are_equal_however_they_were_spelled():
    assert ToolCall("a", "pay", {"x": 1}, letter='{"x":1}') == ToolCall("a", "pay", {"x": 1})


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
        ("<seed:think>hm</seed:think>yes", "hm", "yes"),
        ("[THINK]hm[/THINK]yes", "hm", "yes"),
        ("◁think▷hm◁/think▷yes", "hm", "yes"),
        ("[think] yes", "", "[think] yes"),
    ],
)
def test_a_thought_at_the_start_is_taken_off(text: str, thought: str, rest: str):
    assert split_thought(text) == (thought, rest)


def test_a_thought_stands_in_a_field_of_its_own():
    assert Said("yes", thought="hm").to_message() == {
        "role": "assistant", "content": "yes", "reasoning_content": "hm",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        (" \n\t", True),
        ("\u200b\ufeff\u00a0", True),
        ("<|im_end|>", True),
        ("</s>", True),
        ("<\uff5cend▁of▁sentence\uff5c>", True),
        ("no<|im_end|>", False),
        ("<b>", False),
        ("0", False),
    ],
)
def test_what_nobody_can_read_is_blank(text: str, blank: bool):
    assert is_blank(text) == blank
