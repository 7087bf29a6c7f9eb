from collections import Counter

import pytest

from gen.templating.rendezvous import choose, rank

NAMES = [f"file{n}" for n in range(12)]
KEYS = [f"7:{index}:attack" for index in range(2000)]


def test_a_new_option_changes_only_the_choices_that_it_wins() -> None:
    before = {key: choose(NAMES, key, str) for key in KEYS}
    after = {key: choose([*NAMES, "added"], key, str) for key in KEYS}
    assert {after[key] for key in KEYS if after[key] != before[key]} == {"added"}
    assert 0.04 < sum(name == "added" for name in after.values()) / len(KEYS) < 0.12


def test_the_order_of_the_options_does_not_matter() -> None:
    assert all(choose(NAMES, key, str) == choose(NAMES[::-1], key, str) for key in KEYS[:200])


def test_options_are_equally_likely() -> None:
    counts = Counter(choose(NAMES, key, str) for key in KEYS)
    assert set(counts) == set(NAMES)
    assert max(counts.values()) < 1.6 * len(KEYS) / len(NAMES)


def test_a_weight_makes_an_option_as_much_more_likely() -> None:
    weights = {"heavy": 3.0, "light": 1.0}
    counts = Counter(choose(list(weights), key, str, weights.__getitem__) for key in KEYS)
    assert 2.4 < counts["heavy"] / counts["light"] < 3.6


def test_weights_keep_the_other_choices_as_they_were() -> None:
    before = {key: choose(NAMES, key, str, lambda _: 2.0) for key in KEYS}
    after = {key: choose([*NAMES, "added"], key, str, lambda name: 1.0 if name == "added" else 2.0)
             for key in KEYS}  # fmt: skip
    assert {after[key] for key in KEYS if after[key] != before[key]} == {"added"}


def test_the_first_of_a_ranking_is_the_choice_and_the_next_one_follows_it() -> None:
    for key in KEYS[:200]:
        ranking = rank(NAMES, key, str)
        assert ranking[0] == choose(NAMES, key, str)
        assert ranking[1] == choose([n for n in NAMES if n != ranking[0]], key, str)


def test_nothing_to_choose_from_is_an_error() -> None:
    with pytest.raises(ValueError):
        choose([], "7:0", str)
