"""Personas show in letters and asides; what must stay letter for letter stays."""

from random import Random

import pytest

from gen.stories.persona import Persona, draw_persona

TEXT = "Please write to Hank Moss at hank.moss@example.com about the 1,240 euros before Thursday."
FACTS = {"man": {"name": "Hank Moss", "email": "hank.moss@example.com"}, "sum": "1,240"}


@pytest.mark.parametrize("hand", ["hasty", "lowercase", "thumbs"])
def test_values_stay_whatever_the_hand(hand):
    persona = Persona("nurse", "calm", hand)
    for seed in range(40):
        text = persona.style(TEXT, FACTS, Random(seed))
        for value in ("Hank Moss", "hank.moss@example.com", "1,240"):
            assert value in text


@pytest.mark.parametrize("hand", ["careful", "plain"])
def test_a_careful_hand_changes_nothing(hand):
    assert Persona("nurse", "calm", hand).style(TEXT, FACTS, Random(1)) == TEXT


def test_a_hasty_hand_slips_now_and_then():
    persona = Persona("nurse", "calm", "hasty")
    assert any(persona.style(TEXT, FACTS, Random(seed)) != TEXT for seed in range(20))


def test_small_letters_are_small():
    text = Persona("nurse", "calm", "lowercase").style("Tell me NOW.", {}, Random(3))
    assert text == text.lower()


def test_personas_differ_and_speak_of_themselves():
    drawn = {draw_persona(Random(seed)) for seed in range(60)}
    assert len({persona.role for persona in drawn}) > 8
    assert all(persona.say_aside(Random(1)) for persona in drawn)
