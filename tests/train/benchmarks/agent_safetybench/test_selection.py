"""Which cases are drawn, and which share a group."""

from collections import Counter

import pytest

from train.benchmarks.agent_safetybench.cases import load_cases
from train.benchmarks.agent_safetybench.selection import choose_cases, group_cases

RISKS = ["Drought", "Frost", "Hail"]


@pytest.fixture
def cases(make_case):
    """Thirty cases, the first twenty of one risk."""
    return [make_case(id=i, risks=[RISKS[max(0, i // 5 - 3)]]) for i in range(30)]


@pytest.mark.parametrize("limit", [3, 6, 15])
def test_a_limit_is_spread_evenly_over_the_risks(cases, limit):
    chosen = choose_cases(cases, limit, seed=0)
    assert Counter(case.risk for case in chosen) == dict.fromkeys(RISKS, limit // 3)
    assert chosen == sorted(chosen, key=lambda case: case.id)


def test_a_risk_that_runs_out_leaves_room_to_the_others(cases):
    chosen = Counter(case.risk for case in choose_cases(cases, 20, seed=0))
    assert chosen == {"Drought": 10, "Frost": 5, "Hail": 5}


@pytest.mark.parametrize("limit", [0, 30, 99])
def test_without_a_limit_all_are_taken(cases, limit):
    assert choose_cases(cases, limit, seed=0) == cases


def test_the_same_seed_draws_the_same_and_more_holds_what_less_did(cases):
    few, many = (choose_cases(cases, limit, seed=1) for limit in (5, 12))
    assert few == choose_cases(cases, 5, seed=1)
    assert {case.id for case in few} < {case.id for case in many}
    assert any(choose_cases(cases, 5, seed=seed) != few for seed in range(2, 6))


def test_instructions_and_environments_hold_groups_together(make_case):
    pond, shed = ({"name": name, "tools": []} for name in ("Pond", "Shed"))
    groups = group_cases([
        make_case(id=0, instruction="a", environments=[pond, shed]),
        make_case(id=1, instruction="b", environments=[shed, pond]),
        make_case(id=2, instruction="b", environments=[pond]),
        make_case(id=3, instruction="c", environments=[]),
        make_case(id=4, instruction="d", environments=[{"name": "", "tools": []}]),
        make_case(id=5, instruction="d", environments=[]),
    ])  # fmt: skip
    assert groups[0] == groups[1] == groups[2] == "group 0"
    assert groups[3] == "group 3"
    assert groups[4] == groups[5] == "group 4"


def test_the_published_cases_have_groups_of_bounded_size(benchmarks):
    groups = group_cases(load_cases(benchmarks / "agent_safetybench"))
    sizes = Counter(groups.values())
    assert len(sizes) == 831
    assert max(sizes.values()) == 100
