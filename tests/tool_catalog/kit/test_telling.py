"""Moments and excerpts."""

from dataclasses import dataclass
from datetime import date
from random import Random

from tool_catalog.kit.excerpts import WORDS, cut_excerpt
from tool_catalog.kit.moments import draw_moments, follow_on, read_day, read_now, sort_by_time

TODAY = date(2025, 3, 4)


@dataclass(slots=True)
class Note:
    at: str


def test_moments_lie_before_today_in_order_and_differ() -> None:
    drawn = draw_moments(Random(1), TODAY, 30)
    assert drawn == sorted(set(drawn)) and len(drawn) == 30
    assert all("2025-02-12" <= moment[:10] < "2025-03-04" for moment in drawn)
    assert {read_day(moment) for moment in drawn} <= {read_day(m[:10]) for m in drawn}


def test_answers_follow_within_the_day() -> None:
    found = follow_on(Random(1), "2025-03-01T23:50", 9)
    assert found[0] == "2025-03-01T23:50"
    assert found == sorted(found)
    assert found[-1] == "2025-03-01T23:59"


def test_now_is_noon_or_later_than_what_was_done_today() -> None:
    assert read_now("2025-03-04") == "2025-03-04T12:00"
    assert read_now("2025-03-04", [Note("2025-03-04T15:30")]) == "2025-03-04T15:30"
    assert read_now("2025-03-04", [Note("2025-03-05T09:00")]) == "2025-03-04T12:00"


def test_sorting_keeps_the_order_of_equal_times() -> None:
    one, two, three = Note("2025-03-04"), Note("2025-03-01"), Note("2025-03-04")
    found = sort_by_time([one, two, three])
    assert found[0] is two and found[1] is one and found[2] is three


def test_an_excerpt_is_the_beginning_or_the_words_around_a_hit() -> None:
    words = [f"w{n}" for n in range(40)]
    text = " ".join(words)
    assert cut_excerpt(text) == " ".join(words[:WORDS]) + " ..."
    middle = cut_excerpt(text, ["w20"])
    assert middle.startswith("... w16") and middle.endswith("w27 ...")
    assert cut_excerpt(text, ["w39"]).endswith("w38 w39")
    assert cut_excerpt("short text", ["zebra"]) == "short text"
    assert cut_excerpt("") == ""
