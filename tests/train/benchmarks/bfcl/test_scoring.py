"""Outputs scored end to end, on a folder of made-up cases."""

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.cases import Category
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.outputs import choose_calls
from train.benchmarks.bfcl.scoring import score_output, score_rows
from train.benchmarks.bfcl.totals import CategoryTally
from train.benchmarks.upstream.form import PromptForm

CALL = [{"name": "kitchen_brew", "arguments": '{"leaf": "oolong"}'}]


@pytest.mark.parametrize(
    ("category", "output", "fault"),
    [
        pytest.param(Category.IRRELEVANCE, "No tea today.", None, id="prose"),
        pytest.param(Category.IRRELEVANCE, [], None, id="no-call"),
        pytest.param(Category.IRRELEVANCE, "[]", None, id="an-empty-list-in-text"),
        pytest.param(Category.LIVE_IRRELEVANCE, [{}], None, id="what-is-no-call"),
        pytest.param(
            Category.LIVE_IRRELEVANCE, CALL, ErrorType.CALL_IN_IRRELEVANCE, id="a-call-too-many"
        ),
        pytest.param(
            Category.IRRELEVANCE, "bake()", ErrorType.CALL_IN_IRRELEVANCE, id="of-any-function"
        ),
        pytest.param(Category.LIVE_RELEVANCE, CALL, None, id="a-call"),
        pytest.param(Category.LIVE_RELEVANCE, "bake()", None, id="any-call"),
        pytest.param(Category.LIVE_RELEVANCE, [], ErrorType.NO_CALL_IN_RELEVANCE, id="none"),
        pytest.param(
            Category.LIVE_RELEVANCE, "Which tea?", ErrorType.NO_CALL_IN_RELEVANCE, id="prose-only"
        ),
    ],
)
def test_whether_there_is_a_call(make_case, category, output, fault):
    assert score_output(output, make_case(category)) is fault


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        pytest.param(CALL, None, id="the-endpoints-name"),
        pytest.param("[kitchen.brew(leaf='Oolong')]", None, id="text"),
        pytest.param("Here is your tea.", ErrorType.UNDECODABLE, id="prose"),
        pytest.param([{"kitchen.brew": [1]}], ErrorType.NOT_CALLS, id="no-arguments"),
        pytest.param([], ErrorType.SIMPLE_COUNT, id="no-call"),
    ],
)
def test_whether_the_call_is_right(make_case, output, fault):
    assert score_output(output, make_case(Category.SIMPLE_PYTHON, {"leaf": ["oolong"]})) is fault


def _row(name, output, **more):
    return {"id": name, "category": name.rpartition("_")[0], "model_output": output, **more}


DOTS, IN_TEXT = [{**CALL[0], "name": "kitchen.brew"}], "[kitchen.brew(leaf='oolong')]"
UNDERSCORES_IN_TEXT = IN_TEXT.replace(".", "_")


@pytest.mark.parametrize(
    ("form", "react", "right"),
    [
        (PromptForm.TRIACT, False, [CALL, DOTS, IN_TEXT, UNDERSCORES_IN_TEXT]),
        (PromptForm.TRIACT, True, [CALL, DOTS, IN_TEXT, UNDERSCORES_IN_TEXT]),
        (PromptForm.PUBLISHED, False, [CALL]),
        (PromptForm.PUBLISHED, True, [IN_TEXT]),
    ],
)
def test_rows_are_judged_by_the_names_and_calls_of_a_form(folder, form, react, right):
    outputs = [CALL, DOTS, IN_TEXT, UNDERSCORES_IN_TEXT]
    rows = [_row("simple_python_0", output) for output in outputs]
    found = score_rows(rows, folder, form=choose_calls(form, react=react)).rows
    judged = [output for output, score in zip(outputs, found, strict=True) if score.valid]
    assert judged == [output for output in outputs if output in right]


