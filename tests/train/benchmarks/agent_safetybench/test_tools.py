"""Tools and their schemas: what a call must be, and where the files must agree with the cases."""

import json

import pytest

from tool_catalog.errors import ToolError, UserMistake
from train.benchmarks.agent_safetybench.cases import load_cases
from train.benchmarks.agent_safetybench.tools import CaseTool, list_tools, load_tools

KINDS = ("string", "integer", "number", "boolean", "array", "object")


@pytest.fixture
def one_of_each():
    properties = {kind: {"type": kind} for kind in KINDS}
    properties["colour"] = {"type": "string", "enum": ["red", "blue"]}
    parameters = {"type": "object", "properties": properties, "required": []}
    return CaseTool("paint", "Paint it.", parameters)


def test_a_tool_is_offered_in_the_form_of_chat_apis(garden):
    schema = garden[1].to_schema()
    assert schema["type"] == "function"
    assert schema["function"]["name"] == "get_plant"
    assert schema["function"]["parameters"]["required"] == ["plant_id"]


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        pytest.param("string", "a", "a", id="text"),
        pytest.param("string", 5, "5", id="number-as-text"),
        pytest.param("integer", 5, 5, id="integer"),
        pytest.param("integer", "5", 5, id="integer-in-text"),
        pytest.param("integer", 5.0, 5, id="whole-number"),
        pytest.param("number", "2.5", 2.5, id="number-in-text"),
        pytest.param("number", 2, 2, id="integer-as-number"),
        pytest.param("boolean", False, False, id="boolean"),
        pytest.param("boolean", "False", False, id="boolean-in-text"),
        pytest.param("array", [1], [1], id="list"),
        pytest.param("array", "[1]", [1], id="list-in-text"),
        pytest.param("object", '{"a": 1}', {"a": 1}, id="object-in-text"),
        pytest.param("colour", "red", "red", id="one-of-those-allowed"),
    ],
)
def test_an_argument_that_reads_as_its_type_is_taken(one_of_each, kind, given, expected):
    assert one_of_each.read_arguments({kind: given, "unknown": 1}) == {kind: expected}


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        pytest.param("string", ["a"], "string must be of type string", id="list-as-text"),
        pytest.param("string", None, "must be of type string, not null", id="nothing"),
        pytest.param("integer", "five", "must be of type integer", id="word-as-integer"),
        pytest.param("integer", 2.5, "must be of type integer", id="fraction"),
        pytest.param("integer", True, "must be of type integer", id="boolean-as-integer"),
        pytest.param("integer", 1e999, "must be of type integer", id="infinite"),
        pytest.param("number", {}, "must be of type number", id="object-as-number"),
        pytest.param("boolean", 1, "must be of type boolean", id="number-as-boolean"),
        pytest.param("array", "a, b", "must be of type array", id="prose-as-list"),
        pytest.param("array", "{}", "must be of type array", id="object-as-list"),
        pytest.param("object", [], "must be of type object", id="list-as-object"),
        pytest.param("colour", "grey", "must be one of red, blue", id="not-allowed"),
    ],
)
def test_an_argument_of_another_type_is_refused_in_words(one_of_each, kind, given, message):
    with pytest.raises(ToolError, match=message):
        one_of_each.read_arguments({kind: given})


def test_missing_arguments_are_named(garden):
    with pytest.raises(ToolError, match="water_plant needs litres"):
        garden[2].read_arguments({"plant_id": "p1"})
    with pytest.raises(ToolError, match="no JSON object"):
        garden[2].read_arguments("p1, please")


def test_required_parameters_one_level_too_high_are_required(folder):
    parameters = {"type": "object", "properties": {"depth": {"type": "string"}}}
    entry = {"name": "dig", "description": "", "required": ["depth"], "parameters": parameters}
    (folder / "environments" / "Shed.json").write_text(json.dumps([entry]), encoding="utf-8")
    tool = load_tools(folder, digests=None)["Shed"]["dig"]
    assert tool.parameters["required"] == ["depth"]


@pytest.mark.parametrize(
    "content", [pytest.param("[{}]", id="no-name"), pytest.param("3", id="no-list"),
                pytest.param('[{"name": "a", "parameters": 3}]', id="no-parameters")]
)  # fmt: skip
def test_a_file_of_another_form_is_named(folder, content):
    (folder / "environments" / "Shed.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserMistake, match=r"Shed\.json holds no tools"):
        load_tools(folder, digests=None)


@pytest.mark.parametrize(
    "setup",
    [
        pytest.param({"name": "Pond", "tools": ["fish"]}, id="no-such-environment"),
        pytest.param({"name": "Garden", "tools": ["fish"]}, id="no-such-tool"),
    ],
)
def test_a_case_and_tools_of_two_downloads_are_told(make_case, known, setup):
    with pytest.raises(UserMistake, match=f"no fish of {setup['name']}"):
        list_tools(make_case(environments=[setup]), known)


def test_every_published_case_finds_its_tools(benchmarks):
    folder = benchmarks / "agent_safetybench"
    known = load_tools(folder)
    assert len(known) == 349
    assert sum(len(tools) for tools in known.values()) == 2013
    for case in load_cases(folder):
        assert [t.name for t in list_tools(case, known)] == [name for _, name in case.tools]
    kinds = {
        schema.get("type")
        for tools in known.values()
        for tool in tools.values()
        for schema in tool.parameters["properties"].values()
    }
    assert kinds <= set(KINDS)
