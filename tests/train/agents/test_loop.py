"""The loop: an agent speaks until its interaction has ended."""

import pytest

from tool_catalog.errors import EndpointFailed
from train.agents.loop import Stop, converse
from train.agents.turn import Cut, Said, ToolCall

OPENING = [{"role": "user", "content": "How warm is it?"}]


async def _answer(call: ToolCall) -> str:
    return f"{call.name} says 21"


def test_calls_are_answered_until_a_turn_has_none(scripted, call, play):
    agent = scripted(call("look", {"at": "roof"}), Said("It is 21."))
    done = play(converse(agent, OPENING, [], _answer, rounds=5))
    assert done.stop is Stop.FINAL
    assert [m["role"] for m in done.messages] == ["user", "assistant", "tool", "assistant"]
    assert done.messages[1]["tool_calls"][0]["function"]["arguments"] == '{"at": "roof"}'
    assert done.messages[2] == {
        "role": "tool", "tool_call_id": "call_0", "name": "look", "content": "look says 21",
    }  # fmt: skip
    assert agent.heard[1] == done.messages[:3]
    assert [c.name for c in done.calls] == ["look"]


def test_the_most_rounds_end_it(scripted, call, play):
    done = play(converse(scripted(*[call("look")] * 9), OPENING, [], _answer, rounds=3))
    assert done.stop is Stop.ROUNDS
    assert len(done.turns) == 3


def test_a_turn_that_was_cut_ends_it_and_its_calls_are_not_made(scripted, play):
    cut = Said("", (ToolCall("call_0", "look", {}),), cut=Cut.LENGTH)
    done = play(converse(scripted(cut), OPENING, [], _answer, rounds=3))
    assert done.stop is Stop.CUT
    assert done.messages[-1]["role"] == "assistant"


def test_an_endpoint_that_failed_is_not_a_turn(scripted, play):
    with pytest.raises(EndpointFailed):
        play(converse(scripted(EndpointFailed("gone")), OPENING, [], _answer, rounds=3))
