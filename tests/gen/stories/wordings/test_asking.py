"""A question that begins with a preposition stands only where it can."""

import re
from random import Random

import pytest

from gen.stories.binding import bind
from gen.stories.persona import Persona
from gen.stories.request import load_turns
from gen.stories.wordings.asking import is_fronted, list_suiting
from gen.stories.world import fill_worlds
from tool_catalog.domain import draw_setting
from tool_catalog.errors import BadTemplate

ASKS = ["on what day he comes", "the day of his visit"]


@pytest.mark.parametrize("frame", ["I'm after {{ ask }}.", "{{ ask }}?", "Tell me: {{ ask }}.", ""])
def test_where_a_thing_is_wanted_no_preposition_begins(frame):
    assert list_suiting(ASKS, frame) == ASKS[1:]


@pytest.mark.parametrize("frame", ["Tell me {{ ask }}.", "I'd need to know {{ ask }}."])
def test_where_something_is_told_any_question_goes_on(frame):
    assert list_suiting(ASKS, frame) == ASKS


def test_a_word_that_only_begins_like_one_is_no_preposition():
    assert is_fronted("In which boat she rows")
    assert not is_fronted("information on the boat")


def test_every_opening_fits_what_it_asks_for(write_story, write_task, email):
    old = "what he wants, how much the gutter comes to, the sum on it, what I owe him in the end"
    new = "for what sum he comes, at what price, until what sum he goes, the sum on it"
    story = write_story((old, new))
    owner, today = draw_setting(Random("b"))
    _, facts = fill_worlds([email], [story], owner, today, "k", "realistic")
    for number in range(200):
        bound = bind(write_task(), story, {"email": email}, None,
                     Persona("nurse", "calm", "careful"), f"k{number % 5}")  # fmt: skip
        text = bound.body.words.open(facts, Random(number))
        assert not re.search(
            r"(?:after|is|see if you can find this:|idea\.) (?:for|at|until) what", text
        )
    assert any("{{ ask }}" in text for text in load_turns()["openings"])


def test_a_fact_needs_a_wording_for_every_opening(write_story):
    old = "what he wants, how much the gutter comes to, the sum on it, what I owe him in the end"
    new = "for what sum he comes, at what price, until what sum he goes, by how much it is more"
    with pytest.raises(BadTemplate, match=r"\.j2:\d+: each begins with a preposition"):
        write_story((old, new))
