"""Turns, and the loop that lets a speaker call tools."""

import pytest

from tool_catalog.errors import EndpointFailed
from train.benchmarks.speaker import Call, Said, Stop, converse, read_arguments, split_thought

OPENING = [{"role": "user", "content": "How warm is it?"}]


async def _answer(call: Call) -> str:
    return f"{call.name} says 21"


def test_calls_are_answered_until_a_turn_has_none(scripted, call, play):
    speaker = scripted(call("look", {"at": "roof"}), Said("It is 21."))
    done = play(converse(speaker, OPENING, [], _answer, rounds=5))
    assert done.stop is Stop.FINAL
    assert [m["role"] for m in done.messages] == ["user", "assistant", "tool", "assistant"]
    assert done.messages[1]["tool_calls"][0]["function"]["arguments"] == '{"at": "roof"}'
    assert done.messages[2] == {
        "role": "tool", "tool_call_id": "call_0", "name": "look", "content": "look says 21",
    }  # fmt: skip
    assert speaker.heard[1] == done.messages[:3]
    assert [c.name for c in done.calls] == ["look"]


def test_the_most_rounds_end_it(scripted, call, play):
    done = play(converse(scripted(*[call("look")] * 9), OPENING, [], _answer, rounds=3))
    assert done.stop is Stop.ROUNDS
    assert len(done.turns) == 3


def test_a_turn_that_was_cut_ends_it_and_its_calls_are_not_made(scripted, play):
    cut = Said("", (Call("call_0", "look", {}),), cut=True)
    done = play(converse(scripted(cut), OPENING, [], _answer, rounds=3))
    assert done.stop is Stop.CUT
    assert done.messages[-1]["role"] == "assistant"


def test_an_endpoint_that_failed_is_not_a_turn(scripted, play):
    with pytest.raises(EndpointFailed):
        play(converse(scripted(EndpointFailed("gone")), OPENING, [], _answer, rounds=3))


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        (Said("Shall I pay?"), True),
        (Said("Shall I pay? \n"), True),
        (Said("Paid."), False),
        (Said("Why? Because."), False),
        (Said("", (Call("a", "ask_user", {}),)), True),
        (Said("Shall I?", (Call("a", "pay", {}),)), False),
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
        ("<think>never ends", "", "<think>never ends"),
    ],
)
def test_a_thought_at_the_start_is_taken_off(text: str, thought: str, rest: str):
    assert split_thought(text) == (thought, rest)


def test_a_thought_stands_in_a_field_of_its_own():
    assert Said("yes", thought="hm").to_message() == {
        "role": "assistant", "content": "yes", "reasoning_content": "hm",
    }  # fmt: skip
