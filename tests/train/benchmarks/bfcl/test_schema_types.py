"""The leaderboard's words for types become JSON Schema."""

import pytest

from train.benchmarks.bfcl.schema_types import CLASSES, convert_schema


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("dict", "object"),
        ("HashMap", "object"),
        ("float", "number"),
        ("double", "number"),
        ("integer", "integer"),
        ("long", "integer"),
        ("tuple", "array"),
        ("array", "array"),
        ("ArrayList", "array"),
        ("String", "string"),
        ("Boolean", "boolean"),
    ],
)
def test_a_word_has_its_name_in_json_schema(word, name):
    assert convert_schema({"type": word}) == {"type": name}


@pytest.mark.parametrize("schema", [{"type": "any"}, {"type": ""}, {}])
def test_what_says_nothing_about_the_type_leaves_it_open(schema):
    assert convert_schema(schema) == {}


def test_every_word_but_any_has_a_name():
    words = {word for classes in CLASSES.values() for word in classes}
    assert {word for word in words if "type" not in convert_schema({"type": word})} == {"any"}


def test_descriptions_are_converted_at_any_depth():
    inner = {"type": "dict", "properties": {"heat": {"type": "float"}}, "required": ["heat"]}
    schema = {
        "type": "array",
        "items": inner,
        "additionalProperties": {"type": "tuple", "items": {"type": "any"}},
    }
    converted = {
        "type": "object",
        "properties": {"heat": {"type": "number"}},
        "required": ["heat"],
    }
    assert convert_schema(schema) == {
        "type": "array",
        "items": converted,
        "additionalProperties": {"type": "array", "items": {}},
    }


def test_a_parameter_may_be_called_type_or_optional():
    properties = {"type": {"type": "string"}, "optional": {"type": "boolean", "optional": True}}
    converted = convert_schema({"type": "dict", "properties": properties})
    assert converted["properties"] == {"type": {"type": "string"}, "optional": {"type": "boolean"}}


def test_the_description_given_stays_as_it_is():
    schema = {"type": "dict", "properties": {"heat": {"type": "float"}}}
    convert_schema(schema)
    assert schema == {"type": "dict", "properties": {"heat": {"type": "float"}}}
