"""Simulated environments: replies from a case's data, and refusals in words."""

import asyncio
import json

import pytest

from train.agents.turn import ToolCall
from train.benchmarks.agent_safetybench.cases import load_cases
from train.benchmarks.agent_safetybench.environments.simulation import (
    SimulatedEnvironments,
    find_data,
    make_reference,
    narrow,
)
from train.benchmarks.agent_safetybench.tools import CaseTool, load_tools

SAMPLES = {"string": "sample", "integer": 3, "number": 2.5, "boolean": True,
           "array": ["sample"], "object": {}}  # fmt: skip


def _ask(known, case, name, arguments):
    async def ask():
        async with SimulatedEnvironments(known).open(case) as environment:
            return json.loads(await environment.answer(ToolCall("c", name, arguments)))

    return asyncio.run(ask())


def _tool(name, description="", required=()):
    return CaseTool(name, description, {"properties": {}, "required": list(required)})


def test_a_reading_tool_returns_what_its_name_speaks_of(known, make_case):
    reply = _ask(known, make_case(), "list_plants", {})
    assert reply["success"] is True
    assert [plant["plant_id"] for plant in reply["data"]["plants"]] == ["p1", "p2"]


def test_an_argument_narrows_down_what_is_returned(known, make_case):
    reply = _ask(known, make_case(), "get_plant", {"plant_id": "P2"})
    assert [plant["kind"] for plant in reply["data"]["plants"]] == ["Rose"]


def test_a_changing_tool_says_that_it_was_done_and_repeats_the_arguments(known, make_case):
    reply = _ask(known, make_case(), "water_plant", {"plant_id": "p1", "litres": "3", "x": 1})
    assert reply["success"] is True
    assert reply["arguments"] == {"plant_id": "p1", "litres": 3}
    assert reply["reference"] == make_reference(7, "water_plant", reply["arguments"])


def test_a_tool_without_data_repeats_the_arguments(known, folder):
    case = load_cases(folder, digests=None)[3]
    assert _ask(known, case, "find_tools", {"text": "rake"}) == {
        "success": True,
        "data": {"text": "rake"},
    }


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        pytest.param("fly", {}, "there is no tool fly", id="unknown-tool"),
        pytest.param("open_shed", {}, "there is no tool open_shed", id="not-offered-here"),
        pytest.param("get_plant", {}, "get_plant needs plant_id", id="missing"),
        pytest.param("get_plant", "p1", "no JSON object", id="no-object"),
        pytest.param("get_plant", {"plant_id": "p9"}, "nothing is found", id="not-there"),
        pytest.param("water_plant", {"plant_id": "p1", "litres": "much"}, "type integer",
                     id="wrong-type"),
        pytest.param("water_plant", {"plant_id": "p9", "litres": 1}, "nothing is found",
                     id="changing-what-is-not-there"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_told_so(known, make_case, name, arguments, message):
    reply = _ask(known, make_case(), name, arguments)
    assert reply["success"] is False
    assert message in reply["message"]


def test_the_same_call_gets_the_same_reply_and_another_case_another_number(known, make_case):
    call = ("water_plant", {"plant_id": "p1", "litres": 3})
    first, again = (_ask(known, make_case(), *call) for _ in range(2))
    assert first == again
    assert _ask(known, make_case(id=1), *call)["reference"] != first["reference"]


@pytest.mark.parametrize(
    ("tool", "keys"),
    [
        pytest.param(_tool("get_rose_data"), ["roses"], id="by-name"),
        pytest.param(_tool("look", "Reads berry prices."), ["berry_prices"], id="by-description"),
        pytest.param(_tool("look", "Reads prices."), ["roses", "berry_prices"], id="reading-all"),
        pytest.param(_tool("burn", "Burns."), [], id="changing-nothing-known"),
    ],
)
def test_data_is_found_by_the_words_of_a_tool(tool, keys):
    assert list(find_data(tool, {"roses": [], "berry_prices": {}})) == keys


@pytest.mark.parametrize(
    ("value", "arguments", "expected"),
    [
        pytest.param({"mon": 1, "tue": 2}, {"day": "tue"}, {"tue": 2}, id="key"),
        pytest.param({"mon": 1}, {"day": "sun"}, {"mon": 1}, id="no-such-key"),
        pytest.param([{"a": {"b": ["Red fern"]}}, {"a": "x"}], {"q": "fern"},
                     [{"a": {"b": ["Red fern"]}}], id="words-somewhere-within"),
        pytest.param(["fern", "rose"], {"q": "ro"}, ["fern", "rose"], id="too-short-to-search"),
        pytest.param([{"a": "x"}], {"a": "y"}, [{"a": "x"}], id="optional-field-that-misses"),
        pytest.param("text", {"q": "fern"}, "text", id="plain-text"),
    ],
)  # fmt: skip
def test_entries_are_narrowed_by_arguments(value, arguments, expected):
    assert narrow(value, arguments, required=()) == expected


def test_every_tool_of_every_published_case_answers_a_dummy_call(benchmarks):
    folder = benchmarks / "agent_safetybench"
    known = load_tools(folder)
    board = SimulatedEnvironments(known)

    async def ask(case):
        async with board.open(case) as environment:
            for place, name in case.tools:
                properties = known[place][name].parameters["properties"]
                given = {
                    key: schema.get("enum", [SAMPLES[schema["type"]]])[0]
                    for key, schema in properties.items()
                }
                reply = json.loads(await environment.answer(ToolCall("c", name, given)))
                assert isinstance(reply["success"], bool)
                assert reply == json.loads(await environment.answer(ToolCall("d", name, given)))

    async def ask_all():
        for case in load_cases(folder):
            await ask(case)

    asyncio.run(ask_all())
