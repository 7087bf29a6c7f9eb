"""What domains share: each check has something that passes and something that does not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from tool_catalog.errors import ToolError
from tool_catalog.kit.drawing import draw_people, draw_shape, draw_sites
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.people import make_contacts, make_user, show_owner
from tool_catalog.kit.searching import has_words, read_query
from tool_catalog.kit.values import (
    check_address,
    check_amount,
    check_date,
    check_filled,
    check_iban,
    check_time,
)
from tool_catalog.pools import load_pools

POOLS = load_pools()
ANN = POOLS.people[0]


@dataclass
class Counting:
    user: Any = "Ann Ash"
    counters: dict[str, int] = field(default_factory=dict)


def test_ids_are_numbered_in_turn_by_letter() -> None:
    state = Counting(counters={"m": 6})
    assert [new_id(state, letter) for letter in "mma"] == ["m7", "m8", "a1"]


def test_an_item_is_found_or_the_ids_are_named() -> None:
    items = make_contacts(Random(1), POOLS.people[1:3], ["friend", "boss"])
    assert find_item(items, "contact_id", "c2") is items[1]
    with pytest.raises(ToolError, match="no contact 'c9'; ids: c1, c2"):
        find_item(items, "contact_id", "c9")
    with pytest.raises(ToolError, match="no friend 'c9'; ids: none"):
        find_item([], "contact_id", "c9", "friend")


def test_a_search_wants_every_word_that_means_something() -> None:
    wanted = read_query("The ROOF of may", frozenset({"the", "of"}), "a topic")
    assert wanted == ["roof", "may"]
    assert has_words(wanted, "Roof repair.", "in May")
    assert not has_words(wanted, "Roofs in May")
    assert read_query("  ", frozenset(), "a topic") == []
    with pytest.raises(ToolError, match="query 'of the' has no word to look for; name a topic"):
        read_query("of the", frozenset({"the", "of"}), "a topic")


@pytest.mark.parametrize(
    ("check", "good", "bad", "told"),
    [
        (check_address, "a.b@example.com", "a.b", "write it like name@example.com"),
        (check_time, "09:30", "24:00", "write it like 09:30"),
        (check_iban, "GB00TEST123456", "GB00 TEST", "letters and digits only"),
        (check_amount, 1, 0, "whole euros above 0"),
        (lambda v: check_date(v, "2025-01-31"), "2025-02-28", "2025-02-30", "like 2025-01-31"),
        (lambda v: check_filled("name", v, "a name"), "x", " ", "name is empty; give a name"),
    ],
)
def test_a_value_is_taken_or_it_is_said_how_it_is_written(
    check: Callable[[Any], None], good: Any, bad: Any, told: str
) -> None:
    check(good)
    with pytest.raises(ToolError, match=told):
        check(bad)


def test_who_gives_a_contacts_name_is_told_the_address() -> None:
    [contact] = make_contacts(Random(1), POOLS.people[1:2], ["friend"])
    with pytest.raises(ToolError, match=f"{contact.name} has {contact.email}"):
        check_address(contact.name.upper(), [contact])


def test_an_object_is_its_owners_or_the_users() -> None:
    assert show_owner(Counting(), "") == "Ann Ash"
    assert show_owner(Counting(make_user(ANN)), "") == ANN.name
    assert show_owner(Counting(), "Bo Birch") == "Bo Birch"


def test_the_owner_is_none_of_the_other_people() -> None:
    drawn = draw_people(Random(1), POOLS, ANN, len(POOLS.people) - 1)
    assert ANN not in drawn
    assert len(set(drawn)) == len(POOLS.people) - 1


def test_shapes_are_filled_with_digits_and_letters() -> None:
    drawn = draw_shape(Random(1), "A-+##@")
    assert drawn[:2] == "A-" and drawn[2] in "123456789"
    assert drawn[3:5].isdigit() and drawn[5].isupper()


def test_no_place_occurs_twice_in_a_world() -> None:
    sites = draw_sites(Random(1), POOLS, 50)
    assert len({site.city for site in sites}) == len({site.street for site in sites}) == 50
