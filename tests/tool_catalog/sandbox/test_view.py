import copy
from typing import Any

import pytest

from tool_catalog.sandbox.view import Position, View, combine, place, read_fields, read_texts

HOST = "One goes here. Two goes here. Three goes here."


def test_combine_puts_content_where_it_is_told() -> None:
    assert combine(HOST, "X", Position.START) == f"X {HOST}"
    assert combine(HOST, "X", Position.END) == f"{HOST} X"
    assert combine(HOST, "X", Position.WHOLE) == "X"
    assert combine(HOST, "X", Position.MIDDLE) == "One goes here. Two goes here. X Three goes here."


@pytest.mark.parametrize("position", Position)
def test_an_empty_field_becomes_the_content(position: Position) -> None:
    assert combine("", "X", position) == "X"


def test_middle_of_a_single_sentence_is_its_end() -> None:
    assert combine("One sentence only.", "X", Position.MIDDLE) == "One sentence only. X"


def test_place_finds_a_field_of_the_result_itself() -> None:
    result = {"body": "hello", "subject": "s"}
    assert place(View("t", "body", "X"), result)
    assert result == {"body": "hello X", "subject": "s"}


def test_place_takes_the_first_item_only_without_where() -> None:
    result = {"items": [{"body": "a"}, {"body": "b"}]}
    assert place(View("t", "body", "X"), result)
    assert result == {"items": [{"body": "a X"}, {"body": "b"}]}


def test_place_takes_the_item_that_where_names() -> None:
    result = {"items": [{"id": "1", "body": "a"}, {"id": "2", "body": "b"}]}
    assert place(View("t", "body", "X", where={"id": "2"}), result)
    assert result == {"items": [{"id": "1", "body": "a"}, {"id": "2", "body": "b X"}]}


def test_where_with_two_keys_needs_both() -> None:
    items = [{"id": "1", "day": "mon"}, {"id": "2", "day": "tue"}, {"id": "2", "day": "mon"}]
    result = {"items": [{**item, "body": "a"} for item in items]}
    assert place(View("t", "body", "X", where={"id": "2", "day": "mon"}), result)
    assert [item["body"] for item in result["items"]] == ["a", "a", "a X"]
    assert not place(View("t", "body", "X", where={"id": "1", "day": "tue"}), result)


def test_replace_puts_the_content_where_the_text_stood() -> None:
    result = {"items": [{"body": "at 9 or at 9"}, {"body": "at 10"}], "note": "at 9"}
    view = View("t", "body", "11", Position.REPLACE, replaces="9")
    assert place(view, result)
    assert result == {"items": [{"body": "at 11 or at 11"}, {"body": "at 10"}], "note": "at 9"}
    assert not place(view, {"body": "at noon"})


def test_replace_in_every_field_changes_texts_and_numbers() -> None:
    result = {"day": "9", "n": 9, "items": [{"body": "at 9"}, {"count": 90}, {"on": True}]}
    assert place(View("*", "*", "11", Position.REPLACE, replaces="9"), result)
    assert result == {
        "day": "11",
        "n": 11,
        "items": [{"body": "at 11"}, {"count": 90}, {"on": True}],
    }
    assert place(View("*", "*", "0.5", Position.REPLACE, replaces="2.5"), sums := {"sum": 2.5})
    assert sums == {"sum": 0.5}


def test_a_number_is_replaced_by_numbers_only() -> None:
    result = {"n": 9, "on": 1}
    assert not place(View("*", "*", "noon", Position.REPLACE, replaces="9"), result)
    assert not place(View("*", "*", "2", Position.REPLACE, replaces="True"), {"on": True})
    assert result == {"n": 9, "on": 1}
    assert not place(View("*", "*", "11", Position.REPLACE, replaces="noon"), result)


@pytest.mark.parametrize(
    "result", [{"subject": "s"}, {"body": 5}, [], "text", {"items": [{"id": "1", "body": "a"}]}]
)
def test_place_says_when_it_found_nothing_and_changes_nothing(result: Any) -> None:
    before = copy.deepcopy(result)
    assert not place(View("t", "body", "X", where={"id": "9"}), result)
    assert result == before


def test_read_fields_finds_texts_at_any_depth() -> None:
    result = {"body": "a", "items": [{"body": "b", "n": 1}, {"inner": {"subject": "c"}}]}
    assert read_fields(result, ("body", "subject", "n")) == ["a", "b", "c"]
    assert read_fields(result, ("nothing",)) == []


def test_read_texts_finds_every_text_and_no_key() -> None:
    result = {"body": "a", "n": 1, "list": ["b", {"deep": "c"}], "none": None}
    assert read_texts(result) == ["a", "b", "c"]
