"""Dialogues go turn by turn and step by step, as upstream's do."""

import pytest

from train.agents.turn import Cut, Said, ToolCall
from train.benchmarks.bfcl.multi_turn.dialogue_forms import TriactForm
from train.benchmarks.bfcl.multi_turn.dialogue_play import play_dialogue

DONE = Said("Done.")
BOIL = ("boil", {"cups": 2})
STEEP = ("steep", {"cups": 2})


def _row(name, arguments):
    return {"name": name, "arguments": arguments}


@pytest.fixture
def say(kitchen, dialogue, scripted, play):
    """Play the dialogue with an agent of turns."""

    def run(*turns, **options):
        agent = scripted(*turns)
        return agent, play(play_dialogue(dialogue, kitchen.official, agent, **options))

    return run


def test_every_turn_goes_on_until_a_step_has_no_call(say, call):
    agent, played = say(
        call(*BOIL), DONE, Said("I cannot."), call(*STEEP), call(*BOIL), DONE
    )  # fmt: skip
    assert [[len(step) for step in turn] for turn in played.turns] == [[1, 0], [0], [1, 1, 0]]
    assert played.turns[0][0] == [_row("boil", '{"cups": 2}')]
    assert [m["role"] for m in played.messages] == [
        "user", "assistant", "tool", "assistant",
        "user", "assistant",
        "user", "assistant", "tool", "assistant", "tool", "assistant",
    ]  # fmt: skip
    assert played.messages[2]["content"] == "did boil(cups=2)"
    assert agent.heard[1] == played.messages[:3]


def test_what_was_held_back_is_offered_when_the_notice_says_so(say, call):
    agent, played = say(DONE, DONE, DONE)
    names = [[tool["function"]["name"] for tool in tools] for tools in agent.offered]
    assert names == [["boil"], ["boil"], ["boil", "steep"]]
    assert [m["content"] for m in played.messages if m["role"] == "user"] == [
        "Hot water.", "Tea.", "Now it can.",
    ]  # fmt: skip


def test_what_is_held_back_is_carried_out_when_it_is_guessed(say, call):
    _, played = say(call(*STEEP), DONE, DONE, DONE)
    assert played.messages[2]["content"] == "did steep(cups=2)"


def test_a_turn_of_more_steps_than_allowed_ends_it_all(say, call):
    agent, played = say(*[call(*BOIL)] * 9)
    assert len(played.turns) == 1
    assert len(played.turns[0]) == 4  # three are allowed, and the next is carried out still
    assert len(agent.heard) == 4


@pytest.mark.parametrize("calls", [(), (ToolCall("a", *BOIL),)])
def test_a_turn_that_is_cut_ends_it_all_and_carries_nothing_out(say, kitchen, calls):
    agent, played = say(Said("Hm", calls, Cut.LENGTH), DONE, DONE, DONE)
    assert len(agent.heard) == len(played.turns) == 1
    assert [m["role"] for m in played.messages] == ["user", "assistant"]
    assert kitchen.starts == []


def test_too_many_steps_in_the_last_turn_leave_as_many_turns_as_answers(say, call):
    _, played = say(DONE, DONE, *[call(*STEEP)] * 9)
    assert [len(turn) for turn in played.turns] == [1, 1, 4]  # so that upstream still checks it


def test_an_unknown_function_is_said_and_the_turn_goes_on(say, call, kitchen):
    _, played = say(call("__import__", {"name": "os"}), DONE, DONE, DONE)
    assert played.messages[2]["content"] == (
        "Error during execution: name '__import__' is not defined"
    )
    assert played.turns[0][0] == [_row("__import__", '{"name": "os"}')]
    assert kitchen.starts == []


@pytest.mark.parametrize("given", ["{cups", "[2]", ""])
def test_arguments_that_are_no_object_end_the_turn_and_carry_nothing_out(say, kitchen, given):
    step = Said("", (ToolCall("a", *BOIL), ToolCall("b", "boil", given)))
    _, played = say(step, DONE, DONE)
    assert [m["role"] for m in played.messages[:5]] == [
        "user", "assistant", "tool", "tool", "user",
    ]  # fmt: skip
    assert {m["content"][:6] for m in played.messages[2:4]} == {"Error:"}
    assert played.turns[0] == [[_row("boil", '{"cups": 2}'), _row("boil", given)]]
    assert kitchen.starts == []


def test_calls_of_one_step_are_answered_each_in_its_place(say):
    step = Said("", (ToolCall("a", "fry", {}), ToolCall("b", *BOIL)))
    _, played = say(step, DONE, DONE, DONE)
    found = [(m["tool_call_id"], m["content"]) for m in played.messages[2:4]]
    assert found[0][0] == "a" and "'fry' is not defined" in found[0][1]
    assert found[1] == ("b", "did boil(cups=2)")


def test_asking_ends_the_turn_and_is_no_call(say):
    ask = Said("", (ToolCall("a", "ask_user", {"question": "Which tea?"}),))
    agent, played = say(DONE, ask, DONE, form=TriactForm(ask_user=True))
    assert [tool["function"]["name"] for tool in agent.offered[0]] == ["boil", "ask_user"]
    assert played.turns[1] == [[]]
    assert played.asked
    assert "next message" in played.messages[-4 + 1]["content"]


def test_asking_beside_a_call_is_answered_and_the_call_is_carried_out(say):
    both = Said("", (ToolCall("a", "ask_user", {}), ToolCall("b", *BOIL)))
    _, played = say(both, DONE, DONE, DONE, form=TriactForm(ask_user=True))
    assert played.turns[0] == [[_row("boil", '{"cups": 2}')], []]
    assert [m["tool_call_id"] for m in played.messages[2:4]] == ["a", "b"]
    assert not played.asked


def test_ask_user_where_it_is_not_offered_is_an_unknown_function(say, call):
    _, played = say(call("ask_user"), DONE, DONE, DONE)
    assert played.turns[0][0] == [_row("ask_user", "{}")]
    assert "'ask_user' is not defined" in played.messages[2]["content"]
    assert not played.asked


@pytest.mark.parametrize(
    ("turns", "asked"),
    [
        pytest.param([Said("How much?"), DONE, DONE], True, id="in-prose"),
        pytest.param([DONE, DONE, Said("Which?")], True, id="in-any-turn"),
        pytest.param([DONE, DONE, DONE], False, id="never"),
    ],
)
def test_it_is_noted_whether_a_turn_began_with_a_question(say, turns, asked):
    assert say(*turns)[1].asked is asked


def test_a_question_after_a_call_comes_too_late_to_be_noted(say, call):
    assert not say(call(*BOIL), Said("Was that right?"), DONE, DONE)[1].asked


def test_the_instances_are_gone_even_when_the_agent_fails(say, kitchen, call):
    with pytest.raises(RuntimeError):
        say(call(*BOIL), RuntimeError("no turn"))
    assert kitchen.instances == {"unrelated": 1}
