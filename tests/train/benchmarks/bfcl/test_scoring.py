"""Outputs scored end to end, on a folder of made-up cases."""

import pytest

from tool_catalog.errors import UnknownName, UserMistake
from train.benchmarks.bfcl.cases import Category
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.scoring import score_output, score_rows
from train.benchmarks.bfcl.totals import CategoryTally

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


def test_rows_get_a_verdict_each_and_totals(folder):
    rows = [
        _row("simple_python_1", CALL, valid=True),  # a verdict that came along is not looked at
        _row("irrelevance_0", "No."),
        _row("simple_python_0", CALL),
    ]
    scores, totals = score_rows(rows, folder)
    assert [score.id for score in scores] == [row["id"] for row in rows]
    assert [score.valid for score in scores] == [False, True, True]
    assert scores[0].error_type is ErrorType.STRING
    assert totals.categories == {
        Category.SIMPLE_PYTHON: CategoryTally(1, 2),
        Category.IRRELEVANCE: CategoryTally(1, 1),
    }
    assert totals.overall is None


@pytest.mark.parametrize(
    ("row", "error", "said"),
    [
        pytest.param({"id": "simple_python_0"}, UserMistake, "row 1: needs id", id="columns"),
        pytest.param(
            _row("simple_pyton_0", []), UnknownName, "did you mean simple_python", id="category"
        ),
        pytest.param(_row("simple_python_9", []), UserMistake, "has no case", id="case"),
        pytest.param(
            _row("memory_kv_0", []), UserMistake, "is not run here: it needs", id="agentic"
        ),
        pytest.param(_row("multiple_0", []), UserMistake, "name the data folder", id="no-file"),
    ],
)
def test_a_row_that_cannot_be_scored_is_said(folder, row, error, said):
    with pytest.raises(error, match=said):
        score_rows([row], folder)
