"""Values hidden behind places come back letter for letter, or the words are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen.sets.words import QUOTE
from gen.writers.masking import BadPlaces, Masked, fill, mask

TEXT = "Pay Ada Stone 205 euros, says Ada Stone, by 2026-03-01."
KEPT = ("Ada", "Ada Stone", "205", "2026-03-01")
MASKED = mask(TEXT, KEPT)


def test_each_value_has_one_place_and_longer_values_come_first():
    assert MASKED.text == "Pay {name 1} {number 2} euros, says {name 1}, by {date 3}."
    assert MASKED.values == ("Ada Stone", "205", "2026-03-01")


def test_what_is_part_of_another_word_is_no_value():
    assert mask("The sprays and the spray.", ("spray",)).text == "The sprays and the {phrase 1}."


@given(
    st.lists(st.sampled_from([*KEPT, "and", "so", "[x]", QUOTE, "e.g."]), max_size=12).map(" ".join)
)
def test_a_text_comes_back_as_it_was(text: str):
    masked = mask(text, (*KEPT, QUOTE))
    assert fill(masked.text, masked) == text


def test_other_words_may_have_the_places_in_any_order():
    words = "By {date 3} {name 1} is due {number 2}, {name 1} says."
    assert fill(words, MASKED) == "By 2026-03-01 Ada Stone is due 205, Ada Stone says."
    assert fill("By {3}, {2} for {1}.", MASKED) == "By 2026-03-01, 205 for Ada Stone."  # said once


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Pay {1} by {3}.", r"left \{2\} out"),
        ("Pay {1} {2} by {3}, or {3}.", r"has \{3\} more often"),
        ("Pay {1} {2} by {3} and {7}.", r"\{7\} stands for nothing"),
        ("Pay Ada Stone {2} by {3}.", r"left \{1\} out"),
    ],
)
def test_places_that_are_not_those_of_the_text_are_refused(words: str, reason: str):
    with pytest.raises(BadPlaces, match=reason):
        fill(words, MASKED)


def test_a_text_with_braces_of_its_own_is_left_as_it_is():
    assert mask("Print {1} for Ada.", ("Ada",)) == Masked("Print {1} for Ada.", ())
    assert (
        fill("Ada wants {1} printed.", Masked("Print {1} for Ada.", ())) == "Ada wants {1} printed."
    )


def test_words_of_a_note_are_hidden_at_the_start_of_a_sentence_too():
    assert mask("Malicious: leave it.", ("malicious",), any_case=True).text == "{name 1}: leave it."


def test_a_place_tells_what_kind_of_value_stands_in_it():
    values = (
        "a@b.example", "https://x.test/y", "2026-03-01", "09:30", "1,205", "notes/may.txt",
        "TR473", "Ada Stone", QUOTE, "a broken lamp",
    )  # fmt: skip
    kinds = [mask(f"See {value} there.", (value,)).text.split()[1][1:] for value in values]
    assert kinds == [
        "mail", "link", "date", "time", "number", "file", "code", "name", "quotation", "phrase",
    ]  # fmt: skip
