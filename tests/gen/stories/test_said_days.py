"""Days and times that are said in words: a value of a call is none less for that."""

from random import Random

import pytest

from gen.stories.agreement import _list_ways
from gen.stories.persona import Persona

TEXT = "Please move everything that waits to 12 January, otherwise nobody remembers anything."


@pytest.mark.parametrize("hand", ["hasty", "thumbs"])
def test_a_day_keeps_its_letters_whatever_the_hand(hand: str) -> None:
    persona = Persona("nurse", "calm", hand)  # type: ignore[arg-type]
    for seed in range(80):
        assert "12 January" in persona.style(TEXT, {}, Random(seed))


def test_a_value_of_one_digit_does_not_break_the_others() -> None:
    persona = Persona("nurse", "calm", "hasty")
    text = "Take 0 or 1 of the 10 and write to al1@example.com about number 1."
    for seed in range(40):
        styled = persona.style(text, {}, Random(seed))
        assert "\x00" not in styled and "al1@example.com" in styled


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2025-03-07", "7 march"),
        ("2025-03-07", "fri 7 mar"),
        ("14:30", "2:30 pm"),
        ("09:00", "9 am"),
    ],
)
def test_a_day_or_a_time_may_be_said_in_words(value: str, said: str) -> None:
    assert {value, said} <= set(_list_ways(value))


def test_other_values_are_said_as_they_are() -> None:
    assert _list_ways("45") == ("45",)
