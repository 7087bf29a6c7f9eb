"""The corners of every measure."""

import dataclasses

import pytest

from train.benchmarks.bfcl.cases import SINGLE_TURN, Category
from train.benchmarks.bfcl.measures import HEADLINE, measure_case, measure_dialogue
from train.benchmarks.bfcl.multi_turn.dialogue_play import Played

CALL = [{"name": "brew", "arguments": "{}"}]
BROKEN = [{"name": "brew", "arguments": "{"}]


@pytest.mark.parametrize(
    ("category", "output", "needless_call", "no_call"),
    [
        pytest.param(Category.SIMPLE_PYTHON, CALL, None, 0, id="calls-when-due"),
        pytest.param(Category.SIMPLE_PYTHON, "No.", None, 1, id="over-refuses"),
        pytest.param(Category.SIMPLE_PYTHON, BROKEN, None, 0, id="a-broken-call-is-no-refusal"),
        pytest.param(Category.LIVE_RELEVANCE, "No.", None, 1, id="any-call-is-due"),
        pytest.param(Category.IRRELEVANCE, "No.", 0, None, id="holds-back"),
        pytest.param(Category.IRRELEVANCE, CALL, 1, None, id="calls-when-it-must-not"),
        pytest.param(Category.LIVE_IRRELEVANCE, BROKEN, 1, None, id="tries-to"),
    ],
)
def test_calls_of_a_single_turn(make_case, category, output, needless_call, no_call):
    measured = measure_case(make_case(category), output, asked=False, valid=True)
    assert measured["needless_call"] == needless_call
    assert measured["no_call"] == no_call


@pytest.mark.parametrize("category", SINGLE_TURN)
def test_a_call_is_either_due_or_needless(make_case, category):
    measured = measure_case(make_case(category), CALL, asked=False, valid=True)
    assert (measured["needless_call"] is None) != (measured["no_call"] is None)
    assert (measured["no_call"] is None) == ("irrelevance" in category)


@pytest.mark.parametrize(("asked", "valid"), [(True, False), (False, True)])
def test_verdict_and_question_count_in_every_case(make_case, asked, valid):
    measured = measure_case(make_case(Category.IRRELEVANCE), "?", asked=asked, valid=valid)
    assert (measured["asked_first"], measured["accuracy"]) == (asked, valid)
    assert set(measured) == set(HEADLINE)


@pytest.mark.parametrize(
    ("turns", "needless_call", "no_call"),
    [
        pytest.param([[CALL], [[]], [CALL, []]], 0, 0, id="calls-where-due"),
        pytest.param([[CALL], [[]], [[]]], 0, 1, id="leaves-one-turn-out"),
        pytest.param([[[], CALL], [[]], [CALL]], 0, 0, id="in-any-step"),
        pytest.param([[CALL], [CALL], [CALL]], 1, 0, id="calls-where-none-is-due"),
        pytest.param([[CALL], [BROKEN], [CALL]], 1, 0, id="tries-to"),
        pytest.param([[CALL] * 4], None, 0, id="what-was-not-played-does-not-count"),
    ],
)
def test_calls_of_a_dialogue(dialogue, turns, needless_call, no_call):
    measured = measure_dialogue(dialogue, Played(turns=turns), valid=False)
    assert (measured["needless_call"], measured["no_call"]) == (needless_call, no_call)


def test_without_a_turn_of_no_answers_nothing_is_needless(dialogue):
    due = dataclasses.replace(dialogue, answers=[["boil(cups=2)"]] * 3)
    measured = measure_dialogue(due, Played(turns=[[CALL]] * 3, asked=True), valid=True)
    assert measured == {
        "accuracy": 1.0, "needless_call": None, "no_call": 0.0, "asked_first": 1.0,
    }  # fmt: skip
