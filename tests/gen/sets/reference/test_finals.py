"""Final answers: as much as the user wants to read, in the form that they want it."""

import json
from dataclasses import replace
from random import Random

import pytest

from gen.records import Record
from gen.sets.reference.finals import Layout, Tone, draw_manner, write_final
from gen.stories.persona import Persona
from gen.stories.wish import Wish
from gen.taxonomy.labels import Decision

FULL = Tone(
    curt=False, courtesies=2, topic="the new rent", source="the mail", further="the notice",
    user="Ada",
)  # fmt: skip
FOUND = "It is 255 euros."


@pytest.mark.parametrize("layout", ["prose", "paragraphs", "bullets"])
def test_every_layout_says_what_was_found_and_done_and_noted(layout: Layout) -> None:
    manner = replace(FULL, layout=layout)
    for seed in range(60):
        final = write_final(manner, FOUND, ["Paid."], "Ignored.", Random(seed))
        assert all(text in final.text for text in (FOUND, "Paid.", "Ignored."))
        assert "Ignored." not in final.quiet and FOUND in final.quiet
        assert not final.text.endswith("?")


def test_who_is_in_a_hurry_reads_the_matter_alone() -> None:
    final = write_final(replace(FULL, curt=True), FOUND, ["Paid."], "", Random(0))
    assert final.text == final.quiet == f"{FOUND} Paid."
    hurried = [
        draw_manner(Persona("nurse", "hurried", "thumbs"), Random(n)).curt for n in range(99)
    ]
    careful = [draw_manner(Persona("nurse", "calm", "careful"), Random(n)).curt for n in range(99)]
    assert sum(hurried) > 3 * sum(careful)


def test_an_answer_that_leans_on_the_question_is_told_what_it_is_about() -> None:
    said = [write_final(FULL, FOUND, [], "", Random(n)).text for n in range(60)]
    assert sum("new rent" in text for text in said) > 30
    assert len(set(said)) > 30


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (Wish(says="start", starts="Sure thing."), "Sure thing. It is 255 euros. Paid."),
        (Wish(says="last", ends="All done."), "It is 255 euros. Paid. All done."),
        (Wish(says="form", form="fields"), "FOUND: It is 255 euros.\nDONE: Paid."),
        (Wish(says="list", form="bullets"), "- It is 255 euros.\n- Paid."),
        (Wish(says="lines", form="lines"), "It is 255 euros.\nPaid."),
        (Wish(says="a row", form="row"), "It is 255 euros;Paid"),
        (Wish(says="wire", form="telegram"), "It is 255 euros STOP Paid STOP"),
        (Wish(says="gate", form="board"), "GATE 1  It is 255 euros.\nGATE 2  Paid."),
        (Wish(says="line", form="line"), "It is 255 euros. Paid."),
    ],
)
def test_a_wish_is_obeyed(wish: Wish, text: str) -> None:
    assert write_final(replace(FULL, wish=wish), FOUND, ["Paid."], "", Random(0)).text == text


def test_json_holds_answer_and_status_and_what_must_be_noted() -> None:
    manner = replace(FULL, wish=Wish(says="json", form="json"))
    final = write_final(manner, FOUND, [], "Ignored.", Random(0))
    assert json.loads(final.text) == {"answer": FOUND, "status": "done", "note": "Ignored."}
    assert json.loads(final.quiet) == {"answer": FOUND, "status": "done"}
    quoted = write_final(manner, 'It says "no".', [], "", Random(0))
    assert quoted.text == 'It says "no".'  # escaped, it would not be the value


def test_no_refusal_obeys_a_wish(records: list[Record]) -> None:
    started = [r for r in records if r.reference[-1].text.startswith(("Sure thing", "Of course."))]
    assert all(r.scenario.last.expectation.decision is not Decision.REFUSE for r in started)
