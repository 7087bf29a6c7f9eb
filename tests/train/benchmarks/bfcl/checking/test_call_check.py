"""One call: name, parameters, arguments, and the order in which faults are found."""

import pytest

from train.benchmarks.bfcl.cases import Answer
from train.benchmarks.bfcl.checking.call_check import check_call
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.schema_types import CodeLanguage

BREW = {
    "name": "brew",
    "parameters": {
        "properties": {
            "leaf": {"type": "string"},
            "cups": {"type": "integer"},
            "heat": {"type": "float"},
            "pair": {"type": "tuple", "items": {"type": "integer"}},
            "pots": {"type": "array", "items": {"type": "integer"}},
            "pot": {"type": "any"},
        },
        "required": ["leaf"],
    },
}
ANSWER = Answer(
    "brew",
    {
        "leaf": ["oolong"],
        "cups": [2],
        "heat": ["", 90.0],
        "pair": ["", [1, 2]],
        "pots": ["", [1, 2]],
        "pot": ["", 3],
    },
)


@pytest.mark.parametrize(
    ("name", "arguments", "fault"),
    [
        pytest.param("brew", {"leaf": "oolong", "cups": 2}, None, id="right"),
        pytest.param("bake", {"leaf": "oolong", "cups": 2}, ErrorType.WRONG_NAME, id="name"),
        pytest.param("Brew", {"leaf": "oolong", "cups": 2}, ErrorType.WRONG_NAME, id="case"),
        pytest.param("brew", {"cups": 2}, ErrorType.MISSING_REQUIRED, id="required"),
        pytest.param("brew", {"leaf": "oolong"}, ErrorType.MISSING_OPTIONAL, id="wanted"),
        pytest.param(
            "brew", {"milk": 1, "leaf": "x"}, ErrorType.UNEXPECTED_PARAMETER, id="in-the-order-made"
        ),
        pytest.param("brew", {"leaf": "x", "milk": 1}, ErrorType.STRING, id="the-first-counts"),
        pytest.param("brew", {"leaf": 1, "cups": 2}, ErrorType.TYPE, id="type"),
        pytest.param("brew", {"leaf": "oolong", "cups": 3}, ErrorType.OTHER, id="value"),
        pytest.param("brew", {"milk": 1}, ErrorType.MISSING_REQUIRED, id="required-goes-first"),
    ],
)
def test_a_call(name, arguments, fault):
    assert check_call(DecodedCall(name, arguments), BREW, ANSWER, CodeLanguage.PYTHON) is fault


@pytest.mark.parametrize(
    ("argument", "fault"),
    [
        pytest.param({"heat": 90}, None, id="an-integer-is-a-float"),
        pytest.param({"heat": True}, ErrorType.TYPE, id="a-truth-is-no-float"),
        pytest.param({"heat": 10**400}, ErrorType.TYPE, id="too-large-for-a-float"),
        pytest.param({"cups": 2.0}, ErrorType.TYPE, id="a-float-is-no-integer"),
        pytest.param({"pair": (1, 2)}, None, id="a-tuple"),
        pytest.param({"pair": [1, 2]}, None, id="a-list-is-a-tuple"),
        pytest.param({"pots": (1, 2)}, ErrorType.TYPE, id="a-tuple-is-no-array"),
        pytest.param({"pair": [2, 1]}, ErrorType.LIST, id="a-tuple-has-an-order"),
        pytest.param({"pot": 3}, None, id="any-is-of-the-answers-type"),
        pytest.param({"pot": "3"}, ErrorType.OTHER, id="any-may-be-text"),
    ],
)
def test_an_argument(argument, fault):
    call = DecodedCall("brew", {"leaf": "oolong", "cups": 2, **argument})
    assert check_call(call, BREW, ANSWER, CodeLanguage.PYTHON) is fault


def test_a_parameter_of_the_schema_that_the_answer_lacks_is_unexpected():
    answer = Answer("brew", {"leaf": ["oolong"]})
    call = DecodedCall("brew", {"leaf": "oolong", "cups": 2})
    assert check_call(call, BREW, answer, CodeLanguage.PYTHON) is ErrorType.UNEXPECTED_PARAMETER


def test_a_parameter_that_the_schema_lacks_is_unexpected_though_accepted():
    answer = Answer("brew", {"leaf": ["oolong"], "milk": [1]})
    call = DecodedCall("brew", {"leaf": "oolong", "milk": 1})
    assert check_call(call, BREW, answer, CodeLanguage.PYTHON) is ErrorType.UNEXPECTED_PARAMETER


def _check_one(word, value, accepted, language, **schema):
    function = {"name": "f", "parameters": {"properties": {"x": {"type": word, **schema}}}}
    return check_call(
        DecodedCall("f", {"x": value}), function, Answer("f", {"x": accepted}), language
    )


@pytest.mark.parametrize(
    ("word", "value", "accepted", "fault"),
    [
        pytest.param("long", "5L", [5], None, id="literal"),
        pytest.param("long", "5", [5], ErrorType.TYPE, id="no-literal-of-its-type"),
        pytest.param("long", "count", ["count"], None, id="variable"),
        pytest.param("long", 5, [5], ErrorType.NOT_JAVA_TEXT, id="no-text"),
        pytest.param("float", "5", [5.0], ErrorType.TYPE, id="no-widening"),
        pytest.param("any", "20.5", [20.5, "20.5"], None, id="any-is-text"),
        pytest.param("HashMap", 'new HashMap<>() {{ put("a", 1); }}', [{"a": [1]}], None, id="map"),
    ],
)
def test_an_argument_in_java(word, value, accepted, fault):
    assert _check_one(word, value, accepted, CodeLanguage.JAVA) is fault


def test_elements_in_java_have_their_type():
    lists = {"items": {"type": "integer"}}
    one, other = "new int[]{1}", "new int[]{x}"
    assert _check_one("Array", one, [[1]], CodeLanguage.JAVA, **lists) is None
    assert _check_one("Array", other, [[1]], CodeLanguage.JAVA, **lists) is ErrorType.ELEMENT_TYPE


@pytest.mark.parametrize(
    ("word", "value", "accepted", "fault"),
    [
        pytest.param("Boolean", "true", [True], None, id="literal"),
        pytest.param("Boolean", True, [True], ErrorType.NOT_JAVASCRIPT_TEXT, id="no-text"),
        pytest.param("float", "x", [1.5], ErrorType.TYPE, id="no-literal"),
        pytest.param("dict", "{a: 1}", [{"a": [1]}], None, id="dict"),
        pytest.param("dict", "{a: 2}", [{"a": [1]}], ErrorType.DICT_VALUE, id="wrong-dict"),
    ],
)
def test_an_argument_in_javascript(word, value, accepted, fault):
    assert _check_one(word, value, accepted, CodeLanguage.JAVASCRIPT) is fault
