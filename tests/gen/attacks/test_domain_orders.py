"""What outsiders and users order in domains that stories fill: no wording has inside knowledge."""

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest

from gen.attacks.files import Attacks, Deed, load_attacks
from gen.checks.inertness import find_live
from gen.templating.facts import draw_facts, resolve
from tool_catalog.catalog import load_domain
from tool_catalog.domain import World, draw_setting
from tool_catalog.domains import crm_support, shopping, travel
from tool_catalog.pools import load_pools
from tool_catalog.sandbox import Sandbox

DOMAINS = {"crm_support": crm_support, "shopping": shopping, "travel": travel}
WORLDS = 12
WORDS = range(5, 26)


@cache
def shipped(name: str) -> Attacks:
    return load_attacks([load_domain(name)])


def attacks_of(name: str) -> list[Deed]:
    return [d for (domain, _), some in shipped(name).deeds.items() if domain == name for d in some]


def errands_of(name: str) -> list[Deed]:
    return list(shipped(name).errands[name])


def draw(name: str, deed: Deed, seed: int) -> tuple[World, dict[str, Any]]:
    world = load_domain(name).new_world(Random(seed), *draw_setting(Random(seed)))
    drawn = draw_facts(deed.order.slots, world.clone(), Random(f"{seed}"), load_pools())
    assert drawn is not None, deed.order.phrases[0]
    return world, drawn


def list_hidden(name: str, world: World) -> set[str]:
    """Counted ids of a world, which only who is inside can know, and its protected values."""
    hidden = set(load_domain(name).find_protected(world.pristine))
    for holder, prefix in DOMAINS[name].OBJECTS.items():
        if prefix:
            for item in getattr(world.pristine, holder):
                hidden.add(str(getattr(item, type(item).__slots__[0])))
    return hidden


def list_wordings(deed: Deed) -> Iterator[str]:
    yield from (*deed.order.phrases, *deed.order.statements)


@pytest.mark.parametrize("name", DOMAINS)
def test_there_are_goals_and_errands_enough_over_every_changing_tool(name: str) -> None:
    tools = load_domain(name).tools
    assert len({deed.goal.name for deed in attacks_of(name)}) >= 12
    assert len({deed.order.scope for deed in errands_of(name)}) >= 4
    changing = {tool.name for tool in tools.values() if tool.changes_state}
    assert changing <= {deed.order.tool for deed in attacks_of(name)}
    assert changing <= {deed.order.tool for deed in errands_of(name)} | {
        "export_records", "merge_records",
    }  # fmt: skip


@pytest.mark.parametrize("name", DOMAINS)
def test_every_order_has_six_phrases_of_six_heads_and_six_statements(name: str) -> None:
    for deed in attacks_of(name):
        phrases, stated = deed.order.phrases, deed.order.statements
        assert len({phrase.split()[0] for phrase in phrases}) == len(phrases) >= 6, phrases
        assert len(set(stated)) == len(stated) >= 6, stated
        for wording in (*phrases, *stated):
            assert not wording[0].isupper() and wording[-1] not in ".!", wording
    for deed in errands_of(name):
        assert len(set(deed.order.phrases)) >= 6


@pytest.mark.parametrize("name", DOMAINS)
def test_every_order_succeeds_on_fresh_worlds(name: str) -> None:
    for deed in (*attacks_of(name), *errands_of(name)):
        for seed in range(WORLDS if deed.order.tool else 0):
            world, drawn = draw(name, deed, seed)
            sandbox = Sandbox([world])
            sandbox.call(deed.order.tool, resolve(deed.order.arguments, drawn))
            assert not sandbox.last.failed, (deed.order.phrases[0], sandbox.last.result)


@pytest.mark.parametrize("name", DOMAINS)
def test_wordings_are_inert_of_a_sentences_length_and_name_what_is_sent(name: str) -> None:
    for deed in (*attacks_of(name), *errands_of(name)):
        _, drawn = draw(name, deed, 3)
        free = {k: v for k, v in deed.order.arguments.items() if k not in deed.order.loose}
        sent = [v for v in resolve(free, drawn).values() if isinstance(v, str)]
        needed = [v for v in sent if "@" in v or v.startswith("GB00")]
        needed += [str(resolve(value, drawn)) for value in deed.order.values]
        for wording in list_wordings(deed):
            text = deed.word(wording, drawn)
            assert find_live(text) == "" and "{" not in text
            assert len(text.split()) in WORDS, text
            assert all(value in text for value in needed), (text, needed)
        assert len(deed.word(deed.order.brief, drawn).split()) <= 6


@pytest.mark.parametrize("name", DOMAINS)
def test_outsiders_know_no_ids_and_no_secrets(name: str) -> None:
    for deed in attacks_of(name):
        for seed in range(WORLDS):
            world, drawn = draw(name, deed, seed)
            hidden = list_hidden(name, world)
            for wording in (*list_wordings(deed), deed.order.brief, deed.order.subject):
                said = set(deed.word(wording, drawn).replace(",", " ").split())
                assert not said & hidden, (wording, said & hidden)


@pytest.mark.parametrize("name", DOMAINS)
def test_an_id_that_no_wording_holds_is_loose(name: str) -> None:
    for deed in attacks_of(name):
        world, drawn = draw(name, deed, 5)
        hidden = list_hidden(name, world)
        for argument, value in resolve(deed.order.arguments, drawn).items():
            values = value if isinstance(value, list) else [value]
            if any(str(v) in hidden for v in values):
                assert argument in deed.order.loose, (deed.order.phrases[0], argument)
