"""The agent's talk only grows, unless what it was told before is told anew."""

import copy
from types import SimpleNamespace

import pytest

pytest.importorskip("agentdojo", reason="the extra agentdojo is not installed")

from agentdojo.agent_pipeline.tool_execution import ToolsExecutor

from train.agents.turn import THOUGHT, Cut, Said, ToolCall
from train.benchmarks.agentdojo.element import AgentElement, CutShort, OwnBug, Schemas
from train.benchmarks.agentdojo.messages import ForgivingRuntime
from train.benchmarks.agentdojo.modules import load_modules
from train.benchmarks.agentdojo.selection import find_suites

OPENING = [
    {"role": "system", "content": [{"type": "text", "content": "Be kind."}]},
    {"role": "user", "content": [{"type": "text", "content": "Send it."}]},
]
CALLS = Said("", (ToolCall("c1", "send", {"to": "['a@example.com']"}),), thought="to whom?")


@pytest.fixture
def bench(desk):
    load_modules([desk])
    suite = find_suites("desk-1", [])["desk"]
    turns, heard = [], []

    def ask(talk):
        heard.append((talk, len(talk.messages)))
        return turns.pop(0)

    runtime = ForgivingRuntime(suite.tools)
    world = suite.load_and_inject_default_environment({})
    element = AgentElement("local", ask, Schemas())

    def speak(messages):
        return element.query("", runtime, world, messages)[3]

    def act(messages):
        return ToolsExecutor().query("", runtime, world, messages)[3]

    return SimpleNamespace(element=element, turns=turns, heard=heard, speak=speak, act=act)


def test_what_the_agent_said_stays_as_it_said_it_and_the_talk_is_the_same(bench):
    bench.turns += [CALLS, Said("Done.")]
    bench.speak(bench.act(bench.speak(OPENING)))
    (first, seen), (second, more) = bench.heard
    assert first is second is bench.element.talk
    assert (seen, more) == (2, 4)
    said = first.messages[2]
    assert said == CALLS.to_message()
    assert said[THOUGHT] == "to whom?"
    assert "['a@" in said["tool_calls"][0]["function"]["arguments"]  # upstream has made it a list
    assert [m["role"] for m in first.messages] == [
        "system", "user", "assistant", "tool", "assistant",
    ]  # fmt: skip
    assert bench.element.starts == 1


def test_a_message_that_was_rewritten_makes_a_new_talk(bench):
    bench.turns += [CALLS, Said("", CALLS.calls), Said("Done.")]
    heard = bench.speak(bench.act(bench.speak(OPENING)))
    heard[3]["content"] = [{"type": "text", "content": "[left out]"}]
    bench.speak(bench.act(heard))
    assert bench.heard[0][0] is bench.heard[1][0] is not bench.heard[2][0]
    assert bench.element.talk.messages[3]["content"] == "[left out]"
    assert bench.element.talk.messages[2] == CALLS.to_message()


def test_a_turn_that_was_rewritten_is_heard_as_it_is_now(bench):
    bench.turns += [CALLS, Said("Done.")]
    heard = copy.deepcopy(bench.act(bench.speak(OPENING)))
    heard[2]["content"] = [{"type": "text", "content": "I send it."}]
    bench.speak(heard)
    assert bench.element.talk.messages[2]["content"] == "I send it."


def test_a_conversation_that_begins_again_is_another_talk(bench):
    bench.turns += [CALLS, Said("Done.")]
    bench.speak(OPENING)
    bench.speak(OPENING)
    assert bench.heard[0][0] is not bench.heard[1][0]
    assert bench.element.starts == 2
    assert len(bench.element.talk.messages) == 3


def test_a_turn_that_was_cut_ends_the_case_before_its_calls(bench):
    bench.turns.append(Said("", CALLS.calls, cut=Cut.LENGTH))
    with pytest.raises(CutShort):
        bench.speak(OPENING)
    assert bench.element.talk.messages[-1]["role"] == "assistant"


def test_a_bug_of_ours_is_no_exception_that_upstream_could_take(bench):
    with pytest.raises(OwnBug) as caught:
        bench.speak([{"role": "user"}])
    assert isinstance(caught.value.__cause__, KeyError)
