"""Types and values, each rule with what it takes and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.checking.values import Kind, check_type, check_value, normalize

TYPE, ELEMENT = ErrorType.TYPE, ErrorType.ELEMENT_TYPE
TEXT, NUMBER = Kind(str), Kind(int)
TEXTS, NUMBERS, DICTS = Kind(list, str), Kind(list, int), Kind(list, dict)


@pytest.mark.parametrize(
    ("value", "accepted", "kind", "fault"),
    [
        pytest.param(2, [2], NUMBER, None, id="as-described"),
        pytest.param(2.0, [2], NUMBER, TYPE, id="a-float-is-no-integer"),
        pytest.param(True, [1], NUMBER, TYPE, id="a-truth-is-no-integer"),
        pytest.param("2", [2], NUMBER, TYPE, id="a-text-is-no-integer"),
        pytest.param("n", ["n"], NUMBER, None, id="a-variable"),
        pytest.param(2, ["n"], NUMBER, None, id="a-value-where-a-variable-is-due"),
        pytest.param(2, [""], TEXT, TYPE, id="may-be-left-out-says-no-type"),
        pytest.param(["a"], [["b"]], TEXTS, None, id="elements-as-described"),
        pytest.param([1], [["b"]], TEXTS, ELEMENT, id="elements-of-another-type"),
        pytest.param([1], [[2]], TEXTS, None, id="elements-of-the-answers-type"),
        pytest.param([1], [["b"], [2]], TEXTS, None, id="elements-suit-another-answer"),
        pytest.param([1], [["b"], ""], TEXTS, None, id="may-be-left-out-suits-all"),
        pytest.param([[1]], [[["b"]]], Kind(list, list), None, id="no-deeper-than-one-level"),
        pytest.param(("a",), [["a"]], TEXTS, TYPE, id="a-tuple-is-no-list"),
        pytest.param([], [], TEXTS, TYPE, id="nothing-accepted"),
    ],
)
def test_a_type(value, accepted, kind, fault):
    assert check_type(value, accepted, kind) is fault


@pytest.mark.parametrize(
    ("value", "accepted", "fault"),
    [
        pytest.param("green tea", ["Green-Tea"], None, id="case-and-punctuation"),
        pytest.param("it's", ['it"s'], None, id="quotes"),
        pytest.param("2*3^4_5/6", ["23456"], None, id="operators"),
        pytest.param("green tea!", ["green tea"], ErrorType.STRING, id="other-punctuation"),
        pytest.param("grün", ["grun"], ErrorType.STRING, id="accents"),
        pytest.param("", ["tea", ""], None, id="empty-where-it-may-be-left-out"),
        pytest.param("-", ["tea", ""], None, id="nothing-but-punctuation"),
        pytest.param("", ["tea"], ErrorType.STRING, id="empty-where-it-is-due"),
    ],
)
def test_a_text(value, accepted, fault):
    assert check_value(value, accepted, TEXT) is fault


@pytest.mark.parametrize(
    ("value", "accepted", "fault"),
    [
        pytest.param(2, [1, 2], None, id="one-of-them"),
        pytest.param(3, [1, 2], ErrorType.OTHER, id="none-of-them"),
        pytest.param("Cups", ["cups"], ErrorType.OTHER, id="a-variable-has-its-case"),
        pytest.param("cups", ["cups"], None, id="a-variable"),
    ],
)
def test_a_number(value, accepted, fault):
    assert check_value(value, accepted, NUMBER) is fault


@pytest.mark.parametrize(
    ("value", "accepted", "fault"),
    [
        pytest.param(["A-b", "c"], [["ab", "C"]], None, id="texts-as-texts-are"),
        pytest.param(["c", "ab"], [["ab", "c"]], ErrorType.LIST, id="in-order"),
        pytest.param(["ab"], [["x"], ["ab"]], None, id="any-answer"),
        pytest.param([], [["ab"], ""], None, id="empty-where-it-may-be-left-out"),
        pytest.param([["A"]], [[["a"]]], ErrorType.LIST, id="deeper-texts-by-the-letter"),
        pytest.param("leaves", ["leaves"], None, id="a-variable"),
        pytest.param("Leaves", ["leaves"], ErrorType.OTHER, id="a-variable-has-its-case"),
    ],
)
def test_a_list(value, accepted, fault):
    assert check_value(value, accepted, TEXTS) is fault


TEA = {"leaf": ["oolong", "sencha"], "cups": [2, ""]}
KEY, VALUE = ErrorType.DICT_KEY, ErrorType.DICT_VALUE


@pytest.mark.parametrize(
    ("value", "accepted", "fault"),
    [
        pytest.param({"leaf": "Oolong", "cups": 2}, [TEA], None, id="all"),
        pytest.param({"leaf": "sencha"}, [TEA], None, id="a-key-that-may-be-left-out"),
        pytest.param({"cups": 2}, [TEA], KEY, id="a-key-that-is-due"),
        pytest.param({"leaf": "sencha", "pot": 1}, [TEA], KEY, id="a-key-too-many"),
        pytest.param({"leaf": "rose"}, [TEA], VALUE, id="a-wrong-value"),
        pytest.param({"cups": 3}, [TEA], KEY, id="missing-goes-before-wrong"),
        pytest.param({"leaf": ["a"]}, [{"leaf": [["A"]]}], VALUE, id="deeper-by-the-letter"),
        pytest.param({"a": 1}, ["", {"b": [1]}, {"a": [1]}], None, id="any-answer"),
        pytest.param({"a": 1}, [{"a": [2]}, {"b": [1]}], KEY, id="the-last-answers-fault"),
        pytest.param({}, [""], ErrorType.NO_DICT_ACCEPTED, id="nothing-but-left-out"),
        pytest.param("tea", ["tea"], None, id="a-variable"),
    ],
)
def test_a_dict(value, accepted, fault):
    assert check_value(value, accepted, Kind(dict)) is fault


COUNT = ErrorType.DICT_COUNT
TWO = [{"a": [1]}, {"a": [2]}]


@pytest.mark.parametrize(
    ("value", "accepted", "fault"),
    [
        pytest.param([{"a": 1}, {"a": 2}], [TWO], None, id="all"),
        pytest.param([{"a": 2}, {"a": 1}], [TWO], VALUE, id="in-order"),
        pytest.param([{"a": 1}], [TWO], COUNT, id="too-few"),
        pytest.param([{"a": 1}], [TWO, [{"a": [1]}]], None, id="any-answer"),
        pytest.param([{"a": 3}], [[{"a": [1]}], TWO], COUNT, id="the-last-answers-fault"),
        pytest.param([], [TWO, ""], None, id="empty-where-it-may-be-left-out"),
        pytest.param(["a"], ["", [{"a": [1]}]], ELEMENT, id="what-is-no-dict"),
        pytest.param([], [], ErrorType.NO_DICTS_ACCEPTED, id="nothing-accepted"),
    ],
)
def test_a_list_of_dicts(value, accepted, fault):
    assert check_value(value, accepted, DICTS) is fault


@given(st.text())
def test_normal_text_stays_as_it_is(text):
    assert normalize(normalize(text)) == normalize(text)


@given(st.lists(st.integers()))
def test_a_list_is_accepted_as_itself_and_no_longer(numbers):
    assert check_type(numbers, [numbers], NUMBERS) is None
    assert check_value(numbers, [numbers], NUMBERS) is None
    assert check_value([*numbers, 0], [numbers], NUMBERS) is ErrorType.LIST
