"""JavaScript source read as values; what is no literal stays text."""

import pytest

from train.benchmarks.bfcl.checking.javascript_values import read_javascript, read_untyped


@pytest.mark.parametrize(
    ("text", "word", "value"),
    [
        ("12", "integer", 12),
        ("1.0", "integer", "1.0"),
        ("1.5", "float", 1.5),
        ("3", "float", 3.0),
        ("1e3", "float", "1e3"),
        ("12n", "Bigint", 12),
        ("12", "Bigint", "12"),
        ("true", "Boolean", True),
        ("True", "Boolean", "True"),
        ("'tea'", "String", "tea"),
        ('"tea"', "String", "tea"),
        ("tea", "String", "tea"),
        ("'tea\"", "String", "'tea\""),
        ("12", "any", "12"),
    ],
)
def test_a_literal_is_read_and_anything_else_stays_text(text, word, value):
    found = read_javascript(text, word)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "inner", "value"),
    [
        ("[1, 2]", "integer", [1, 2]),
        (" new Array(1, 2) ", "integer", [1, 2]),
        ("['a', \"b\"]", "String", ["a", "b"]),
        ("['a', 1, true, x]", None, ["a", 1, True, "x"]),
        ("[1.5, x]", "float", [1.5, "x"]),
        ("[]", "integer", []),
        ("new Array()", "integer", []),
        ("[1], and more", "integer", [1]),
        ("['a,b']", "String", ["'a", "b'"]),
        ("[\n1]", "integer", "[\n1]"),
        ("leaves", "String", "leaves"),
    ],
)
def test_an_array(text, inner, value):
    assert read_javascript(text, "array", inner) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[[1, 2], [3]]", [[1, 2], [3]]),
        (" [ [ 1 ],\n [ 'a' ] ] ", [[1], ["a"]]),
        ("new Array([1], [2])", [[1], [2]]),
        ("[[]]", [[""]]),
        ("[[1], 2]", ["[1"]),
    ],
)
def test_an_array_of_arrays_is_read_whatever_its_elements(text, value):
    assert read_javascript(text, "array", None) == value


def test_an_array_of_arrays_that_never_closes_is_given_up_quickly():
    text = "[" + "[1]," * 20_000
    assert read_javascript(text, "array", "integer") == ["[1"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("{'a': 1, \"b\": 'x', c: true}", {"a": 1, "b": "x", "c": True}),
        ("{a: '12'}", {"a": 12}),
        ("{a: ['x', 1]}", {"a": ["x", 1]}),
        ("{a: x, y}", {"a": "x, y"}),
        ("{a: {b: 1}}", {"a": "{b: 1"}),
        ("{order}", {}),
        ("order", "order"),
    ],
)
def test_a_dict(text, value):
    assert read_javascript(text, "dict") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [(" true ", True), ("'a'", "a"), ("5", 5), ("1e3", 1000.0), ("5n", "5n"), ("", "")],
)
def test_a_value_of_no_stated_type_is_what_it_looks_like(text, value):
    assert read_untyped(text) == value
