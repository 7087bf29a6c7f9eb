"""A draw is even, repeatable and grows without change; what is shared makes groups."""

from hypothesis import given
from hypothesis import strategies as st

from train.benchmarks.selection import draw_evenly, join_groups

ITEMS = [*(f"a{n}" for n in range(50)), *(f"b{n}" for n in range(3)), *(f"c{n}" for n in range(20))]


def _draw(limit: int, seed: int = 0) -> list[str]:
    return draw_evenly(ITEMS, lambda item: item[0], limit, seed)


def _count(limit: int) -> list[int]:
    kinds = [item[0] for item in _draw(limit)]
    return [kinds.count(kind) for kind in "abc"]


def test_a_limit_is_spread_over_the_kinds():
    assert _count(3) == [1, 1, 1]
    assert _count(11) == [4, 3, 4]
    assert _count(2) == [1, 1, 0]


def test_what_a_small_kind_lacks_the_others_give():
    assert _count(33) == [15, 3, 15]
    assert _count(70) == [47, 3, 20]


def test_no_limit_and_one_beyond_everything_are_all_of_it():
    assert _draw(0) == _draw(999, 5) == ITEMS


@given(limit=st.integers(1, 80), more=st.integers(0, 20), seed=st.integers(0, 3))
def test_a_larger_draw_holds_a_smaller_one_in_the_same_order(limit: int, more: int, seed: int):
    small, large = _draw(limit, seed), _draw(limit + more, seed)
    assert small == [item for item in ITEMS if item in small]
    assert set(small) <= set(large)
    assert len(small) == min(limit, len(ITEMS))


def test_another_seed_is_another_draw():
    assert _draw(9, 0) != _draw(9, 1)


def test_what_two_have_in_common_makes_them_a_group_and_so_does_a_third():
    shared = [("a", ["x"]), ("b", ["y"]), ("c", ["y", "x"]), ("d", []), ("e", ["z"]), ("f", ["z"])]
    assert join_groups(shared) == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "e", "f": "e"}
