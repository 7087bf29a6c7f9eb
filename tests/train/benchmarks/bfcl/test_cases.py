"""Cases are read from a folder; a file that is not the leaderboard's is said, with its line."""

import json

import pytest

from tool_catalog.errors import UnknownName, UserMistake
from train.benchmarks.bfcl.cases import (
    AGENTIC,
    MULTI_TURN,
    SINGLE_TURN,
    WITHOUT_ANSWERS,
    Answer,
    Category,
    CodeLanguage,
    language_of,
    load_cases,
    read_categories,
)

QUESTIONS = "BFCL_v4_simple_python.json"
ANSWERS = f"possible_answer/{QUESTIONS}"


def test_cases_come_in_order_with_their_answers(folder):
    first, second = load_cases(folder, Category.SIMPLE_PYTHON)
    assert (first.id, second.id) == ("simple_python_0", "simple_python_1")
    assert first.question[0][0]["content"] == "Tea, please."
    assert first.functions[0]["name"] == "kitchen.brew"
    assert first.answers == (Answer("kitchen.brew", {"leaf": ["oolong"]}),)


def test_a_category_without_answers_needs_no_file_of_them(folder):
    [case] = load_cases(folder, Category.IRRELEVANCE)
    assert case.answers == ()


def test_the_groups_of_categories_are_closed():
    assert [len(SINGLE_TURN), len(MULTI_TURN), len(AGENTIC)] == [13, 4, 5]
    assert (*SINGLE_TURN, *MULTI_TURN, *AGENTIC) == tuple(Category)
    assert WITHOUT_ANSWERS < set(SINGLE_TURN)
    assert all("relevance" in category for category in WITHOUT_ANSWERS)


def test_two_categories_are_not_in_python():
    foreign = {c: language_of(c) for c in Category if language_of(c) is not CodeLanguage.PYTHON}
    assert foreign == {
        Category.SIMPLE_JAVA: CodeLanguage.JAVA,
        Category.SIMPLE_JAVASCRIPT: CodeLanguage.JAVASCRIPT,
    }


def test_a_category_of_several_turns_is_read_elsewhere(folder):
    with pytest.raises(UserMistake, match="multi_turn_base has several turns; choose of simple_"):
        load_cases(folder, Category.MULTI_TURN_BASE)


@pytest.mark.parametrize("category", AGENTIC)
def test_an_agentic_category_is_not_run_and_why_is_said(folder, category):
    with pytest.raises(UserMistake, match=f"{category} is not run here: it .*; leave it out"):
        load_cases(folder, category)


@pytest.mark.parametrize("name", [QUESTIONS, ANSWERS])
def test_a_missing_file_is_said_with_what_to_name(folder, name):
    (folder / name).unlink()
    with pytest.raises(UserMistake, match=f"{name}: cannot be read .*; name the data folder"):
        load_cases(folder, Category.SIMPLE_PYTHON)


def _edit(path, number, **changes):
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[number] = json.dumps({**json.loads(lines[number]), **changes})
    path.write_text("\n".join(lines), encoding="utf-8")


FUNCTION = {"name": "brew", "parameters": {"properties": {"leaf": {"type": "string"}}}}


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        pytest.param(QUESTIONS, {"id": None}, "not a question with id", id="no-id"),
        pytest.param(QUESTIONS, {"question": []}, "not a question with id", id="no-question"),
        pytest.param(QUESTIONS, {"function": [{}]}, "a function without", id="no-name"),
        pytest.param(QUESTIONS, {"function": [FUNCTION]}, "no function 'kitchen.brew'", id="name"),
        pytest.param(ANSWERS, {"id": "simple_python_7"}, "where that of .*_1' is due", id="order"),
        pytest.param(ANSWERS, {"ground_truth": []}, "no ground_truth", id="empty"),
        pytest.param(
            ANSWERS, {"ground_truth": [{"a": {}, "b": {}}]}, "an answer is one", id="two-in-one"
        ),
        pytest.param(
            ANSWERS,
            {"ground_truth": [{"kitchen.brew": {"leaf": "sencha"}}]},
            "needs a list of accepted",
            id="no-list",
        ),
    ],
)
def test_a_line_that_is_not_the_leaderboards_is_said(folder, name, changes, said):
    _edit(folder / name, 1, **changes)
    with pytest.raises(UserMistake, match=rf"json:2: .*{said}.*; name the data folder"):
        load_cases(folder, Category.SIMPLE_PYTHON)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "tea"}, id="unknown"),
        pytest.param({"description": "Which."}, id="none"),
        pytest.param({"type": "array"}, id="no-elements"),
        pytest.param({"type": "array", "items": {"type": "tea"}}, id="unknown-elements"),
    ],
)
def test_a_parameter_that_cannot_be_checked_is_said(folder, schema):
    function = {"name": "brew", "parameters": {"properties": {"leaf": schema}}}
    _edit(folder / QUESTIONS, 1, function=[function])
    with pytest.raises(UserMistake, match="json:2: brew: unknown type of 'leaf'"):
        load_cases(folder, Category.SIMPLE_PYTHON)


@pytest.mark.parametrize(("line", "said"), [("{", "not JSON"), ("[]", "not a JSON object")])
def test_a_line_that_is_no_object_is_said(folder, line, said):
    with (folder / QUESTIONS).open("a", encoding="utf-8") as file:
        file.write(line)
    with pytest.raises(UserMistake, match=f"json:3: {said}"):
        load_cases(folder, Category.SIMPLE_PYTHON)


def test_each_question_needs_an_answer(folder):
    lines = (folder / ANSWERS).read_text(encoding="utf-8").splitlines()
    (folder / ANSWERS).write_text(lines[0], encoding="utf-8")
    with pytest.raises(UserMistake, match="2 questions, but 1 possible answers"):
        load_cases(folder, Category.SIMPLE_PYTHON)


def test_a_line_separator_inside_a_text_ends_no_line(folder):
    path = folder / "BFCL_v4_irrelevance.json"
    row = json.loads(path.read_text(encoding="utf-8"))
    row["question"][0][0]["content"] = "Tea\u2028please"
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    [case] = load_cases(folder, Category.IRRELEVANCE)
    assert case.question[0][0]["content"] == "Tea\u2028please"


def test_categories_are_named_and_multi_turn_stands_for_four():
    assert read_categories([]) == list(SINGLE_TURN)
    assert read_categories(["multi_turn", "parallel", "multi_turn_base"]) == [
        *MULTI_TURN, Category.PARALLEL,
    ]  # fmt: skip
    with pytest.raises(UnknownName, match="no category 'simple_pyton'; did you mean simple_python"):
        read_categories(["simple_pyton"])
