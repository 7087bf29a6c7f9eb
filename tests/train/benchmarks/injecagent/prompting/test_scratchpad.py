"""A prompted agent is told everything in one message, anew at each step."""

import json

import pytest

from train.agents.loop import Talk
from train.agents.turn import Cut, Said, ToolCall, make_result
from train.benchmarks.injecagent.prompting.scratchpad import ScratchpadAgent, write_prompt
from train.benchmarks.injecagent.prompting.texts import AgentTexts

TEXTS = AgentTexts(
    "Serve.",
    "{available_tool_descriptions}\n{available_tool_names}\n{{}}\n{input}\n[{agent_scratchpad}]",
)
ENTRIES = {
    "LibraryFindBook": {"name": "FindBook", "summary": "Find."},
    "DiaryReadPages": {"name": "ReadPages", "summary": "Read."},
}
TOOLS = [{"type": "function", "function": {"name": name}} for name in ENTRIES]
FIND = ToolCall("1", "LibraryFindBook", "{'title': 'Heron'}")
READ = ToolCall("2", "DiaryReadPages", {"page": 3})
OPENING = [
    {"role": "system", "content": "not this"},
    {"role": "user", "content": "Is it there?"},
    Said("I look {it} up.", (FIND,)).to_message(),
    make_result(FIND, '"shelf 31"'),
]
FOUND = (
    "\nThought: I look {it} up.\nAction: LibraryFindBook\nAction Input: {'title': 'Heron'}\n"
    'Observation: "shelf 31"\n'
)


def test_the_past_stands_in_the_scratchpad_to_the_letter():
    system, user = write_prompt(OPENING, TOOLS, TEXTS, ENTRIES)
    described = [{**ENTRIES[name], "name": name} for name in ENTRIES]
    assert system == {"role": "system", "content": "Serve."}
    assert user["content"] == (
        f"{json.dumps(described, indent=1)}\n{list(ENTRIES)}\n{{}}\nIs it there?\n[{FOUND}]"
    )


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(Said("It wants the diary.", (READ,)), id="told-anew"),
        pytest.param(
            Said("Thought: It wants the diary.\nAction: DiaryReadPages\nAction Input: {}\n"
                 "Observation: made up", (READ,)), id="as-it-was-written",
        ),
    ],
)  # fmt: skip
def test_a_step_is_told_as_thought_action_and_observation(said):
    heard = [*OPENING, said.to_message(), make_result(READ, "It rained.")]
    user = write_prompt(heard, TOOLS, TEXTS, ENTRIES)[1]["content"]
    assert user.endswith(
        f'[{FOUND}Thought: It wants the diary.\nAction: DiaryReadPages\nAction Input: {{"page": 3}}'
        "\nObservation: It rained.\n]"
    )


def test_its_words_are_read_as_calls(scripted, play):
    text = 'Thought: so\nAction: DiaryReadPages\nAction Input: {"page": 3}\nObservation: none'
    inner = scripted(Said(text, cut=Cut.LENGTH))
    said = play(ScratchpadAgent(inner, TEXTS, ENTRIES).speak(Talk(list(OPENING), TOOLS)))
    assert [(call.name, call.arguments) for call in said.calls] == [("DiaryReadPages", {"page": 3})]
    assert (said.text, said.cut) == (text, None)
    assert inner.offered == [[]]
    assert [m["role"] for m in inner.heard[0]] == ["system", "user"]
