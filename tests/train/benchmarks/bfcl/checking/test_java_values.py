"""Java source read as values; what is no literal stays text."""

import pytest

from train.benchmarks.bfcl.checking.java_values import read_java, read_untyped


@pytest.mark.parametrize(
    ("text", "word", "value"),
    [
        ("12", "integer", 12),
        ("-12", "short", -12),
        ("1.0", "integer", "1.0"),
        ("cups", "integer", "cups"),
        ("9" * 5000, "integer", "9" * 5000),
        ("12L", "long", 12),
        ("12", "long", "12"),
        ("1.5f", "float", 1.5),
        ("2e3F", "float", 2000.0),
        ("1.5", "float", "1.5"),
        ("1.5", "double", 1.5),
        ("3", "double", 3.0),
        ("1.5f", "double", "1.5f"),
        ("true", "boolean", True),
        ("True", "boolean", "True"),
        ("'a'", "char", "'a'"),
        ("tea", "String", "tea"),
        ("12", "any", "12"),
    ],
)
def test_a_literal_is_read_and_anything_else_stays_text(text, word, value):
    found = read_java(text, word)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "inner", "value"),
    [
        ('new ArrayList<String>(Arrays.asList("a", "b"))', "String", ["a", "b"]),
        ("new ArrayList<>(Arrays.asList('a'))", "char", ["a"]),
        ("new ArrayList<Integer>(Arrays.asList(1, 2))", "integer", [1, 2]),
        ("new ArrayList<Long>(Arrays.asList(1L, 2))", "long", [1, "2"]),
        ('new ArrayList<>(Arrays.asList("a", 1))', "any", ['"a"', "1"]),
        ('new ArrayList<>(Arrays.asList("a", 1, true))', None, ["a", 1, True]),
        ('new ArrayList<String>() {{ add("a"); add("b"); }}', "String", ["a", "b"]),
        ("new ArrayList<Integer>() {{ add(1); }}", "integer", [1]),
        ("new ArrayList<String>()", "String", []),
        ("leaves", "String", "leaves"),
        ('List.of("a")', "String", 'List.of("a")'),
    ],
)
def test_an_array_list(text, inner, value):
    assert read_java(text, "ArrayList", inner) == value


@pytest.mark.parametrize(
    ("text", "inner", "value"),
    [
        ("new int[]{1, 2}", "integer", [1, 2]),
        ("new int[] { }", "integer", []),
        ('new String[]{"a"}', "String", ['"a"']),
        ('new Object[]{"a", 1.5f, 2L}', None, ["a", 1.5, 2]),
        ("leaves", "String", "leaves"),
    ],
)
def test_an_array_keeps_the_quotes_of_its_texts(text, inner, value):
    assert read_java(text, "Array", inner) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('new HashMap<String, Object>() {{ put("a", 1); put("b", "x"); }}', {"a": 1, "b": "x"}),
        ('new HashMap<>() { { put("a", true); } }', {"a": True}),
        ("new HashMap<>() {{ }}", {}),
        ("new HashMap<>()", {}),
        ("order", "order"),
    ],
)
def test_a_map(text, value):
    assert read_java(text, "HashMap") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("false", False), ('"a"', "a"), ("5L", 5), ("1.5f", 1.5), ("5", 5), ("1e3", 1000.0),
        ("x", "x"), ("", ""),
    ],
)  # fmt: skip
def test_a_value_of_no_stated_type_is_what_it_looks_like(text, value):
    assert read_untyped(text) == value


@pytest.mark.parametrize("text", ["new HashMap<a>() {", "new ArrayList<a>() {{"])
def test_a_collection_that_never_closes_is_given_up_quickly(text):
    assert read_java(text + " " * 20_000, "HashMap" if "Map" in text else "ArrayList") in ({}, [])
