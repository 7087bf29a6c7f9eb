"""How many calls are due, and which call answers what."""

from dataclasses import replace

import pytest

from train.benchmarks.bfcl.cases import Answer, Category
from train.benchmarks.bfcl.checking.ast_check import check_calls
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.checking.error_types import ErrorType

OOLONG = DecodedCall("kitchen.brew", {"leaf": "oolong"})
SENCHA = DecodedCall("kitchen.brew", {"leaf": "sencha"})


@pytest.mark.parametrize(
    ("category", "calls", "fault"),
    [
        pytest.param(Category.SIMPLE_PYTHON, [OOLONG], None, id="one"),
        pytest.param(Category.SIMPLE_PYTHON, [SENCHA], ErrorType.STRING, id="a-wrong-one"),
        pytest.param(Category.SIMPLE_PYTHON, [], ErrorType.SIMPLE_COUNT, id="none"),
        pytest.param(Category.LIVE_SIMPLE, [OOLONG] * 2, ErrorType.SIMPLE_COUNT, id="two"),
        pytest.param(Category.MULTIPLE, [OOLONG], None, id="one-of-several-functions"),
        pytest.param(Category.LIVE_MULTIPLE, [], ErrorType.MULTIPLE_COUNT, id="none-of-several"),
    ],
)
def test_one_call_is_due(make_case, category, calls, fault):
    assert check_calls(calls, make_case(category, {"leaf": ["oolong"]})) is fault


@pytest.mark.parametrize(
    ("calls", "fault"),
    [
        pytest.param([OOLONG, SENCHA], None, id="all"),
        pytest.param([SENCHA, OOLONG], None, id="in-any-order"),
        pytest.param([OOLONG], ErrorType.PARALLEL_COUNT, id="too-few"),
        pytest.param([OOLONG, SENCHA, SENCHA], ErrorType.PARALLEL_COUNT, id="too-many"),
        pytest.param([OOLONG, OOLONG], ErrorType.NO_MATCH, id="one-twice"),
    ],
)
@pytest.mark.parametrize("category", [Category.PARALLEL, Category.LIVE_PARALLEL_MULTIPLE])
def test_several_calls_are_due(make_case, category, calls, fault):
    case = make_case(category, {"leaf": ["oolong"]}, {"leaf": ["sencha"]})
    assert check_calls(calls, case) is fault


def test_a_call_given_to_an_answer_is_not_taken_back(make_case):
    """The first answer takes the first call that suits, though only that suits the second."""
    case = make_case(Category.PARALLEL, {"leaf": ["oolong", "sencha"]}, {"leaf": ["oolong"]})
    assert check_calls([OOLONG, SENCHA], case) is ErrorType.NO_MATCH
    assert check_calls([SENCHA, OOLONG], case) is None


def test_each_answer_is_checked_against_its_own_function(make_case):
    case = make_case(Category.PARALLEL_MULTIPLE, {"leaf": ["oolong"]})
    [brew] = case.functions
    bake = {"name": "bake", "parameters": {"properties": {"loaves": {"type": "integer"}}}}
    case = replace(
        case, functions=[bake, brew], answers=(*case.answers, Answer("bake", {"loaves": [1]}))
    )
    assert check_calls([DecodedCall("bake", {"loaves": 1}), OOLONG], case) is None
    assert check_calls([DecodedCall("bake", {"loaves": 2}), OOLONG], case) is ErrorType.NO_MATCH
