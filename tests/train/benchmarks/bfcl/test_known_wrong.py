"""Wrong answers among the cases that were run are named."""

import dataclasses

from train.benchmarks.bfcl.cases import MULTI_TURN, SINGLE_TURN, Category, load_cases
from train.benchmarks.bfcl.known_wrong import REPORTED, list_known_wrong
from train.benchmarks.bfcl.multi_turn.dialogues import load_dialogues


def test_a_case_whose_own_reference_is_refused_is_named_with_its_fault(make_case):
    right = make_case(Category.SIMPLE_PYTHON, {"leaf": ["oolong"]})
    wrong = make_case(Category.MULTIPLE, {"leaf": [], "cups": [2]})
    found = list_known_wrong([right, wrong])
    assert list(found["refused"]) == ["multiple_0"]
    assert found["reported"] == {}


def test_a_case_that_an_issue_names_is_named_with_the_issue(dialogue):
    case = dataclasses.replace(dialogue, id="multi_turn_base_4")
    assert list_known_wrong([dialogue, case])["reported"] == {"multi_turn_base_4": ["gorilla#1367"]}


def test_every_case_that_is_reported_is_in_the_data(benchmarks):
    data = benchmarks / "bfcl"
    known = {case.id for c in SINGLE_TURN for case in load_cases(data, c)}
    known |= {case.id for c in MULTI_TURN for case in load_dialogues(data, c)}
    assert {name for names in REPORTED.values() for name in names} <= known
