"""Skeletons: what is left when values are masked."""

from gen.stories.wordings.skeleton import find_skeleton, find_twins


def test_values_numbers_and_addresses_do_not_count():
    assert find_skeleton("Pay {{ who }} 40 euros!") == find_skeleton("pay a@example.com 7 euros")


def test_the_first_two_alike_are_found():
    assert find_twins(["tell me {{ a }}", "say it", "Tell me {{ b }}."]) == (0, 2)
    assert find_twins(["tell me", "say it"]) is None
