"""Multi-turn cases are read from a folder; what is not the leaderboard's is said, with its line."""

import json

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.cases import AGENTIC, Category
from train.benchmarks.bfcl.multi_turn.dialogues import load_dialogues

QUESTIONS = "BFCL_v4_multi_turn_miss_func.json"
ANSWERS = f"possible_answer/{QUESTIONS}"


def test_a_dialogue_has_its_turns_its_classes_and_what_is_due(dialogue):
    assert dialogue.id == "multi_turn_miss_func_7"
    assert [len(turn) for turn in dialogue.turns] == [1, 1, 0]
    assert dialogue.classes == ["MathAPI"]
    assert dialogue.start == {"MathAPI": {"water": 9}}
    assert dialogue.answers == [["boil(cups=2)"], [], ["steep(cups=2)"]]


@pytest.mark.parametrize(
    ("turn", "offered"), [(0, ["boil"]), (1, ["boil"]), (2, ["boil", "steep"])]
)
def test_a_function_held_back_is_offered_from_its_turn_on(dialogue, turn, offered):
    assert [function["name"] for function in dialogue.list_offered(turn)] == offered


def test_what_is_held_back_or_excluded_is_carried_out_all_the_same(dialogue):
    assert dialogue.names == {"boil", "steep"}


@pytest.mark.parametrize("category", AGENTIC)
def test_an_agentic_category_is_not_run_and_why_is_said(folder, category):
    with pytest.raises(UserMistake, match=f"{category} is not run here: it "):
        load_dialogues(folder, category)


def test_a_category_of_one_turn_is_read_elsewhere(folder):
    with pytest.raises(UserMistake, match="multiple has one turn; choose of multi_turn_base"):
        load_dialogues(folder, Category.MULTIPLE)


@pytest.mark.parametrize("name", [QUESTIONS, ANSWERS, "multi_turn_func_doc/ticket_api.json"])
def test_a_missing_file_is_said_with_what_to_name(dialogues, name):
    (dialogues / name).unlink()
    with pytest.raises(UserMistake, match=f"{name}: cannot be read .*; name the data folder"):
        load_dialogues(dialogues, Category.MULTI_TURN_MISS_FUNC)


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        pytest.param(QUESTIONS, {"initial_config": None}, "not a question of", id="no-start"),
        pytest.param(QUESTIONS, {"involved_classes": []}, "not a question of", id="no-classes"),
        pytest.param(
            QUESTIONS, {"involved_classes": ["Kitchen"]}, "unknown classes: Kitchen", id="class"
        ),
        pytest.param(QUESTIONS, {"question": [[]]}, "as many turns as answers", id="turns"),
        pytest.param(QUESTIONS, {"missed_function": {}}, "a turn of nothing", id="silent-turn"),
        pytest.param(
            QUESTIONS, {"missed_function": {"0": ["steep"]}}, "a turn of nothing", id="other-turn"
        ),
        pytest.param(
            QUESTIONS, {"missed_function": {"2": ["fry"]}}, "held back: fry", id="function"
        ),
        pytest.param(
            QUESTIONS, {"missed_function": {"x": ["steep"]}}, "missed_function is not", id="no-turn"
        ),
        pytest.param(QUESTIONS, {"missed_function": []}, "missed_function is not", id="a-list"),
        pytest.param(ANSWERS, {"id": "x"}, "the answer of 'x' where that of", id="order"),
        pytest.param(ANSWERS, {"ground_truth": ["boil()"]}, "no ground_truth", id="no-lists"),
        pytest.param(
            ANSWERS, {"ground_truth": [["fry()"], [], []]}, r"no call of its functions", id="call"
        ),
    ],
)
def test_a_line_that_is_not_the_leaderboards_is_said(dialogues, name, changes, said):
    path = dialogues / name
    row = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**row, **changes}) + "\n", encoding="utf-8")
    with pytest.raises(UserMistake, match=f"{said}.*; name the data folder"):
        load_dialogues(dialogues, Category.MULTI_TURN_MISS_FUNC)


def test_each_question_needs_an_answer(dialogues):
    (dialogues / ANSWERS).write_text("", encoding="utf-8")
    with pytest.raises(UserMistake, match="1 questions, but 0 answers"):
        load_dialogues(dialogues, Category.MULTI_TURN_MISS_FUNC)
