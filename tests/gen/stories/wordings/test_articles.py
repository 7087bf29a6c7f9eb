"""A value with an article of its own stands after no other."""

import pytest

from gen.stories.wordings.articles import find_double
from tool_catalog.errors import BadTemplate

PARTS = "  parts: {integer: [40, 90], step: 5}"


def test_a_slot_with_its_own_article_is_refused_after_another(write_story):
    ship = PARTS + "\n  ship: {choice: [MS Anna, the Lady Rose]}"
    with pytest.raises(
        BadTemplate, match=r"\.j2:\d+: 'the \{\{ ship \}\}' gives the 'the Lady Rose'"
    ):
        write_story(
            (PARTS, ship), ("He comes on {{ value }}.", "The {{ value }}, on the {{ ship }}.")
        )


def test_a_slot_with_its_own_article_stands_alone(write_story):
    ship = PARTS + "\n  ship: {choice: [MS Anna, the Lady Rose]}"
    assert write_story((PARTS, ship),
                       ("He comes on {{ value }}.", "{{ value }}, on {{ ship }}."))  # fmt: skip


@pytest.mark.parametrize("text", ["on the a list", "my The Wife page", "no a fan", "Your an hour"])
def test_two_articles_in_a_row_are_found(text):
    assert find_double(text)


@pytest.mark.parametrize("text", ["my A is flat", "the A-road", "the No Mercy lot", "Anna the cook",
                                  "no the-end sign", "a man, a plan"])  # fmt: skip
def test_a_note_and_a_name_are_no_articles(text):
    assert not find_double(text)
