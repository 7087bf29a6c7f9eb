"""A draw is even, repeatable and grows without change."""

from hypothesis import given
from hypothesis import strategies as st

from train.benchmarks.bfcl.cases import Category
from train.benchmarks.bfcl.sample import draw_cases

CASES = {
    Category.SIMPLE_PYTHON: range(50),
    Category.PARALLEL: range(100, 103),
    Category.IRRELEVANCE: range(200, 220),
}


def _count(limit: int, seed: int = 0) -> list[int]:
    return [len(drawn) for drawn in draw_cases(CASES, limit, seed).values()]


def test_a_limit_is_spread_over_the_categories():
    assert _count(3) == [1, 1, 1]
    assert _count(11) == [4, 3, 4]
    assert _count(2) == [1, 1, 0]


def test_what_a_small_category_lacks_the_others_give():
    assert _count(33) == [15, 3, 15]
    assert _count(70) == [47, 3, 20]


def test_no_limit_and_one_beyond_everything_are_all_of_it():
    everything = {category: list(cases) for category, cases in CASES.items()}
    assert draw_cases(CASES, 0, 0) == draw_cases(CASES, 999, 5) == everything


@given(limit=st.integers(1, 80), more=st.integers(0, 20), seed=st.integers(0, 3))
def test_a_larger_draw_holds_a_smaller_one_in_the_same_order(limit, more, seed):
    small, large = draw_cases(CASES, limit, seed), draw_cases(CASES, limit + more, seed)
    for category, drawn in small.items():
        assert drawn == sorted(drawn)
        assert set(drawn) <= set(large[category])
    assert sum(map(len, small.values())) == min(limit, 73)


def test_another_seed_is_another_draw():
    assert draw_cases(CASES, 9, 0) != draw_cases(CASES, 9, 1)
