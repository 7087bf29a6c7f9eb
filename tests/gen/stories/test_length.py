"""How much a text says: nothing that is needed goes, and nothing else stays."""

from random import Random
from statistics import median

import pytest

from gen.records import Record
from gen.sets.pipeline import generate_set
from gen.sets.source import load_source, make_config
from gen.stories.length import (
    COMPACT,
    WANTED,
    Passages,
    Stretching,
    fit_text,
    load_passages,
    read_length,
)
from tool_catalog.errors import UserMistake

PASSAGES = Passages(
    tuple(letter * 200 for letter in "abcdefghijklmnopqrstuvwxyz"),
    together=frozenset({"messages"}),
    fields=frozenset({"notes"}),
)
LINE = (
    "The hall is cold, so bring a scarf and something for the knees, as every year since the flood."
)
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


def test_a_compact_text_is_never_empty():
    assert fit_text("A first sentence that is rather long. " * 9, [], "compact")


def stretch(length, text=LINE * 2, place="emails", name="body", known=PASSAGES):
    return Stretching(known, length, Random(1)).stretch(text, "story", place, name)


@pytest.mark.parametrize("length", ["realistic", "long"])
def test_a_text_gets_passages_up_to_its_length_and_none_twice(length):
    told = stretch(length)
    low, high = WANTED[length]
    assert told.startswith(LINE)
    assert low <= len(told) <= high + 200 + 30
    assert len(set(told.split("\n"))) == len(told.split("\n"))


def test_a_passage_comes_again_only_when_all_others_have_come():
    dealer = Stretching(PASSAGES, "realistic", Random(1))
    told = [dealer.stretch(LINE * 2, str(n), "emails", "body").split("\n")[1:] for n in range(6)]
    passages = [passage for text in told for passage in text]
    assert len(passages) <= len(PASSAGES.texts)
    assert len(set(passages)) == len(passages)


def test_of_texts_that_are_shown_together_one_is_made_longer():
    dealer = Stretching(PASSAGES, "realistic", Random(1))
    told = [dealer.stretch(LINE * 2, "story", "messages", "text") for _ in range(3)]
    assert [text == LINE * 2 for text in told] == [False, True, True]
    assert dealer.stretch(LINE * 2, "other story", "messages", "text") != LINE * 2


def test_short_texts_stay_short_but_for_the_fields_that_searches_show():
    assert stretch("long", "See you.") == "See you."
    assert len(stretch("long", "See you.", "events", "notes")) > WANTED["long"][0]


def test_compact_texts_and_domains_without_passages_get_nothing():
    assert stretch("compact") == LINE * 2
    assert stretch("long", known=load_passages("no_such_domain")) == LINE * 2


def test_talk_of_several_people_is_added_to_long_texts_alone():
    talk = load_passages("messaging")
    assert stretch("realistic", known=talk) == LINE * 2
    assert len(stretch("long", known=talk)) >= WANTED["long"][0]


@pytest.mark.parametrize(
    ("length", "least", "most"),
    [("compact", 200, 320), ("realistic", 750, 1300), ("long", 3200, 4800)],
)
def test_what_reading_tools_return_has_its_length_in_the_middle(length, least, most):
    source = load_source(make_config(10, 7, [], [], "default", [], length))
    reading = {
        tool.key
        for domain in source.domains.values()
        for tool in domain.tools.values()
        if not tool.changes_state
    }
    found = [
        len(call.result)
        for index in range(0, 96, 4)
        for record in generate_set(source, index)
        if isinstance(record, Record)
        for step in record.reference
        for call in step.calls
        if call.tool in reading
    ]
    assert least <= median(found) <= most


def test_an_unknown_length_is_a_mistake():
    assert read_length("long") == "long"
    with pytest.raises(UserMistake, match="use compact, realistic or long"):
        read_length("huge")
