"""What a read has shown is told to whoever asked for it."""

from random import Random

import pytest

from gen.stories.binding import bind
from gen.stories.persona import Persona
from gen.stories.telling import list_shown, tell_shown
from gen.stories.world import fill_worlds
from tool_catalog.domain import draw_setting
from tool_catalog.errors import BadTemplate

LOOK = (
    "  draft:\n    tool: email.create_draft\n    of: [quote]\n"
    '    arguments: {to: $roofer.email, subject: "Yes", body: "Perhaps."}\n'
    "    loose: [subject, body]",
    "  draft:\n    tool: email.search_emails\n    leaf: U.B.info_lookup\n    SHOWS\n"
    "    arguments: {query: gutter}",
)


@pytest.fixture
def looking(write_story):
    def make(shows="shows: [results.subject]"):
        old, new = LOOK
        return write_story((old, new.replace("SHOWS", shows)),
                           ("There is a draft.", "I looked."),
                           ("A draft to {{ call.to }} waits.", "Looked up."),
                           ("I left one for {{ call.to }}.", "That was it."), name="look")  # fmt: skip

    return make


def test_a_read_that_is_asked_for_must_say_what_it_shows(looking):
    with pytest.raises(BadTemplate, match="name under `shows`"):
        looking("of: [quote]")


def test_an_act_that_changes_something_shows_nothing(write_story):
    with pytest.raises(BadTemplate, match="is no read"):
        write_story(("tool: email.create_draft", "tool: email.create_draft\n    shows: [to]"))


def test_a_look_asked_for_beside_the_fact_is_told_in_the_answer(looking, write_task, email):
    story = looking()
    owner, today = draw_setting(Random("b"))
    worlds, facts = fill_worlds([email], [story], owner, today, "k", "realistic")
    act = story.front.acts["draft"]
    shown = list_shown(act, {"query": "gutter"}, worlds)
    assert "Your gutter" in shown
    task = write_task(("send_email, create_draft", "send_email, create_draft"))
    found = 0
    for number in range(12):
        bound = bind(task, story, {"email": email}, None, Persona("nurse", "calm", "careful"),
                     f"k{number}")  # fmt: skip
        if bound.parts.chore is None:
            continue
        named = bound.name_things(facts, worlds)
        told = bound.body.render("benign_answer", named, Random(number))
        assert all(value in told for value in shown)
        assert bound.front.members["benign"].answer[-1] == "$shown"
        found += 1
    assert found


def test_what_ends_a_sentence_is_not_ended_twice():
    assert next(tell_shown(("Rent", "Who are you?"), Random(0))).endswith("Rent; and Who are you?")
    assert next(tell_shown(("Rent",), Random(0))).endswith("Rent.")
    assert not list(tell_shown((), Random(0)))
