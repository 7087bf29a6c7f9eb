"""The one bootstrap: seeded, by group, and the same whoever asks."""

from random import Random

import pytest

from gen.checks.bootstrap import Interval, compare_means, estimate_mean


def _rows(groups: int, size: int, seed: int = 0) -> list[tuple[str, float | None]]:
    dice = Random(seed)
    return [(f"g{n % groups}", float(dice.random() < 0.5)) for n in range(groups * size)]


def test_the_interval_holds_the_mean_and_narrows_with_groups():
    few, many = estimate_mean(_rows(10, 4)), estimate_mean(_rows(1000, 4))
    for found in (few, many):
        assert found.low <= found.value <= found.high
    assert many.high - many.low < (few.high - few.low) / 4


def test_what_does_not_count_is_in_no_mean():
    found = estimate_mean([("a", 1.0), ("a", None), ("b", 0.0), ("c", None)])
    assert (found.value, found.count) == (0.5, 2)
    assert estimate_mean([("a", None), ("b", None)]) == Interval(None)
    assert estimate_mean([]) == Interval(None)


def test_one_group_has_a_value_and_no_interval():
    assert estimate_mean([("a", 1.0), ("a", 0.0)]) == Interval(0.5, count=2)


def test_the_order_of_the_rows_changes_nothing_and_the_seed_does():
    rows = _rows(40, 3)
    assert estimate_mean(rows) == estimate_mean(rows[::-1])
    assert estimate_mean(rows, seed=1) == estimate_mean(rows, seed=1) != estimate_mean(rows)


def test_a_difference_is_of_the_cases_that_both_have():
    first = {"a": ("g", 1.0), "b": ("h", 0.0), "c": ("i", 1.0)}
    second = {"a": ("g", 1.0), "b": ("h", 1.0), "d": ("i", 0.0)}
    found = compare_means(first, second)
    assert (found.value, found.count) == (0.5, 2)


@pytest.mark.parametrize(
    ("found", "clear"),
    [
        (Interval(0.2, 0.1, 0.3), True),
        (Interval(-0.2, -0.3, -0.1), True),
        (Interval(0.1, 0.0, 0.3), False),
        (Interval(0.1, -0.1, 0.3), False),
        (Interval(0.1), False),
    ],
)
def test_a_difference_is_clear_when_its_interval_leaves_nothing_out(found: Interval, clear: bool):
    assert found.clear is clear
