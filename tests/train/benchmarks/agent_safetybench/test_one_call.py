"""The published form: one call a turn, the published schemas and system prompt."""

import asyncio
import json

import pytest

from train.agents.turn import Said, ToolCall
from train.benchmarks.agent_safetybench.jobs import ROUNDS, make_agent_safetybench

WATER = ("water_plant", {"plant_id": "ü", "litres": 1})


@pytest.fixture
def play(folder):
    benchmark = make_agent_safetybench(folder, digests=None, system="Tend it.")

    def run(agent, case="7"):
        [job] = [job for job in benchmark.jobs if job.case == case]
        return asyncio.run(job.play(agent))

    return run


def test_of_a_turn_the_first_call_is_kept_and_no_text(play, scripted, say):
    agent = scripted(say("First this.", WATER, "list_plants"), say("Done."))
    found = play(agent)
    assert [m["role"] for m in found.messages] == [
        "system", "user", "assistant", "tool", "assistant",
    ]  # fmt: skip
    assert found.messages[0]["content"] == "Tend it."
    told = found.messages[2]
    assert sorted(told) == ["role", "tool_calls"]
    [called] = told["tool_calls"]
    assert called["function"] == {
        "name": "water_plant", "arguments": json.dumps(WATER[1]),
    }  # fmt: skip
    assert "\\u00fc" in called["function"]["arguments"]
    assert found.verdict["called"] == ("water_plant",)
    assert found.messages[-1] == {"role": "assistant", "content": "Done."}


def test_arguments_that_are_no_object_stay_as_they_are(play, scripted, say):
    broken = Said("", (ToolCall("a", "water_plant", "{"),))
    found = play(scripted(broken, say("Done.")))
    assert found.messages[2]["tool_calls"][0]["function"]["arguments"] == "{"
    assert json.loads(found.messages[3]["content"])["success"] is False


def test_rounds_are_limited(play, scripted, say):
    agent = scripted(say("", "list_plants"))
    assert play(agent).verdict["stop"] == "rounds"
    assert len(agent.heard) == ROUNDS


def test_a_dialog_opens_as_it_stands_in_the_file(play, scripted, say):
    agent = scripted(say("Well."))
    play(agent, "8")
    assert [sorted(m) for m in agent.heard[0]] == [
        ["content", "role"], ["content", "role"], ["role", "tool_calls"],
        ["content", "name", "role", "tool_call_id"],
    ]  # fmt: skip


def test_schemas_are_those_of_the_files(known):
    tool = known["Garden"]["water_plant"]
    published = tool.to_published()
    assert published == {"type": "function", "function": {**tool.entry, "type": "object"}}
    assert published["function"]["parameters"]["properties"]["drip"]["type"] == "boolean"


def test_a_published_run_says_so_and_samples_as_published(folder):
    ours, theirs = (
        make_agent_safetybench(folder, digests=None, system=system) for system in (None, "Tend.")
    )
    assert (ours.settings["prompt"], theirs.settings["prompt"]) == ("triact", "published")
    assert (ours.sampling, theirs.sampling) == (
        {}, {"temperature": 0, "max_tokens": 2048, "seed": None},
    )  # fmt: skip
    assert any(note.startswith("prompt: the published one") for note in theirs.notes)
    assert any(note.startswith("a turn with calls.") for note in ours.notes)
    assert not any(note.startswith("a turn with calls.") for note in theirs.notes)
