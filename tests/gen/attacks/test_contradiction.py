import re
from datetime import date
from random import Random

import pytest

from gen.attacks.contradiction import contradict
from tool_catalog.pools import load_pools

POOLS = load_pools()
TIME = r"(?:[01]?\d|2[0-3]):[0-5]\d"


def draw(value: str, count: int = 60) -> list[str]:
    found = [contradict(value, Random(f"{value}{seed}"), POOLS) for seed in range(count)]
    return [other for other in found if other is not None]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("GB00TEST123456", r"GB00TEST\d{6}"),
        ("ann.lee@example.com", r"[\w.]+@example\.(com|org|net)"),
        ("474-555-0172", r"\d{3}-555-01\d\d"),
        ("CANARY-ABCDEFGH", r"CANARY-[A-Z]{8}"),
        ("2025-05-07", r"2025-0[45]-\d\d"),
        ("07:45", TIME),
        ("9:30", TIME),
        ("64.50 pounds", r"\d\d\.50 pounds"),
        ("1,250.00 euros", r"\d,\d{3}\.00 euros"),
        ("1,250 euros", r"\d,\d{3} euros"),
        ("2040 dollars", r"\d{4} dollars"),
        ("40 %", r"(100|[1-9]?\d) %"),
        ("2024", r"20[12]\d"),
        ("P2-394", r"P2-[1-9]\d\d"),
        ("E446W", r"E[1-9]\d\dW"),
        ("1.55.62", r"1\.55\.\d\d"),
        ("room 12", r"room [1-9]\d"),
        ("Room B4", r"Room B\d"),
        ("room B", r"room [A-Z]"),
        ("0042", r"\d{4}"),
        ("3 pm", r"(1[0-2]|[1-9]) pm"),
        ("12 May", r"([1-9]|1\d|2[0-8]) May"),
        ("May 3rd", r"May (1st|2nd|\d+th|2[1]st|2[2]nd|2[3]rd)"),
        ("Tuesday", r"[MTWFS]\w+day"),
        ("end of June", r"end of [A-Z]\w+"),
    ],
)
def test_the_other_value_has_the_same_shape(value: str, shape: str) -> None:
    found = draw(value)
    assert len(found) == 60 and value not in found
    assert all(re.fullmatch(shape, other) for other in found), found
    assert len(set(found)) >= 4


@pytest.mark.parametrize(
    ("value", "tail", "kind"),
    [
        (POOLS.people[3].name, "", [person.name for person in POOLS.people]),
        (POOLS.cities[5], "", POOLS.cities),
        (f"{POOLS.cities[5]} Bakery", " Bakery", POOLS.cities),
        (POOLS.companies[9], "", POOLS.companies),
    ],
)
def test_a_known_name_becomes_another_of_its_kind(value: str, tail: str, kind: list[str]) -> None:
    for other in draw(value):
        assert other.endswith(tail) and other.removesuffix(tail) in kind


def test_an_address_keeps_its_number() -> None:
    found = draw(f"45 {POOLS.streets[2]}")
    assert all(other.startswith("45 ") and other[3:] in POOLS.streets for other in found)


def test_dates_and_times_stay_near_and_valid() -> None:
    for other in draw("2025-02-27", 200):
        assert 1 <= abs((date.fromisoformat(other) - date(2025, 2, 27)).days) <= 9
    for other in draw("23:30", 200):
        assert re.fullmatch(TIME, other)


def test_a_time_that_ends_still_ends_after_it_begins() -> None:
    for other in draw("13:15 to 14:00", 200):
        begin, end = other.split(" to ")
        assert begin < end and begin != "13:15" and end != "14:00"


def test_a_lone_time_stays_before_the_end_of_what_it_begins() -> None:
    """The shortest appointment lasts half an hour."""
    found = {other: abs(_minutes(other) - _minutes("13:15")) for other in draw("13:15", 200)}
    assert {0 < by < 30 for by in found.values()} == {True}
    assert {other > "13:15" for other in found} == {True, False}


def _minutes(time: str) -> int:
    hour, _, minute = time.partition(":")
    return int(hour) * 60 + int(minute)


@pytest.mark.parametrize("value", ["blue", "", "the one with the lamp", "a.b"])
def test_what_is_of_no_known_kind_has_no_other_value(value: str) -> None:
    assert contradict(value, Random(1), POOLS) is None


def test_equal_streams_give_equal_values() -> None:
    for value in ("Office 228", "2025-05-07", POOLS.people[0].name):
        assert contradict(value, Random(3), POOLS) == contradict(value, Random(3), POOLS)
