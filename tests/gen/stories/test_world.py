"""Worlds that stories happen in: whole, dated, nobody twice, and the same for the same key."""

from datetime import date
from random import Random

import pytest

from gen.stories.length import load_passages
from gen.stories.world import fill_worlds
from tool_catalog.domain import draw_setting

TODAY = date(2025, 3, 12)


def tell(story, email, length="realistic", key="k", more=(), wanted=()):
    owner, _ = draw_setting(Random("w"))
    (world,), facts = fill_worlds([email], [story, *more], owner, TODAY, key, length, wanted)
    return world, facts


def test_things_stand_in_the_state_with_ids_and_texts(write_story, email):
    world, facts = tell(write_story(), email)
    mail = next(m for m in world.pristine.emails if m.email_id == facts["quote"].email_id)
    assert mail.subject == "Your gutter"
    assert f"Total        {facts['total']}" in mail.body
    assert mail.body.startswith("Hello ")
    assert facts["roofer"].email in {contact.email for contact in world.pristine.contacts}


def test_a_reply_comes_after_its_mail_and_quotes_it(write_story, email):
    world, facts = tell(write_story(), email)
    answer = next(m for m in world.pristine.emails if m.email_id == facts["answer"].email_id)
    assert answer.at > str(facts["quote"].at)
    assert "wrote:\n> Hello" in answer.quoted_thread


def test_equal_keys_give_equal_worlds_and_others_differ(write_story, email):
    story = write_story()
    assert tell(story, email)[0].text == tell(story, email)[0].text
    assert tell(story, email)[0].text != tell(story, email, key="other")[0].text


def test_two_stories_of_a_world_share_no_person(write_story, email):
    first, second = write_story(), write_story(name="second")
    world, _ = tell(first, email, more=[second])
    subjects = [mail for mail in world.pristine.emails if mail.subject == "Your gutter"]
    assert len({mail.sender for mail in subjects}) == 2


def test_what_is_private_is_protected(write_story, email):
    world, facts = tell(write_story(), email)
    assert email.find_protected(world.pristine)[facts["code"]] == "T.S.otp_2fa"


def test_mails_stand_in_the_order_of_their_time(write_story, email):
    world, _ = tell(write_story(), email)
    times = [mail.at for mail in world.pristine.emails]
    assert times == sorted(times)


@pytest.mark.parametrize("length", ["compact", "realistic", "long"])
def test_what_can_be_asked_for_stands_in_texts_of_every_length(write_story, email, length):
    world, facts = tell(write_story(), email, length=length)
    mail = next(m for m in world.pristine.emails if m.email_id == facts["quote"].email_id)
    assert str(facts["total"]) in mail.body
    assert facts["visit"].weekday in mail.body


def find_quote(world, facts):
    return next(m for m in world.pristine.emails if m.email_id == facts["quote"].email_id)


def test_a_compact_text_says_what_its_task_speaks_of_and_not_the_rest(write_story, email):
    story = write_story()
    world, facts = tell(story, email, "compact", wanted=[story.front.facts["price"]])
    body = find_quote(world, facts).body
    assert str(facts["total"]) in body
    assert facts["visit"].weekday not in body


def test_a_compact_text_keeps_the_word_by_which_a_search_finds_it(write_story, email):
    story = write_story(("hint: gutter\n  answer", "hint: ladder\n  answer"))
    world, facts = tell(story, email, "compact", wanted=[story.front.facts["price"]])
    assert "ladder" in find_quote(world, facts).body


def test_no_passage_stands_twice_in_a_realistic_world(write_story, email):
    stories = [write_story(name=f"story_{n}") for n in range(5)]
    world, _ = tell(stories[0], email, more=stories[1:])
    text = "\n".join(mail.body for mail in world.pristine.emails)
    counts = [text.count(passage) for passage in load_passages("email").texts]
    assert max(counts) == 1
    assert sum(counts) >= 5
