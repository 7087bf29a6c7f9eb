"""Messages, tools and calls have the form of upstream's own element for OpenAI."""

import json

import pytest

pytest.importorskip("agentdojo", reason="the extra agentdojo is not installed")

from agentdojo.agent_pipeline.llms import openai_llm
from agentdojo.agent_pipeline.tool_execution import ToolsExecutor
from agentdojo.functions_runtime import FunctionCall

from train.agents.turn import Said, ToolCall
from train.benchmarks.agentdojo.messages import (
    UNREADABLE,
    ForgivingRuntime,
    read_turn,
    write_message,
    write_tool,
)
from train.benchmarks.agentdojo.modules import load_modules
from train.benchmarks.agentdojo.selection import find_suites

CALL = FunctionCall(function="send", args={"to": ["a@example.com"]}, id="c1")


def _text(*parts):
    return [{"type": "text", "content": part} for part in parts]


@pytest.fixture
def suite(desk):
    load_modules([desk])
    return find_suites("desk-1", [])["desk"]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": _text("Be kind.")},
        {"role": "user", "content": _text("Send it.")},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "assistant", "content": _text("Done."), "tool_calls": None},
        {"role": "tool", "content": _text("sent"), "tool_call_id": "c1", "tool_call": CALL,
         "error": None},
        {"role": "tool", "content": _text(""), "tool_call_id": "c1", "tool_call": CALL,
         "error": "ValueError: no"},
    ],
    ids=["system", "user", "calls", "answer", "result", "error"],
)  # fmt: skip
def test_a_message_says_what_upstream_sends(message):
    theirs = openai_llm._message_to_openai(message, "m")
    ours = write_message(message)
    assert ours.pop("role") == theirs.pop("role").replace("developer", "system")
    content = theirs.pop("content") or ""
    if not isinstance(content, str):
        content = "".join(part["text"] for part in content)
    assert ours.pop("content") == content
    assert ours == theirs


def test_tools_are_described_as_upstream_does(suite):
    assert [*map(write_tool, suite.tools)] == [*map(openai_llm._function_to_openai, suite.tools)]


def test_a_turn_is_read_without_its_thought():
    call = ToolCall("c1", "send", {"to": ["a@example.com"]})
    assert read_turn(Said("", (call,), thought="hm")) == {
        "role": "assistant", "content": None, "tool_calls": [CALL],
    }  # fmt: skip
    assert read_turn(Said("Done.", thought="hm")) == {
        "role": "assistant", "content": _text("Done."), "tool_calls": None,
    }  # fmt: skip
    assert read_turn(Said(""))["content"] == _text("")


@pytest.mark.parametrize("name", ["ring", "send", "no_such_tool"])
def test_a_call_without_readable_arguments_is_not_made_and_the_model_is_told(suite, name):
    runtime, desk = ForgivingRuntime(suite.tools), suite.load_and_inject_default_environment({})
    turn = read_turn(Said("", (ToolCall("c1", name, '{"to": ['), ToolCall("c2", "ring", {}))))
    *_, heard, _ = ToolsExecutor().query("", runtime, desk, [turn])
    results = [write_message(message)["content"] for message in heard[1:]]
    wrong = UNREADABLE if name != "no_such_tool" else "Invalid tool no_such_tool provided."
    assert results == [wrong, "rung"]
    assert desk.rings == ["once"]
    assert json.dumps(turn["tool_calls"][0].args) == "{}"