def test_rows_get_a_verdict_each_and_totals(folder):
    rows = [
        _row("simple_python_1", CALL, valid=True),  # a verdict that came along is not looked at
        _row("irrelevance_0", "No."),
        _row("simple_python_0", CALL),
    ]
    found = score_rows(rows, folder)
    assert [score.id for score in found.rows] == [row["id"] for row in rows]
    assert [score.valid for score in found.rows] == [False, True, True]
    assert found.rows[0].error_type is ErrorType.STRING
    assert found.totals.categories == {
        Category.SIMPLE_PYTHON: CategoryTally(1, 2),
        Category.IRRELEVANCE: CategoryTally(1, 1),
    }
    assert found.totals.overall is None
    assert found.totals.share == 2 / 3
    assert found.of_all == found.totals
    assert (found.coverage.due, found.coverage.unscored, found.faults) == (3, 0, [])


def test_a_missing_case_is_wrong_of_all_and_in_no_total(folder):
    found = score_rows([_row("simple_python_0", CALL)], folder)
    assert found.coverage.missing == ("simple_python_1",)  # irrelevance does not occur: not due
    assert found.totals.categories == {Category.SIMPLE_PYTHON: CategoryTally(1, 1)}
    assert found.of_all.categories == {Category.SIMPLE_PYTHON: CategoryTally(1, 2)}
    assert (found.totals.share, found.of_all.share) == (1.0, 0.5)


@pytest.mark.parametrize("order", [1, -1])
def test_of_repeated_cases_the_last_one_counts(folder, order):
    rows = [_row("simple_python_0", CALL), _row("simple_python_0", "Tea!")][::order]
    found = score_rows([*rows, _row("simple_python_1", [])], folder)
    assert [score.valid for score in found.rows] == [*[True, False][::order], False]
    right = int(order == -1)
    assert found.totals.categories == {Category.SIMPLE_PYTHON: CategoryTally(right, 2)}
    assert found.of_all.categories == found.totals.categories
    assert found.coverage.repeated == {"simple_python_0": 2}


@pytest.mark.parametrize(
    ("output", "wrong"),
    [
        pytest.param(None, True, id="null"),
        pytest.param(" \n", True, id="blank"),
        pytest.param("\u200b<|im_end|>", True, id="nothing-visible"),
        pytest.param("Error during inference: HTTP 500", True, id="a-failed-request"),
        pytest.param([], False, id="no-call"),
        pytest.param("No tea.", False, id="prose"),
    ],
)
def test_no_answer_is_wrong_of_all_even_where_no_call_is_due(folder, output, wrong):
    found = score_rows([_row("irrelevance_0", output)], folder)
    assert found.rows[0].valid  # as upstream has it
    assert found.coverage.unanswered == (("irrelevance_0",) if wrong else ())
    assert found.of_all.categories == {Category.IRRELEVANCE: CategoryTally(int(not wrong), 1)}


BAD_ROWS = [
    pytest.param({"id": "simple_python_0"}, "row 1: needs id", "unreadable", id="columns"),
    pytest.param(UserMistake("f:1: not JSON"), "f:1: not JSON", "unreadable", id="damaged"),
    pytest.param(
        _row("simple_pyton_0", []), "did you mean simple_python", "unknown", id="category"
    ),
    pytest.param(_row("simple_python_9", []), "has no case", "unknown", id="case"),
    pytest.param(_row("memory_kv_0", []), "is not run here: it needs", "unknown", id="agentic"),
]


@pytest.mark.parametrize(("row", "said", "kind"), BAD_ROWS)
def test_a_row_that_cannot_be_scored_is_counted_and_stops_nothing(folder, row, said, kind):
    found = score_rows([row, _row("simple_python_0", CALL)], folder)
    [fault] = found.faults
    assert (found.rows[0], fault.row, fault.kind) == (fault, 1, kind)
    assert said in str(fault.error)
    assert found.totals.categories == {Category.SIMPLE_PYTHON: CategoryTally(1, 1)}
    assert found.coverage.missing == ("simple_python_1",)


@pytest.mark.parametrize(("row", "said", "kind"), BAD_ROWS)
def test_where_no_row_can_be_scored_the_first_one_is_said(folder, row, said, kind):
    with pytest.raises(UserMistake, match=said):
        score_rows([row, {}], folder)


def test_a_file_without_rows_and_data_that_are_not_there_are_said(folder):
    with pytest.raises(UserMistake, match="no rows"):
        score_rows([], folder)
    with pytest.raises(UserMistake, match="name the data folder"):
        score_rows([_row("simple_python_0", CALL), _row("multiple_0", [])], folder)
