"""Tools in words, and words as calls."""

import pytest

from train.agents.loop import Talk
from train.agents.react import ReactAgent, read_answer, read_calls, write_messages
from train.agents.turn import Said, make_result

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ('Thought: so\nAction: look\nAction Input: {"at": "roof"}', "look", {"at": "roof"}),
        ("Action: look\nAction Input: {}\nObservation: 21\nFinal Answer: 21", "look", {}),
        ('Action: `look`\nAction Input:\n```json\n{"at": 1}\n```', "look", {"at": 1}),
        ('Action: look\nAction Input: {"a": {"b": 1}} and more', "look", {"a": {"b": 1}}),
        ("Action: look\nAction Input: roof", "look", "roof"),
        ("Action: look\n\nAction Input: [1]", "look", "[1]"),
        ('Action: look\nAction Input: {"at": ', "look", '{"at":'),
    ],
)
def test_an_action_is_a_call(text: str, name: str, arguments: object):
    [call] = read_calls(text)
    assert (call.name, call.arguments) == (name, arguments)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thought: done\nFinal Answer: 21",
        "Action: none\nAction Input: {}",
        "Action: look",
        "Final Answer: 21\nAction: look\nAction Input: {}",
        "Thought: x\nObservation: y\nAction: look\nAction Input: {}",
    ],
)
def test_what_is_no_action_is_no_call(text: str):
    assert read_calls(text) == ()


def test_only_the_first_action_counts():
    text = "Action: look\nAction Input: {}\nAction: pay\nAction Input: {}"
    assert [call.name for call in read_calls(text)] == ["look"]


def test_the_inner_agent_sees_tools_and_results_in_words_only(scripted, play):
    inner = scripted(Said('Thought: so\nAction: look\nAction Input: {"at": 1}'), Said("Done."))
    agent = ReactAgent(inner)
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]
    said = play(agent.speak(Talk(messages, [TOOL])))
    messages += [said.to_message(), make_result(said.calls[0], "21 degrees")]
    play(agent.speak(Talk(messages, [TOOL])))
    first, second = inner.heard
    assert inner.offered == [[], []]
    assert first[0]["content"].startswith("Be kind.")
    assert '"name": "look"' in first[0]["content"]
    assert [m["role"] for m in second] == ["system", "user", "assistant", "user"]
    assert second[-1]["content"] == "Observation: 21 degrees"
    assert all("tool_calls" not in m for m in second)


def test_a_call_that_was_no_words_is_written_as_an_action():
    message = {
        "role": "assistant",
        "content": "Let me see.",
        "tool_calls": [{"id": "a", "function": {"name": "look", "arguments": '{"at": 1}'}}],
    }
    [written] = write_messages([message], [])
    assert written["content"] == 'Thought: Let me see.\nAction: look\nAction Input: {"at": 1}'
    assert read_calls(written["content"])[0].arguments == {"at": 1}


def test_the_roles_take_turns():
    messages = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    assert write_messages(messages, []) == [{"role": "user", "content": "a\nb"}]


def test_an_answer_is_what_the_user_is_told():
    assert read_answer("Thought: hm\nFinal Answer: It is 21.") == "It is 21."
    assert read_answer("It is 21.") == "It is 21."
