"""Turns become outputs that are stored and scored."""

import json

import pytest

from train.agents.turn import Said, ToolCall
from train.benchmarks.bfcl.cases import Category
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.outputs import makes_call, read_output, write_output

BREW = ToolCall("a", "brew", {"leaf": "oolong"})
ASK = ToolCall("b", "ask_user", {"question": "Which?"})
ROW = {"name": "brew", "arguments": '{"leaf": "oolong"}'}


@pytest.mark.parametrize(
    ("said", "ask_user", "output"),
    [
        pytest.param(Said("Tea.", (BREW,)), False, [ROW], id="calls-before-text"),
        pytest.param(Said("Tea."), False, "Tea.", id="text"),
        pytest.param(Said("Tea?", (ASK,)), True, "Tea?", id="asking-is-no-call"),
        pytest.param(Said("", (ASK, BREW)), True, [ROW], id="asking-beside-a-call"),
        pytest.param(Said("", (ToolCall("a", "brew", "{leaf"),)), False,
                     [{"name": "brew", "arguments": "{leaf"}], id="broken"),
    ],
)  # fmt: skip
def test_an_output_is_the_calls_or_else_the_text(said, ask_user, output):
    assert write_output(said, ask_user=ask_user) == output


def test_ask_user_where_it_is_not_offered_is_a_call():
    assert len(write_output(Said("", (ASK,)), ask_user=False)) == 1


def test_an_output_can_be_written_whatever_it_holds():
    odd = ToolCall("a", "brew", {"leaf": "\ud800", "cups": float("nan")})
    [row] = write_output(Said("", (odd,)), ask_user=False)
    json.dumps(row).encode("utf-8")
    assert json.loads(row["arguments"])["leaf"] == "\ud800"


@pytest.mark.parametrize(
    ("output", "category", "made"),
    [
        ([ROW], Category.IRRELEVANCE, True),
        ([{"name": "brew", "arguments": "{leaf"}], Category.IRRELEVANCE, True),
        ("brew(leaf='oolong')", Category.IRRELEVANCE, True),
        ("No tea here.", Category.IRRELEVANCE, False),
        ("", Category.IRRELEVANCE, False),
        ("[]", Category.IRRELEVANCE, False),
        ("brew(leaf=new Leaf(1))", Category.SIMPLE_JAVA, True),
        ("brew(leaf=new Leaf(1))", Category.SIMPLE_PYTHON, False),
    ],
)
def test_whether_there_is_a_call_in_an_output(output, category, made):
    assert makes_call(output, category) is made


def test_text_is_read_in_the_language_of_its_category():
    assert read_output("brew(cups=2L)", Category.SIMPLE_JAVA) == [
        DecodedCall("brew", {"cups": "2L"})
    ]
    assert read_output("brew(cups=2)", Category.SIMPLE_PYTHON) == [DecodedCall("brew", {"cups": 2})]
    assert read_output("brew(cups=2L)", Category.SIMPLE_PYTHON) is ErrorType.UNDECODABLE
    assert read_output([ROW], Category.SIMPLE_JAVA) == [DecodedCall("brew", {"leaf": "oolong"})]
