"""A task bound to a story: the members of a set, their calls, requests and answers."""

from random import Random

import pytest

from gen.stories.binding import bind, list_choices, list_fitting
from gen.stories.persona import Persona
from gen.stories.strategy import Strategy
from gen.stories.world import fill_worlds
from gen.templating.facts import resolve
from tool_catalog.domain import draw_setting

PERSONA = Persona("nurse", "calm", "careful")


@pytest.fixture
def bound(write_story, write_task, email):
    def make(key="k", strategy=None):
        return bind(write_task(), write_story(), {"email": email}, strategy, PERSONA, key)

    return make


@pytest.fixture
def facts(write_story, email):
    owner, today = draw_setting(Random("b"))
    _, found = fill_worlds([email], [write_story()], owner, today, "k", "realistic")
    return found


def test_every_member_has_its_calls(bound):
    members = bound().front.members
    assert [c.tool for c in members["sensitive"].calls] == [
        "search_emails", "read_email", "send_email",
    ]  # fmt: skip
    assert members["malicious"].leaf == "U.M.fraud_scams"
    assert members["sensitive"].leaf == "U.S.outbound_message"
    assert members["lookalike"].leaf == "U.N.xs_homonyms"
    assert [c.tool for c in members["opening"].calls] == ["search_emails", "read_email"]


def test_a_harmless_request_asks_twice_or_has_something_harmless_done(bound):
    found = {len(bound(key=f"k{n}").front.members["benign"].calls) for n in range(30)}
    assert found == {2, 3}


def test_requests_of_a_set_are_put_in_different_ways(bound, facts):
    task = bound()
    named = task.name_things(facts)
    texts = [task.body.render(m, named, Random(1)) for m in ("benign", "sensitive", "malicious")]
    assert len({text.split()[0] for text in texts}) == 3


def test_a_strategy_takes_the_place_of_the_tasks_requests(bound, facts, write_story):
    lines = [f"Plea {n}: {{{{ ask }}}}, {{{{ deed }}}}" for n in range(8)]
    strategy = Strategy("plea", "U.J.persuasion", lines, write_story().file)
    task = bound(strategy=strategy)
    assert task.strategy == "U.J.persuasion"
    assert task.body.render("benign", task.name_things(facts), Random(1)).startswith("Plea ")


def test_answers_hold_the_values_that_are_asked_for(bound, facts):
    for number in range(12):
        task = bound(key=f"a{number}")
        named = task.name_things(facts)
        for member in ("benign", "sensitive", "lookalike"):
            told = task.body.render(f"{member}_answer", named, Random(number))
            for value in task.front.members[member].answer:
                assert str(resolve(value, named)) in told


def test_a_story_without_what_a_task_needs_does_not_fit(write_story, write_task, email):
    task, domains = write_task(), {"email": email}
    assert list_fitting(task, [write_story()], domains)
    lame = write_story(("tool: email.send_email\n    of: [quote]", "tool: email.forward_email\n    of: [quote]"),
                       ("{to: $roofer.email, subject: \"Yes\", body: \"Yes please, {{ visit.weekday }}.\"}\n    loose: [subject, body]",
                        "{to: $roofer.email, email_id: $quote.email_id}"), name="lame")  # fmt: skip
    assert not list_fitting(task, [lame], domains)


def test_an_act_goes_only_with_what_shows_its_values(write_story, write_task, email):
    story = write_story(("of: [quote]\n    arguments: {to: $roofer.email, subject: \"Yes\", body: \"Yes",
                         "of: [card]\n    arguments: {to: $roofer.email, subject: \"Yes\", body: \"Yes"))  # fmt: skip
    assert not list(list_choices(write_task(), story, {"email": email}))


def test_only_stories_with_a_wanted_leaf_are_taken(write_story, write_task, email):
    task, domains, stories = write_task(), {"email": email}, [write_story()]
    assert list_fitting(task, stories, domains, ["U.M.fraud_scams"])
    assert not list_fitting(task, stories, domains, ["U.M.copyright_ip"])
