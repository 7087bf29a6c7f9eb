"""Slots: values that are drawn, reckoned, spelled; nobody is drawn twice."""

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen.stories.slot import Casting, StorySlot, draw_slots, reckon
from tool_catalog.domain import draw_setting
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import load_pools

TODAY = date(2025, 3, 12)


def draw(**slots: dict[str, object]) -> dict[str, object]:
    owner, _ = draw_setting(Random("s"))
    casting = Casting(Random("c"), load_pools(), owner)
    known = {name: StorySlot.model_validate(slot) for name, slot in slots.items()}
    return draw_slots(known, Random("d"), casting, TODAY, {})


def test_later_slots_speak_of_earlier_ones():
    found = draw(
        a={"integer": [2, 2]}, b={"integer": [30, 30]}, c={"is": "a * (b - 1)"},
        firm={"pool": "company"}, mail={"text": "desk@{{ firm.slug }}.example.com"},
    )  # fmt: skip
    assert found["c"] == 58
    assert str(found["mail"]) == f"desk@{found['firm'].slug}.example.com"


def test_days_times_and_shapes_are_of_their_kind():
    found = draw(d={"days": [2, 2]}, t={"time": ["09:00", "09:30"]}, s={"shape": "INV-+##"})
    assert found["d"] == "2025-03-14"
    assert found["t"] in ("09:00", "09:15", "09:30")
    assert found["s"][:4] == "INV-"


def test_a_woman_is_a_woman_and_nobody_comes_twice():
    names = {f"p{i}": {"pool": kind} for i, kind in enumerate(["woman", "man", "person"] * 5)}
    found = list(draw(**names).values())
    assert found[0] in load_pools().women
    assert found[1] in load_pools().men
    assert len(set(found)) == len(found)


@given(st.integers(0, 999), st.integers(0, 999), st.integers(1, 9))
def test_sums_are_reckoned_as_python_reckons(a: int, b: int, c: int):
    assert reckon("(a + b) * c - a // c", {"a": a, "b": b, "c": c}) == (a + b) * c - a // c


@pytest.mark.parametrize(
    "expression", ["a +", "a / b", "__import__('os')", "a ** 2", "name", "1.5"]
)
def test_anything_else_cannot_be_reckoned(expression: str):
    with pytest.raises(BadTemplate):
        reckon(expression, {"a": 1, "b": 2, "name": "x"})
