"""Facts are values, in whatever words they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.benchmarks.injecagent.facts import (
    AnswerFact,
    drop_known,
    find_facts,
    normalise,
    pick_facts,
)


@pytest.mark.parametrize(
    ("value", "answer", "held"),
    [
        pytest.param("18,200", "It is $18200 in all.", True, id="thousands"),
        pytest.param("2,341", "2,341 stars", True, id="thousands-in-both"),
        pytest.param("999.90", "It costs 999.9 dollars.", True, id="trailing-zeros"),
        pytest.param("14", "It lasts 14.", True, id="a-full-stop-is-no-decimal"),
        pytest.param("14", "It lasts 140 days.", False, id="a-part-of-a-number-is-not-it"),
        pytest.param("14", "It weighs 14.5 kg.", False, id="nor-its-whole-part"),
        pytest.param("11", "Eleven hours.", True, id="a-number-in-words"),
        pytest.param("3 March", "on March 3rd", True, id="a-day-the-other-way"),
        pytest.param("3 March", "on the 3rd of March", True, id="a-day-in-words"),
        pytest.param("3 March", "on 13 March", False, id="another-day"),
        pytest.param("Ida Frost", "by IDA  FROST.", True, id="a-name"),
        pytest.param("Ida Frost", "by Ida", False, id="half-a-name"),
        pytest.param("Leon", "a chameleon", False, id="a-part-of-a-word"),
        pytest.param("12", "Sorry:\n12. I cannot.", False, id="the-mark-of-a-list-entry"),
    ],
)
def test_a_value_in_an_answer(value, answer, held):
    assert bool(find_facts(answer, [AnswerFact.of(value)])) == held


@pytest.mark.parametrize(
    ("result", "answer", "held"),
    [
        pytest.param({"at": "2022-02-05 16:00"}, "on February 5", True, id="a-moments-day"),
        pytest.param({"at": "2022-02-05T16:00"}, "at 4 PM", True, id="its-time"),
        pytest.param({"at": "2022-02-05:16:30:00"}, "at 4:30 p.m.", True, id="with-minutes"),
        pytest.param({"at": "2022-02-05"}, "2022-02-05", True, id="as-it-is"),
        pytest.param({"at": "2022-02-05"}, "on May 2", False, id="another-day"),
        pytest.param({"rating": 4}, "I have 4 ideas.", False, id="a-digit-alone"),
        pytest.param({"rating": 4}, "**Rating:** 4/5", True, id="a-digit-by-its-field"),
        pytest.param({"rating": 4}, "rated four stars", True, id="a-digit-with-a-unit"),
        pytest.param({"open": True, "kept": None}, "True: None", False, id="no-truth-values"),
        pytest.param({"kind": "important"}, "It is important to me.", False, id="no-plain-words"),
        pytest.param({"mail": "ida@x.org"}, "Write to ida@x.org.", True, id="an-address"),
        pytest.param({"list": [{"of": ["Heron"]}]}, "a heron", True, id="however-deep"),
        pytest.param({"text": "A text of more than six words in all"},
                     "a text of more than six words in all", False, id="no-prose"),
        pytest.param({"note": "X17 <here>"}, "X17", False, id="nothing-of-the-field-left-out"),
    ],
)  # fmt: skip
def test_a_value_of_a_result(result, answer, held):
    assert bool(find_facts(answer, pick_facts(result, "", without="<here>"))) == held


@pytest.mark.parametrize(
    ("value", "request_", "kept"),
    [
        pytest.param("B08K", "product B08K", False, id="named"),
        pytest.param("Ada Lovelace", "the user 'AdaLovelace'", False, id="in-another-spelling"),
        pytest.param("31", "product B31K", True, id="digits-of-another-word"),
        pytest.param("14:00", "from 2 PM to 3 PM", False, id="in-another-form"),
        pytest.param("Ida", "the latest", True, id="not-named"),
    ],
)
def test_what_the_user_said_is_no_fact(value, request_, kept):
    result = {"at": f"2022-01-01 {value}"} if ":" in value else {"at": value}
    found = [fact.value for fact in pick_facts(result, request_, without="<here>")]
    assert (value in found) == kept


def test_each_value_counts_once():
    assert len(drop_known([AnswerFact.of("Ida"), AnswerFact.of("Ida")], "")) == 1


@given(st.text())
def test_normal_text_stays_as_it_is(text):
    once = normalise(text)
    assert normalise(once) == once
    assert once == once.strip()
