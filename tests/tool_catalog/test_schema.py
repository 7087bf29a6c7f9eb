from typing import Any

import pytest

from tool_catalog.misfit import describe, explain_misfit
from tool_catalog.schema import BadSchema, compile_schema

TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "kids": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["name"],
            "additionalProperties": False,
        }
    },
}


@pytest.mark.parametrize(
    ("schema", "fits", "fails"),
    [
        ({}, [None, 1, "a", [], {}], []),
        (True, [1], []),
        (False, [], [None, 1]),
        ({"type": "string"}, ["", "a"], [None, 1, True, []]),
        ({"type": "integer"}, [0, -3], [1.5, True, "1"]),
        ({"type": "number"}, [0, 1.5], [True, "1", None]),
        ({"type": "boolean"}, [True, False], [0, "true"]),
        ({"type": "null"}, [None], [0, ""]),
        ({"type": ["string", "null"]}, ["a", None], [1]),
        ({"type": "string", "nullable": True}, ["a", None], [1]),
        ({"enum": ["a", 1, None]}, ["a", 1, None], ["b", 2, True]),
        ({"enum": ["a", "b"]}, ["a"], ["c", 1, []]),
        ({"const": 0}, [0], [False, 1]),
        ({"type": "integer", "minimum": 1, "maximum": 3}, [1, 3], [0, 4]),
        ({"exclusiveMinimum": 1, "exclusiveMaximum": 3}, [2, "text"], [1, 3]),
        ({"type": "number", "multipleOf": 0.1}, [0.3, 2], [0.25, float("inf")]),
        ({"type": "string", "minLength": 1, "maxLength": 2}, ["a", "ab"], ["", "abc"]),
        ({"type": "string", "pattern": "^[a-z]+$"}, ["ab"], ["", "A"]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 1}, [[1]], [[], ["a"]]),
        ({"prefixItems": [{"type": "string"}], "items": False}, [["a"], []], [[1], ["a", "b"]]),
        ({"uniqueItems": True}, [[1, 2], [1, True]], [[1, 1], [{}, {}]]),
        ({"anyOf": [{"type": "string"}, {"minimum": 5}]}, ["a", 5], [1]),
        ({"oneOf": [{"type": "integer"}, {"minimum": 5}]}, [1, 5.5], [6]),
        ({"allOf": [{"type": "integer"}, {"minimum": 5}]}, [6], [1, 5.5]),
        ({"not": {"type": "string"}}, [1, None], ["a"]),
        ({"properties": {"a": {"minimum": 1}}, "required": ["a"]}, [{"a": 1}, 3], [{}, {"a": 0}]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, [{"x": 1}], [{"x": "1"}]),
        ({"minProperties": 1, "maxProperties": 1}, [{"x": 1}], [{}, {"a": 1, "b": 2}]),
        (TREE, [{"name": "a", "kids": [{"name": "b"}]}],
         [{}, {"name": "a", "kids": [{}]}, {"name": "a", "x": 1}]),
    ],
)  # fmt: skip
def test_a_value_fits_or_does_not(schema: Any, fits: list[Any], fails: list[Any]) -> None:
    accepts = compile_schema(schema)
    assert [v for v in fits if not accepts(v)] == []
    assert [v for v in fails if accepts(v)] == []


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "strin"}, "#: no type 'strin'; known: string"),
        ({"type": ["string", 5]}, "no type 5"),
        ({"properties": {"a": {"type": "dict"}}}, "#/properties/a: no type 'dict'"),
        ({"properties": {"a": "string"}}, "#/properties/a: a schema is an object"),
        ({"properties": []}, "properties must be an object"),
        ({"required": "a"}, "required must be a list of names"),
        ({"enum": "abc"}, "enum must be a list"),
        ({"anyOf": []}, "anyOf must be a list of schemas"),
        ({"minimum": "1"}, "minimum must be a number"),
        ({"minLength": -1}, "minLength must be a number"),
        ({"pattern": "("}, "pattern '('"),
        ({"$ref": "https://example.com/schema"}, "is not local"),
        ({"$ref": "#/$defs/gone"}, "leads nowhere"),
        ({"$ref": "#gone"}, "leads nowhere"),
        ({"$ref": 5}, "$ref 5 is not local"),
        ({"$ref": "#"}, "refers to itself without end"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
         "refers to itself without end"),
        ({"$defs": {"a": {"properties": {"p": {"$ref": "#/$defs/b"}},
                          "allOf": [{"$ref": "#/$defs/b"}]},
                    "b": {"$ref": "#/$defs/a"}}, "properties": {"x": {"$ref": "#/$defs/a"}}},
         "refers to itself without end"),
    ],
)  # fmt: skip
def test_a_wrong_or_hostile_schema_is_refused_in_one_line(schema: Any, reason: str) -> None:
    with pytest.raises(BadSchema) as caught:
        compile_schema(schema)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "anything"),
        ({"type": "array"}, "a list"),
        ({"type": "array", "items": {"type": "string"}}, "a list"),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 3},
         "a list of at most 3 items, each an integer"),
        ({"type": "boolean", "nullable": True}, "a boolean or null"),
        ({"type": ["string", "null"]}, "a string or null"),
        ({"type": "string", "enum": ["a", "b"]}, "one of 'a', 'b'"),
        ({"const": "a"}, "exactly 'a'"),
        ({"type": "integer", "minimum": 1, "maximum": 28}, "an integer from 1 to 28"),
        ({"type": "number", "minimum": 1}, "a number of at least 1"),
        ({"type": "number", "exclusiveMinimum": 0}, "a number above 0"),
        ({"type": "string", "maxLength": 9}, "a string of at most 9 characters"),
        ({"type": "object", "properties": {"a": {}, "b": {}}}, "an object with a, b"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "a string or an integer"),
        (TREE, "an object with name, kids"),
    ],
)  # fmt: skip
def test_a_schema_is_put_in_words(schema: Any, words: str) -> None:
    assert describe(schema) == words


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({}, "argument 'tree.name' is missing"),
        ({"name": 5}, "argument 'tree.name' must be a string, got 5"),
        ({"name": "a", "kids": [{"name": "b"}, {"name": None}]},
         "argument 'tree.kids[1].name' must be a string, got null"),
        ({"name": "a", "kid": []}, "argument 'tree' has no field 'kid'; known: \"name\", \"kids\""),
        ("leaf", "argument 'tree' must be an object with name, kids, got 'leaf'"),
    ],
)  # fmt: skip
def test_the_place_of_a_misfit_is_named(value: Any, told: str) -> None:
    assert explain_misfit(TREE, TREE, value, "tree") == told


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(explain_misfit({"type": "integer"}, {}, "x" * 5000, "n")) < 300
