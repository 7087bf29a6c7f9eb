"""Calls in Java and JavaScript text; expected readings are those of the official parsers."""

import pytest

from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.checking.foreign_text import read_foreign
from train.benchmarks.bfcl.schema_types import CodeLanguage

JAVA, JAVASCRIPT = CodeLanguage.JAVA, CodeLanguage.JAVASCRIPT
BOTH = pytest.mark.parametrize("language", [JAVA, JAVASCRIPT])
UNDECODABLE, NOT_CALLS = ErrorType.UNDECODABLE, ErrorType.NOT_CALLS


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        '[Tea.brew(leaf="oolong", cups=2)]',
        'Tea.brew(leaf="oolong", cups=2)',
        'Tea.brew(leaf="oolong", cups=2);',
        '```\nTea.brew( leaf = "oolong" ,\n  cups = 2 )\n```',
        'Tea.brew(leaf="oolong", cups=2); Tea.serve(to="me")',
    ],
)
def test_one_call_may_lack_brackets_and_have_a_fence(text, language):
    assert read_foreign(text, language) == [
        DecodedCall("Tea.brew", {"leaf": "oolong", "cups": "2"})
    ]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('"a, b) c"', "a, b) c"),
        ('"say \\"tea\\""', 'say \\"tea\\"'),
        ("true", "true"),
        ("5L", "5L"),
        ("Leaf.GREEN", "Leaf.GREEN"),
        ("Leaf::pick", "Leaf::pick"),
        ("1 + 2", "1+2"),
        ('"a" + b', '"a"+b'),
        ("(int) 5", "(int)5"),
        ("hot ? 1 : 2", "hot?1:2"),
        ('List.of("a", "b").get( 0 )', 'List.of("a", "b").get( 0 )'),
        ("new Pot()", "new Pot()"),
        ('new Pot("a b" , 1)', 'new Pot("a b", 1)'),
        ("new Pot().fill( 1 )", "new Pot().fill( 1 )"),
        ("new ArrayList<>(Arrays.asList(1, 2))", "new ArrayList<>(Arrays.asList(1, 2))"),
        ('new String[]{"a", "b"}', 'new String[]{"a","b"}'),
        ("new Pot[]{new Pot( 1 ), new Pot(2)}", "new Pot[]{new Pot(1),new Pot(2)}"),
        ("new Map<String, Object>() {{ put(1, 2); }}", "new Map<String,Object>()"),
    ],
)
def test_a_java_value_is_spelled_as_there(source, value):
    assert read_foreign(f"brew(x={source}, y=1)", JAVA) == [
        DecodedCall("brew", {"x": value, "y": "1"})
    ]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("'tea'", "tea"),
        ('""', ""),
        ("`tea`", "`tea`"),
        ("5n", "5n"),
        ("- 1", "- 1"),
        ("[1, 'a']", "[1, 'a']"),
        ('{"a": {b: 1}}', '{"a": {b: 1}}'),
        ("(a, b) => a + b", "(a, b) => a + b"),
        ("a == b", "a == b"),
        ("a < b", "a < b"),
        ("new Foo(1,  2)", "new Foo(1,  2)"),
    ],
)
def test_a_javascript_value_stays_as_it_stands(source, value):
    found = read_foreign(f"brew(x={source}, y=1)", JAVASCRIPT)
    assert found == [DecodedCall("brew", {"x": value, "y": "1"})]


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "Sorry, I cannot.",
        "The call: brew(x=1)",
        "brew(x=1",
        "brew(x=(1)",
        "brew(x=1])",
        'brew(x="tea)',
        "brew(x=1, x=2)",
        "brew(x=green tea)",
        "brew(x=shelf:tea:1)",
        "brew(x=1.2.3)",
        "brew(x=, y=1)",
        "brew(x=1) and so on",
        "brew(x=" + "(" * 3000,
    ],
)
def test_text_that_is_no_call_is_not_decoded(text, language):
    assert read_foreign(text, language) is UNDECODABLE


@pytest.mark.parametrize("source", ["[1, 2]", '{"a": 1}', "new int[3]"])
def test_what_is_no_java_value_is_not_decoded(source):
    assert read_foreign(f"brew(x={source})", JAVA) is UNDECODABLE


@BOTH
@pytest.mark.parametrize("text", ["", "[]", "```\n```"])
def test_nothing_is_no_calls(text, language):
    assert read_foreign(text, language) is NOT_CALLS


def test_of_several_calls_none_is_read():
    text = "[brew(x=1), bake(y=2)]"
    assert read_foreign(text, JAVA) is UNDECODABLE
    assert read_foreign(text, JAVASCRIPT) is NOT_CALLS


def test_names_alone_are_an_argument_that_no_function_has_and_values_alone_are_none():
    assert read_foreign('brew(leaf, x=1, "oolong", 5)', JAVASCRIPT) == [
        DecodedCall("brew", {"": "leaf", "x": "1"})
    ]
