"""Telling: an answer takes up the question's noun where a wording of the story allows it."""

from random import Random

import pytest

from gen.stories.story import AskedFact
from gen.stories.telling import speaks_as_user, tell_fact

ASKS = ["a", "b", "c", "d"]


def make_fact(noun: str, *tell: str) -> AskedFact:
    """A fact whose value is 60 m."""
    told = [*tell, "They fly at {{ value }}.", "The plan has {{ value }}.", "{{ value }}, it says."]
    return AskedFact(of="log", value="60 m", noun=noun, ask=ASKS, question=ASKS, tell=told)


def list_told(fact: AskedFact) -> set[str]:
    """All that may be said of it."""
    return {tell_fact(fact, {}, Random(seed)) for seed in range(200)}


def test_the_noun_takes_the_place_of_it() -> None:
    told = list_told(make_fact("the flying height", "It's {{ value }} above."))
    assert "It's 60 m above." in told
    assert "The flying height is 60 m." not in told
    told = list_told(make_fact("the flying height", "It was {{ value }}."))
    assert "The flying height was 60 m." in told
    assert all("60 m" in text for text in told)


@pytest.mark.parametrize("noun", ["how high they fly", "the bags with mould", "the cups a day"])
def test_a_noun_that_would_not_agree_stays_out(noun: str) -> None:
    assert not any(noun[4:] in text for text in list_told(make_fact(noun, "It is {{ value }}.")))


def test_words_that_are_the_users_own_are_known() -> None:
    assert speaks_as_user("our stars") and speaks_as_user("the rent cut we ask for")
    assert not speaks_as_user("the number of runs")
