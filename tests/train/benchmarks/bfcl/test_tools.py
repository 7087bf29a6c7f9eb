"""Tools for an endpoint, and calls with the published names again."""

from dataclasses import replace

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.cases import Category
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.tools import list_tools, restore_names


def test_a_tool_is_in_openais_form_with_json_schema(make_case):
    [tool] = list_tools(make_case(Category.MULTIPLE))
    assert tool["type"] == "function"
    assert tool["function"]["name"] == "kitchen_brew"
    assert tool["function"]["description"] == "Brew tea."
    parameters = tool["function"]["parameters"]
    assert parameters["type"] == "object"
    assert parameters["properties"]["heat"] == {"type": "number", "description": "In degrees."}
    assert parameters["required"] == ["leaf"]


def test_arguments_of_another_language_are_its_text(make_case):
    properties = {
        "leaves": {"type": "ArrayList", "description": "Which.", "items": {"type": "String"}},
        "cups": {"type": "long"},
    }
    case = make_case(Category.SIMPLE_JAVA, properties=properties)
    function = list_tools(case)[0]["function"]
    assert function["description"].endswith("Arguments are written as Java 8 source text.")
    leaves, cups = function["parameters"]["properties"].values()
    assert leaves == {
        "type": "string",
        "description": "Which. (Java 8, type ArrayList of String)",
    }
    assert cups["type"] == "string"


def test_the_entries_of_a_javascript_dict_are_told(make_case):
    entries = {"cups": {"type": "integer", "description": "How many."}}
    properties = {"order": {"type": "dict", "description": "All of it.", "properties": entries}}
    [tool] = list_tools(make_case(Category.SIMPLE_JAVASCRIPT, properties=properties))
    order = tool["function"]["parameters"]["properties"]["order"]
    assert order.keys() == {"type", "description"}
    assert '{"cups": {"type": "integer"' in order["description"]


@pytest.mark.parametrize(
    ("called", "name"),
    [
        pytest.param("kitchen_brew", "kitchen.brew", id="as-the-endpoint-has-it"),
        pytest.param("kitchen.brew", "kitchen.brew", id="as-published"),
        pytest.param("kitchen_bake", "kitchen_bake", id="a-wrong-name-stays-wrong"),
    ],
)
def test_names_are_the_published_ones_again(make_case, called, name):
    case = make_case(Category.MULTIPLE)
    assert restore_names([DecodedCall(called, {})], case) == [DecodedCall(name, {})]


def test_names_that_only_differ_in_dots_cannot_be_told_apart(make_case):
    case = make_case(Category.MULTIPLE)
    [function] = case.functions
    both = replace(case, functions=[function, {**function, "name": "kitchen_brew"}])
    with pytest.raises(UserMistake, match="two functions have one name"):
        restore_names([], both)
