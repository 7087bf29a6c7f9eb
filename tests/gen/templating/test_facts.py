from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from gen.templating.facts import Slot, draw_facts, find_references, follow, resolve
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import load_pools


@dataclass
class Mail:
    id: str
    label: str = "inbox"
    secret: str = ""


@dataclass
class Box:
    today: str = "2025-01-30"
    user: str = "Ann Ash"
    mails: list[Mail] = field(default_factory=list)
    rules: dict[str, Mail] = field(default_factory=dict)


def slot(**data: Any) -> Slot:
    return Slot.model_validate(data)


def draw(slots: dict[str, Slot], state: Any = None, seed: int = 0) -> dict[str, Any] | None:
    box = Box(mails=[Mail("m1"), Mail("m2", "work"), Mail("m3", secret="s")])
    return draw_facts(slots, state or box, Random(seed), load_pools())


def drawn(**data: Any) -> set[Any]:
    found = set()
    for seed in range(60):
        facts = draw({"x": slot(**data)}, seed=seed)
        assert facts is not None
        found.add(facts["x"] if not isinstance(facts["x"], Mail) else facts["x"].id)
    return found


def test_items_of_the_world_are_filtered() -> None:
    assert drawn(**{"from": "mails"}) == {"m1", "m2", "m3"}
    assert drawn(**{"from": "mails", "where": {"label": "work"}}) == {"m2"}
    assert drawn(**{"from": "mails", "where": {"secret": "*"}}) == {"m3"}
    assert drawn(**{"from": "mails", "where": {"secret": "", "label": "inbox"}}) == {"m1"}


def test_a_filter_may_name_what_was_drawn_before() -> None:
    """T13."""
    later = slot(**{"from": "mails", "where": {"label": "$x.label", "secret": "*"}})
    facts = draw({"x": slot(**{"from": "mails", "where": {"id": "m1"}}), "y": later})
    assert facts is not None and facts["y"].id == "m3"
    facts = {"x": slot(**{"from": "mails", "where": {"id": "m2"}}), "y": later}
    assert draw(facts) is None


def test_a_world_without_a_fitting_item_gives_no_facts() -> None:
    assert draw({"x": slot(**{"from": "mails", "where": {"label": "none"}})}) is None


def test_items_of_a_dict_are_its_values() -> None:
    facts = draw({"x": slot(**{"from": "rules"})}, Box(rules={"r1": Mail("m9")}))
    assert facts is not None
    assert facts["x"].id == "m9"


def test_except_never_draws_the_same_item_again() -> None:
    slots = {"a": slot(**{"from": "mails"}), "b": slot(**{"from": "mails", "except": ["a"]})}
    for seed in range(40):
        facts = draw(slots, seed=seed)
        assert facts is not None
        assert facts["a"].id != facts["b"].id


def test_other_sources() -> None:
    assert drawn(choice=["p", "q"]) == {"p", "q"}
    assert drawn(integer=[10, 20], step=5) == {10, 15, 20}
    assert drawn(days=[1, 3]) == {"2025-01-31", "2025-02-01", "2025-02-02"}
    assert drawn(field="user") == {"Ann Ash"}
    assert drawn(pool="city") <= set(load_pools().cities)
    assert drawn(pool="person") <= set(load_pools().people)


@pytest.mark.parametrize(
    "data", [{}, {"choice": [1], "pool": "city"}, {"pool": "mars"}, {"ful": 1}]
)
def test_a_slot_names_exactly_one_source(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Slot.model_validate(data)


def test_given_facts_stay() -> None:
    facts = draw_facts({"x": slot(choice=[1])}, Box(), Random(0), load_pools(), {"user": "u"})
    assert facts == {"user": "u", "x": 1}


def test_resolve_keeps_types_and_structure() -> None:
    facts = {"mail": Mail("m1"), "n": 5, "d": {"k": "v"}}
    assert resolve("$n", facts) == 5
    assert resolve("$mail.id", facts) == "m1"
    assert resolve("$d.k", facts) == "v"
    assert resolve("Re: {{ mail.id }} ({{ n }})", facts) == "Re: m1 (5)"
    assert resolve({"a": ["$n", "x", True], "b": {"c": "$mail.id"}}, facts) == {
        "a": [5, "x", True],
        "b": {"c": "m1"},
    }
    assert resolve("costs 5 $", facts) == "costs 5 $"


def test_a_wrong_path_says_what_there_is() -> None:
    with pytest.raises(BadTemplate, match=r"\$mail\.topic: no 'topic'; there are id, label"):
        follow("mail.topic", {"mail": Mail("m1")})
    with pytest.raises(BadTemplate, match=r"\$nail: no 'nail'; there are mail"):
        follow("nail", {"mail": 1})


def test_references_are_found_at_any_depth() -> None:
    value = {"a": ["$mail.id", "plain"], "b": "to {{ who.name }}", "c": {"d": "$n"}, "e": 5}
    assert find_references(value) == {"mail", "who", "n"}
    assert find_references("plain") == set()


@pytest.mark.parametrize("path", ["mail.__class__", "mail._hidden", "__builtins__"])
def test_nothing_of_pythons_own_is_reached(path: str):
    with pytest.raises(BadTemplate, match="no '_"):
        follow(path, {"mail": SimpleNamespace(_hidden=1), "__builtins__": {}})
