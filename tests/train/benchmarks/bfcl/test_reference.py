"""A case's own answer as calls, which the scorer takes."""

import pytest

from train.benchmarks.bfcl.cases import Category
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.reference import list_refused, reference_calls


def test_a_reference_leaves_out_what_may_be_and_takes_the_first_value(make_case):
    case = make_case(Category.MULTIPLE, {"leaf": ["oolong", "x"], "cups": [2, ""], "heat": [90.5]})
    assert reference_calls(case) == [DecodedCall("kitchen.brew", {"leaf": "oolong", "heat": 90.5})]
    assert list_refused([case]) == []


def test_a_required_parameter_is_given_though_it_may_be_left_out(make_case):
    case = make_case(Category.MULTIPLE, {"leaf": ["", "oolong"]})
    assert reference_calls(case) == [DecodedCall("kitchen.brew", {"leaf": "oolong"})]


def test_in_a_dict_each_key_has_its_first_value(make_case):
    properties = {
        "order": {"type": "dict"},
        "orders": {"type": "array", "items": {"type": "dict"}},
    }
    entry = {"leaf": ["oolong", "x"], "cups": ["", 2]}
    case = make_case(
        Category.PARALLEL, {"order": [entry], "orders": [[entry]]}, properties=properties
    )
    [call] = reference_calls(case)
    assert call.arguments == {"order": {"leaf": "oolong"}, "orders": [{"leaf": "oolong"}]}
    assert list_refused([case]) == []


@pytest.mark.parametrize(
    ("category", "schema", "value", "text"),
    [
        (Category.SIMPLE_JAVA, {"type": "boolean"}, True, "true"),
        (Category.SIMPLE_JAVA, {"type": "long"}, 5, "5L"),
        (Category.SIMPLE_JAVA, {"type": "float"}, 1.5, "1.5f"),
        (Category.SIMPLE_JAVA, {"type": "any"}, "leaves", "leaves"),
        (
            Category.SIMPLE_JAVA,
            {"type": "Array", "items": {"type": "integer"}},
            [1, 2],
            "new integer[]{1, 2}",
        ),
        (
            Category.SIMPLE_JAVA,
            {"type": "ArrayList", "items": {"type": "String"}},
            ["a"],
            'new ArrayList<>(Arrays.asList("a"))',
        ),
        (
            Category.SIMPLE_JAVA,
            {"type": "ArrayList", "items": {"type": "String"}},
            [],
            "new ArrayList<>()",
        ),
        (
            Category.SIMPLE_JAVA,
            {"type": "HashMap"},
            {"a": ["x"], "b": [True]},
            'new HashMap<String, Object>() {{ put("a", "x"); put("b", true); }}',
        ),
        (Category.SIMPLE_JAVASCRIPT, {"type": "float"}, 1.5, "1.5"),
        (Category.SIMPLE_JAVASCRIPT, {"type": "Bigint"}, 5, "5n"),
        (
            Category.SIMPLE_JAVASCRIPT,
            {"type": "dict"},
            {"a": [1], "b": [["x"]]},
            '{"a": 1, "b": ["x"]}',
        ),
    ],
)
def test_another_language_is_written_and_read_back(make_case, category, schema, value, text):
    case = make_case(category, {"x": [value]}, properties={"x": schema}, required=["x"])
    [call] = reference_calls(case)
    assert call.arguments == {"x": text}
    assert list_refused([case]) == []


def test_a_case_that_accepts_nothing_is_listed_and_not_hidden(make_case):
    case = make_case(Category.SIMPLE_PYTHON, {"leaf": []})
    assert list_refused([case]) == [(case, ErrorType.STRING)]


def test_a_case_without_answers_has_no_reference_to_refuse(make_case):
    assert list_refused([make_case(Category.IRRELEVANCE)]) == []
