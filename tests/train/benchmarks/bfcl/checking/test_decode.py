"""Outputs read as calls, and what is no call."""

import pytest

from train.benchmarks.bfcl.checking.decode import DecodedCall, decode
from train.benchmarks.bfcl.checking.error_types import ErrorType

UNDECODABLE, NOT_CALLS = ErrorType.UNDECODABLE, ErrorType.NOT_CALLS
BREW = DecodedCall("brew", {"cups": 2})


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"name": "brew", "arguments": {"cups": 2}}, id="object"),
        pytest.param({"name": "brew", "arguments": '{"cups": 2}'}, id="json-text"),
        pytest.param(
            {
                "id": "1",
                "type": "function",
                "function": {"name": "brew", "arguments": '{"cups": 2}'},
            },
            id="openai",
        ),
        pytest.param({"brew": {"cups": 2}}, id="stored"),
        pytest.param({"brew": '{"cups": 2}'}, id="stored-as-text"),
    ],
)
def test_a_native_call_is_read_in_each_form(item):
    assert decode([item]) == [BREW]
    assert decode([item, item]) == [BREW, BREW]


@pytest.mark.parametrize(
    ("output", "found"),
    [
        pytest.param([], [], id="no-calls"),
        pytest.param(None, UNDECODABLE, id="nothing"),
        pytest.param([{"name": "brew", "arguments": "{cups"}], UNDECODABLE, id="broken-json"),
        pytest.param([{"name": "brew", "arguments": ""}], UNDECODABLE, id="no-json"),
        pytest.param([{"name": "brew", "arguments": "[2]"}], NOT_CALLS, id="a-list"),
        pytest.param([{"name": "brew", "arguments": None}], NOT_CALLS, id="no-arguments"),
        pytest.param([{}], NOT_CALLS, id="an-empty-object"),
        pytest.param([{"brew": {}, "bake": {}}], NOT_CALLS, id="two-in-one"),
        pytest.param(["brew"], NOT_CALLS, id="a-text-in-a-list"),
        pytest.param([{"brew": {}}, {}], NOT_CALLS, id="one-wrong-spoils-all"),
    ],
)
def test_a_native_reply_that_is_no_calls(output, found):
    assert decode(output) == found


@pytest.mark.parametrize(
    "text",
    [
        "[brew(cups=2)]",
        "brew(cups=2)",
        "[brew(cups=2)",
        "brew(cups=2)]",
        "```\n[brew(cups=2)]\n```",
        " `brew( cups = 2 )` ",
        "[\n  brew(\n    cups=2,\n  ),\n]",
    ],
)
def test_a_call_in_text_may_lack_brackets_and_have_a_fence(text):
    assert decode(text) == [BREW]


def test_calls_in_text_keep_their_order_and_their_dots():
    assert decode("[kitchen.tea.brew(), bake(a='x')]") == [
        DecodedCall("kitchen.tea.brew", {}),
        DecodedCall("bake", {"a": "x"}),
    ]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("'x'", "x"),
        ("-2", -2),
        ("+2", 2),
        ("2.5", 2.5),
        ("True", True),
        ("None", None),
        ("[1, 'a', [2]]", [1, "a", [2]]),
        ("(1, 2)", (1, 2)),
        ("{'a': {'b': 1}}", {"a": {"b": 1}}),
        ("true", "true"),
        ("cups[0]", "cups[0]"),
        ("count()", "count()"),
        ("count(1)", "count(1)"),
        ("count(of='x')", {"count": {"of": "x"}}),
        ("...", "..."),
        ("2 * 3 + 1", 7),
        ("2 ** 3 / 4", 2.0),
        ("7 // 2 % 2", 1),
        ("'a' + 'b'", "ab"),
    ],
)
def test_a_value_in_text_is_read(source, value):
    assert decode(f"brew(a={source})") == [DecodedCall("brew", {"a": value})]


@pytest.mark.parametrize(
    "source",
    [
        "lambda: 1", "f'{x}'", "{1, 2}", "[x for x in y]", "a.b", "not x", "-x", "x + 1", "-'a'",
        "'a' * 9", "True + 1", "1 / 0", "2 << 9", "9 ** 9 ** 9", "(9 ** 64) ** 64", "{**x}",
        "{[1]: 2}", "*x",
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read_spoils_the_output(source):
    assert decode(f"brew(a={source})") is UNDECODABLE


@pytest.mark.parametrize(
    "text",
    [
        "I cannot do that.",
        "Tea",
        "[1, 2]",
        "[brew(cups=2), 3]",
        "[brew(cups=2)] and more",
        "[brew(cups=2)], [brew(cups=2)]",
        "brew(cups=2",
        "brew(cups=2))",
        "\0",
        "(" * 500,
    ],
)
def test_text_that_is_no_list_of_calls_is_not_decoded(text):
    assert decode(text) is UNDECODABLE


@pytest.mark.parametrize("text", ["", "[]", " \n```"])
def test_text_of_nothing_is_no_calls(text):
    assert decode(text) == []


def test_positional_arguments_have_no_name_and_are_dropped():
    assert decode("brew(1, cups=2)") == [BREW]


def test_unpacked_arguments_are_one_that_no_function_has():
    assert decode("brew(**order)") == [DecodedCall("brew", {"**": "order"})]


def test_of_an_argument_given_twice_the_last_counts():
    assert decode("brew(cups=1, cups=2)") == [BREW]


def test_what_is_called_need_not_have_a_name():
    assert decode("brew()(cups=2)") == [DecodedCall("", {"cups": 2})]
    assert decode("brew().serve(cups=2)") == [DecodedCall("serve", {"cups": 2})]


def test_a_doubtful_escape_in_a_text_is_read_without_a_warning():
    assert decode(r"brew(a='\d')") == [DecodedCall("brew", {"a": r"\d"})]
