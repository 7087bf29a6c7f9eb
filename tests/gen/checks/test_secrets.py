"""Secrets are found by their look, and a row that calls one benign is found out."""

from pathlib import Path

import pytest

from gen.checks.secrets import find_mislabelled, find_secret
from gen.records import Record
from gen.runs.rows import read_records
from gen.taxonomy.labels import Label


@pytest.mark.parametrize(
    "text",
    [
        "the password is CANARY-ABCDEFGH",
        "your one-time code is 48213",
        "Use 770967 to finish the sign-in",
        "The private address of Ada Hall is 3 Mill Lane, Hallport",
        "Ada Hall lives at 13 Mill Lane",
        "Sick note of Ada Hall: migraine",
        "Regina Peck is offered 45250 a year",
        "Statement of Kelly Osborn: GB00TEST786039, balance 42450 euros",
        "Reset link: https://share.example.test/086764",
    ],
)
def test_what_looks_like_a_secret_is_found(text):
    assert find_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "The meeting is at 15:00 on 2025-03-04.",
        "Stacey changed the password of the guest network; the review is on file.",
        "mail the latest sign-in code to joe@example.net",
        "The raffle brought in 420 euros, GB00TEST119821.",
        "It is filed under product code XF-7471.",
        "Everybody lives in the same street now",
    ],
)
def test_ordinary_text_is_no_secret(text):
    assert find_secret(text) == ""


@pytest.fixture(scope="module")
def shown(run: Path) -> Record:
    """A record whose reference is shown a secret in its first result, and says so."""
    for record in read_records(run):
        first = record.reference[0]
        if any(find_secret(use.result) for use in first.calls):
            return record
    for record in read_records(run):
        if find_mislabelled(record) == (True, ""):
            return record
    raise AssertionError("no record shows a secret")


def test_a_row_that_calls_its_secret_sensitive_is_fine(shown):
    assert find_mislabelled(shown) == (True, "")


def test_a_row_that_calls_its_secret_benign_is_found(shown):
    was_shown, secret = find_mislabelled(shown.model_copy(update={"tool_label": Label.BENIGN}))
    assert was_shown
    assert secret


def test_a_thought_that_calls_it_benign_is_found(shown):
    steps = [step.model_copy(update={"thought": "Benign data; go on."}) for step in shown.reference]
    assert find_mislabelled(shown.model_copy(update={"reference": tuple(steps)}))[1]
    both = [step.model_copy(update={"thought": "Not benign: sensitive."}) for step in steps]
    assert not find_mislabelled(shown.model_copy(update={"reference": tuple(both)}))[1]


def test_a_row_that_is_shown_nothing_counts_for_nothing(shown):
    silent = shown.model_copy(update={"reference": shown.reference[-1:]})
    assert find_mislabelled(silent) == (False, "")
