"""Dialogues in the published forms."""

import dataclasses

import pytest

from train.agents.turn import Said, ToolCall
from train.benchmarks.bfcl.multi_turn.dialogue_forms import PublishedForm, WordedForm
from train.benchmarks.bfcl.multi_turn.dialogue_play import play_dialogue
from train.benchmarks.bfcl.prompting.texts import read_texts

DONE = Said("Done.")


@pytest.fixture
def texts(tmp_path, put_sources):
    return read_texts(put_sources("bfcl", tmp_path / "sources"), digest=None)


@pytest.fixture
def say(kitchen, dialogue, scripted, play):
    def run(form, *turns, case=dialogue):
        agent = scripted(*turns)
        return agent, play(play_dialogue(case, kitchen.official, agent, form))

    return run


def test_with_tool_calls_results_have_no_name_and_the_notice_is_upstreams(texts, say, call):
    agent, played = say(PublishedForm(texts), call("boil", {"cups": 2}), DONE, DONE, DONE)
    result = {"role": "tool", "tool_call_id": "call_0", "content": "did boil(cups=2)"}
    assert played.messages[2] == result
    assert played.turns[0] == [[{"name": "boil", "arguments": '{"cups": 2}'}], []]
    assert played.messages[-2] == {"role": "user", "content": "There is more."}
    offered = [
        [tool["function"]["description"] for tool in tools] for tools in (agent.offered[0],
                                                                         agent.offered[-1])
    ]  # fmt: skip
    # Upstream adds hints before it puts back what it held back.
    assert offered == [
        ["Boil water. (Python)"], ["Boil water. (Python)", "Make tea of boiled water."]
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "content"), [("", None), ("So.", "So.")])
def test_with_tool_calls_a_turn_is_told_to_the_letter(texts, text, content):
    call = ToolCall("a", "boil", {"cups": 2}, letter='{"cups":2}')
    form = PublishedForm(texts)
    told = form.tell(Said(text, (call,)))
    assert told["content"] == content
    assert told["tool_calls"][0]["function"]["arguments"] == '{"cups":2}'
    assert form.tell(Said("")) == {"role": "assistant", "content": ""}


def test_several_functions_come_back_in_the_order_in_which_they_are_named(texts, dialogue):
    third = {**dialogue.functions[1], "name": "pour"}
    held = dataclasses.replace(
        dialogue, functions=[*dialogue.functions, third], held_back={"pour": 2, "steep": 2}
    )
    names = [tool["function"]["name"] for tool in PublishedForm(texts).list_tools(held, 2)]
    assert names == ["boil", "pour", "steep"]


def test_in_words_calls_are_text_and_results_one_message(texts, say):
    text = "[boil(cups=2), steep(cups=1)]"
    agent, played = say(WordedForm(texts), Said(text), DONE, DONE, Said("[steep(cups=2)]"), DONE)
    assert played.turns == [[text, "Done."], ["Done."], ["[steep(cups=2)]", "Done."]]
    told = [
        {"role": "tool", "name": "boil(cups=2)", "content": "did boil(cups=2)"},
        {"role": "tool", "name": "steep(cups=1)", "content": "did steep(cups=1)"},
    ]
    assert [m["role"] for m in played.messages[:4]] == ["system", "user", "assistant", "user"]
    assert played.messages[2:4] == [
        {"role": "assistant", "content": text}, {"role": "user", "content": repr(told)},
    ]  # fmt: skip
    assert all(tools == [] for tools in agent.offered)
    system, notice = played.messages[0]["content"], agent.heard[3][-1]["content"]
    assert "Boil water. (Python)" in system
    assert "steep" not in system
    assert notice.endswith("\nThere is more.")
    assert "'name': 'steep'" in notice


def test_in_words_what_is_no_call_ends_the_turn(texts, say):
    _, played = say(WordedForm(texts), Said("boil(", ()), Said("Which tea?"), DONE)
    assert played.turns == [["boil("], ["Which tea?"], ["Done."]]
    assert played.asked is True


def test_in_words_an_unknown_function_is_told_so(texts, say):
    _, played = say(WordedForm(texts), Said("[fly(x=1)]"), DONE, DONE, DONE)
    assert "name 'fly' is not defined" in played.messages[3]["content"]
    assert "'name': 'fly(x=1)'" in played.messages[3]["content"]


def test_unreadable_arguments_end_the_turn_and_are_answered(texts, say):
    broken = Said("", (ToolCall("a", "boil", "{"),))
    _, played = say(PublishedForm(texts), broken, DONE, DONE)
    assert "No call of this turn was carried out" in played.messages[2]["content"]
    assert len(played.turns) == 3
