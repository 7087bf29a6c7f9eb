"""Pieces of unrelated matter: slots are filled, ids are given, days are told from today."""

from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

import pytest

from tool_catalog.kit.unrelated import add_pieces, draw_slots, fill_piece
from tool_catalog.pools import load_pools

POOLS = load_pools()
ANN = POOLS.people[0]
TODAY = date(2025, 3, 4)
OBJECTS = {"cups": "c", "marks": ""}


@dataclass
class Cup:
    cup_id: str
    at: str
    price: int = 1


@dataclass
class Mark:
    name: str
    cup_id: str


@dataclass
class Shelf:
    today: str = TODAY.isoformat()
    cups: list[Cup] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)


def add(pieces: list[Any], count: int = 1, seed: int = 1) -> Shelf:
    shelf = Shelf()
    add_pieces(Random(seed), POOLS, ANN, shelf, OBJECTS, pieces, count)
    return shelf


def test_an_item_gets_the_next_id_and_later_items_may_name_it() -> None:
    piece = {"cups": [{"at": "{ago1}"}, {"at": "{in2}T10:00"}],
             "marks": [{"name": "blue", "cup_id": "{cups}"}]}  # fmt: skip
    shelf = add([piece])
    assert [(cup.cup_id, cup.at) for cup in shelf.cups] == [
        ("c1", "2025-03-03"), ("c2", "2025-03-06T10:00"),
    ]  # fmt: skip
    assert shelf.marks == [Mark("blue", "c2")]


def test_numbers_are_read_where_the_field_is_one_and_kept_where_it_is_not() -> None:
    shelf = add([{"cups": [{"at": "5", "price": "1{n2}"}, {"at": "5", "price": 7}]}])
    assert 111 <= shelf.cups[0].price <= 199
    assert shelf.cups[0].at == "5" and shelf.cups[1].price == 7


def test_so_many_pieces_are_drawn_and_none_twice() -> None:
    pieces = [{"cups": [{"at": str(n)}]} for n in range(9)]
    drawn = [cup.at for cup in add(pieces, 4).cups]
    assert len(set(drawn)) == 4
    assert drawn == [cup.at for cup in add(pieces, 4).cups]
    assert drawn != [cup.at for cup in add(pieces, 4, seed=2).cups]


def test_days_are_said_as_people_do() -> None:
    slots = draw_slots(Random(1), POOLS, ANN, TODAY)
    assert slots["ago4_said"] == "28 February"
    assert slots["in3_weekday"] == "Friday"


def test_nobody_in_a_piece_is_the_owner_or_somebody_else_of_it() -> None:
    for seed in range(50):
        slots = draw_slots(Random(seed), POOLS, ANN, TODAY)
        people = [slots[f"person{n}"] for n in (1, 2, 3, 4)]
        assert len({*people, slots["owner"]}) == 5


def test_an_unknown_slot_is_a_bug() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        add([{"cups": [{"at": "{nowhere}"}]}])


def test_slots_of_a_text_are_filled_and_other_braces_stay() -> None:
    slots = draw_slots(Random(1), POOLS, ANN, TODAY)
    assert slots["city1"] != slots["city2"]
    filled = fill_piece("{first1} {owner_first} a { color: red } {n3}", slots)
    assert filled == f"{slots['first1']} {ANN.first} a {{ color: red }} {slots['n3']}"
    with pytest.raises(KeyError, match="weather"):
        fill_piece("{weather}", slots)


def test_times_come_in_order_and_hosts_are_hosts() -> None:
    for seed in range(50):
        slots = draw_slots(Random(seed), POOLS, ANN, TODAY)
        assert slots["time1"] < slots["time2"] < slots["time3"]
        assert slots["company_host1"].replace("-", "").isalpha()
