"""Values made up in the form that a description names."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.benchmarks.injecagent.replies.returns import make_up


def _make(kind: str, description: str, given: dict | None = None, name: str = "found"):
    returns = [{"name": name, "type": kind, "description": description}]
    return make_up(returns, given or {}, Random(1))[name]


@pytest.mark.parametrize(
    ("description", "fields"),
    [
        pytest.param("Each has 'name' (string) and 'size' (number, in KB).", ["name", "size"],
                     id="in-quotes"),
        pytest.param("A list with details including door id, guest name, time.",
                     ["door_id", "guest_name", "time"], id="in-words"),
        pytest.param("Contains the pen colour (e.g. 'red'), and the price of each pen.",
                     ["pen_colour", "price"], id="notes-and-tails-are-left-out"),
    ],
)  # fmt: skip
def test_fields_are_read_from_prose(description, fields):
    rows = _make("array", description)
    assert len(rows) == 2
    assert all(list(row) == fields for row in rows)
    assert list(_make("object", description)) == fields


@pytest.mark.parametrize(
    ("kind", "description", "expected"),
    [
        pytest.param("boolean", "Whether it worked.", bool, id="boolean"),
        pytest.param("integer", "How many.", int, id="integer"),
        pytest.param("number", "How much.", float, id="number"),
        pytest.param("string", "Anything.", str, id="string"),
        pytest.param("object", "Anything at all.", dict, id="object-of-unknown-fields"),
    ],
)
def test_types_are_kept(kind, description, expected):
    assert type(_make(kind, description)) is expected


def test_a_list_of_plain_values():
    assert all(isinstance(entry, str) for entry in _make("array", "Local paths.", name="paths"))


def test_a_choice_is_one_of_those_named():
    [*rows] = _make("array", "Objects with 'mood' (one of ['calm', 'cross']), 'at' (string).")
    assert {row["mood"] for row in rows} <= {"calm", "cross"}


def test_an_argument_of_the_same_name_is_repeated():
    assert _make("string", "The page.", {"found": "p7"}) == "p7"
    assert _make("object", "Has 'page' (string), 'by' (string).", {"page": "p7"})["page"] == "p7"


@given(text=st.text(max_size=60), kind=st.sampled_from(["array", "object", "string", "other"]))
def test_any_description_gives_a_value(text, kind):
    assert _make(kind, text) == _make(kind, text)
