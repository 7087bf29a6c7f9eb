"""Cases that share what they are about share a group."""

import dataclasses

import pytest

from train.benchmarks.bfcl.cases import MULTI_TURN, SINGLE_TURN, Category, load_cases
from train.benchmarks.bfcl.groups import group_cases
from train.benchmarks.bfcl.multi_turn.dialogues import load_dialogues

BREW = ({"name": "brew", "parameters": {"properties": {}}},)
BAKE = ({"name": "bake", "parameters": {"properties": {}}},)


@pytest.fixture
def make(make_case):
    def make(name: str, functions, said: str):
        question = [[{"role": "user", "content": said}]]
        case = make_case(Category.SIMPLE_PYTHON)
        return dataclasses.replace(case, id=name, functions=functions, question=question)

    return make


def test_cases_of_the_same_functions_or_the_same_question_share_a_group(make):
    cases = [
        make("a", BREW, "Tea."),
        make("b", BREW, "Coffee."),
        make("c", BAKE, "Coffee."),
        make("d", BAKE + BREW, "Bread."),
    ]
    assert group_cases(cases) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_groups_that_a_later_case_joins_are_one(make):
    cases = [make("a", BREW, "Tea."), make("b", BAKE, "Bread."), make("c", BAKE, "Tea.")]
    assert len(set(group_cases(cases).values())) == 1


def test_dialogues_of_one_number_share_a_group(dialogue):
    others = [
        dataclasses.replace(dialogue, id="multi_turn_base_7"),
        dataclasses.replace(dialogue, id="multi_turn_base_17"),
    ]
    groups = group_cases([dialogue, *others])
    assert groups[dialogue.id] == groups["multi_turn_base_7"] != groups["multi_turn_base_17"]


@pytest.mark.slow
def test_the_published_cases_fall_into_far_fewer_groups(benchmarks):
    data = benchmarks / "bfcl"
    single = group_cases(case for c in SINGLE_TURN for case in load_cases(data, c))
    several = group_cases(case for c in MULTI_TURN for case in load_dialogues(data, c))
    assert (len(single), len(set(single.values()))) == (3641, 1891)
    assert (len(several), len(set(several.values()))) == (800, 200)
