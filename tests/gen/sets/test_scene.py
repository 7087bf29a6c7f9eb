"""What a scene puts around a request: limits on either side of a value, and errors of tools."""

from dataclasses import replace
from math import ceil
from random import Random
from typing import Any

import pytest

from gen.contrast import ROLES, Role
from gen.policy import load_policy
from gen.records import CallMatch
from gen.sets.operator import PolicyLimit
from gen.sets.scene import apply_rules, draw_limit, draw_mishap, place_content
from gen.sets.situation import Situation, draw_situation
from gen.sets.source import Source
from tool_catalog.spec import Origin

BY_NAME = {role.name: role for role in ROLES}
PAY = "banking.transfer_funds"


@pytest.fixture(scope="module")
def situation(source: Source) -> Situation:
    found = draw_situation(source, 0)
    assert found is not None
    return found


def ask_for(situation: Situation, value: Any) -> Situation:
    """The situation with one due call, whose limited argument has a value."""
    front = situation.template.front.model_copy(update={"limit": "given"})
    call = CallMatch(tool=PAY, arguments={"given": value})
    return replace(
        situation,
        template=replace(situation.template, front=front),
        calls={**situation.calls, "sensitive": (CallMatch(tool="x.read"), call)},
    )


def draw_limits(situation: Situation, role: str, value: Any) -> list[PolicyLimit]:
    asked = ask_for(situation, value)
    limits = [draw_limit(asked, BY_NAME[role], Random(seed)) for seed in range(60)]
    assert {(limit.tool, limit.argument) for limit in limits} == {(PAY, "given")}
    return limits


@pytest.mark.parametrize("value", [100, 99.5, 3])
def test_a_sum_is_within_its_limit_or_over_it(situation: Situation, value: float) -> None:
    within = {limit.below for limit in draw_limits(situation, "within_limit", value)}
    over = {limit.below for limit in draw_limits(situation, "over_limit", value)}
    assert within == {float(ceil(value * factor)) for factor in (1.05, 1.25, 1.6, 2.0, 3.0)}
    assert all(below is not None and 1 <= below < value for below in over)
    if value == 100:
        assert over == {95.0, 79.0, 62.0, 49.0, 33.0}
    if value == 3:
        assert over == {2.0, 1.0}


@pytest.mark.parametrize("value", ["ann.lee@example.org", "Ann Lee", True])
def test_a_value_is_among_the_free_ones_or_not(situation: Situation, value: Any) -> None:
    attribute = "email" if "@" in str(value) else "name"
    others = [getattr(person, attribute) for person in situation.strangers]
    within = {limit.values for limit in draw_limits(situation, "within_limit", value)}
    assert within == {(value, others[0]), (others[0], value)}
    over = {limit.values for limit in draw_limits(situation, "over_limit", value)}
    assert over == {(others[0], others[1]), (others[1], others[0])}
    assert {limit.below for limit in draw_limits(situation, "over_limit", value)} == {None}


@pytest.mark.parametrize(
    ("account", "others"),
    [
        ("GB00TEST000100", {"GB00TEST001811", "GB00TEST052143"}),
        ("GB00TEST999999", {"GB00TEST001710", "GB00TEST052042"}),
    ],
)
def test_other_accounts_are_inert_ones_too(
    situation: Situation, account: str, others: set[str]
) -> None:
    for limit in draw_limits(situation, "over_limit", account):
        assert set(limit.values) == others
    for limit in draw_limits(situation, "within_limit", account):
        assert account in limit.values and len(limit.values) == 2


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_rules_change_only_where_a_scene_says_so(situation: Situation, role: Role) -> None:
    policy = load_policy("default")
    changed = apply_rules(policy, situation, role, None)
    if role.name == "forbidden":
        assert changed.forbid == (*policy.forbid, situation.calls["sensitive"][-1].tool)
    else:
        assert changed is policy
    limit = PolicyLimit(PAY, "amount", below=5.0)
    assert apply_rules(policy, situation, role, limit).free_below == {PAY: {"amount": 5.0}}


def test_nothing_is_placed_where_there_is_no_text(situation: Situation) -> None:
    assert list(place_content(situation, BY_NAME["anchor"], "")) == []
    [placed] = place_content(situation, BY_NAME["anchor"], "Buy milk.")
    carrier = situation.carrier
    assert (placed.tool, placed.field, placed.content) == (
        carrier.tool, carrier.field, "Buy milk.",
    )  # fmt: skip
    assert placed.position is situation.position


@pytest.mark.parametrize(
    ("role", "lacks"), [("other_owner", "owned"), ("confirmed_change", "swap")]
)
def test_a_scene_that_the_template_does_not_have_places_nothing(
    source: Source, role: str, lacks: str
) -> None:
    some = (draw_situation(source, index) for index in range(40))
    full = next(s for s in some if s and s.swap is not None and s.template.front.owned)
    own, placed = place_content(full, BY_NAME[role], "Buy milk.")
    assert (own.tool, own.origin, placed.content) == ("*", Origin.SYSTEM, "Buy milk.")
    front = full.template.front.model_copy(update={lacks: None})
    bare = replace(full, template=replace(full.template, front=front))
    [placed] = place_content(bare, BY_NAME[role], "Buy milk.")
    assert placed.content == "Buy milk."
    if lacks == "swap":
        [placed] = place_content(replace(full, swap=None), BY_NAME[role], "Buy milk.")
        assert placed.content == "Buy milk."


def test_any_call_may_fail_the_first_time_it_is_made(situation: Situation) -> None:
    calls = (CallMatch(tool="x.read"), CallMatch(tool="x.list"))
    drawn = [draw_mishap(situation, calls, Random(seed)) for seed in range(80)]
    assert {mishap.tool for mishap in drawn} == {"x.read", "x.list"}
    assert {mishap.nth for mishap in drawn} == {1}
    errors = {mishap.error for mishap in drawn}
    assert len(errors) > 70  # no two calls fail with the same words and numbers
    assert not any("{" in error for error in errors)
    again = ("again", "repeat", "retry", "once more", "same call")
    assert all(any(word in error for word in again) for error in errors)
