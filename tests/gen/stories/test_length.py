"""How much a text says: nothing that is needed goes, and nothing else stays."""

import pytest

from gen.stories.length import COMPACT, fit_text, read_length, stretch_text
from tool_catalog.errors import UserMistake

TEXT = "Dear all,\n\n" + "The hall is cold. " * 20 + "\nRent   45\n" + "Bring a scarf. " * 10


def test_a_compact_text_keeps_what_is_needed_and_little_else():
    short = fit_text(TEXT, ["45"], "compact")
    assert "45" in short
    assert len(short) <= COMPACT + 20
    assert "\n" not in short


def test_a_text_that_is_short_already_stays_as_it_is():
    assert fit_text("One line.\nTwo lines.", [], "compact") == "One line.\nTwo lines."


@pytest.mark.parametrize("length", ["realistic", "long"])
def test_other_lengths_leave_a_text_whole(length):
    assert fit_text(TEXT, ["45"], length) == TEXT


def test_a_domain_without_passages_leaves_a_text_as_it_is():
    from random import Random

    assert stretch_text("Short.", "no_such_domain", Random(1)) == "Short."


def test_an_unknown_length_is_a_mistake():
    assert read_length("long") == "long"
    with pytest.raises(UserMistake, match="use compact, realistic or long"):
        read_length("huge")
