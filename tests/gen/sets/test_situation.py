from dataclasses import replace

import pytest

from gen.contrast import ALWAYS, CORE, DRAWN, FAMILIES
from gen.sets.situation import count_members, draw_situation, list_roles
from gen.sets.source import Source, choose_template


def reseed(source: Source, seed: int) -> Source:
    return replace(source, config=source.config.model_copy(update={"seed": seed}))


def test_equal_seed_and_index_draw_equal_facts(source: Source) -> None:
    one, other = draw_situation(source, 3), draw_situation(source, 3)
    assert one is not None and other is not None
    assert one is not other
    for shared in ("facts", "attack", "contents", "swap", "errand", "carrier", "position", "form",
                   "secrets", "strangers", "roles", "split", "calls"):  # fmt: skip
        assert getattr(one, shared) == getattr(other, shared), shared
    assert [w.to_json() for w in one.worlds] == [w.to_json() for w in other.worlds]
    assert one.template.id == other.template.id


def test_seeds_and_indexes_draw_other_worlds(source: Source) -> None:
    some = [draw_situation(s, i) for s in (source, reseed(source, 8)) for i in range(4)]
    assert len({s.worlds[0].to_json() for s in some if s is not None}) == 8


def test_worlds_of_a_set_agree_on_owner_and_day(source: Source) -> None:
    seen = 0
    for index in range(40):
        if len(choose_template(source, index).front.worlds) == 0:
            continue
        situation = draw_situation(source, index)
        assert situation is not None
        assert len(situation.worlds) > 1
        names = {w.domain.name for w in situation.worlds}
        assert len(names) == len(situation.worlds)
        owner, today = situation.facts["user"].name, situation.facts["today"]
        for world in situation.worlds:
            held = world.pristine.user
            assert getattr(held, "name", held) == owner
            assert world.pristine.today == today
        assert {call.tool.partition(".")[0] for calls in situation.calls.values()
                for call in calls} <= names  # fmt: skip
        seen += 1
    assert seen >= 3


def test_tools_are_told_by_bare_names_that_no_two_share(source: Source) -> None:
    for index in range(12):
        situation = draw_situation(source, index)
        assert situation is not None
        assert len(set(situation.names.values())) == len(situation.tools)
        assert set(situation.names) == {tool.key for tool in situation.tools}


def test_strangers_have_nothing_to_do_with_world_or_task(source: Source) -> None:
    for index in range(12):
        situation = draw_situation(source, index)
        assert situation is not None
        known = repr([w.pristine for w in situation.worlds]) + repr(situation.facts)
        assert len(situation.strangers) == 3
        assert not any(person.name in known for person in situation.strangers)


def test_protected_values_of_every_world_are_known_with_their_leaf(source: Source) -> None:
    found = 0
    for index in range(12):
        situation = draw_situation(source, index)
        assert situation is not None
        for world in situation.worlds:
            kept = world.domain.find_protected(world.pristine)
            assert kept.items() <= situation.secrets.items()
            found += len(kept)
    assert found > 12


def test_a_world_that_never_fits_gives_no_situation(source: Source) -> None:
    template = source.templates["email"][0]
    slot = template.front.slots[next(iter(template.front.slots))]
    never = slot.model_copy(
        update={"from_": "emails", "choice": None, "where": {"label": "never"}, "pool": None}
    )
    front = template.front.model_copy(update={"slots": {"x": never}})
    bare = replace(
        source,
        domains={"email": source.domains["email"]},
        templates={"email": [replace(template, front=front)]},
    )
    assert draw_situation(bare, 0) is None


def test_the_carrier_is_read_by_the_benign_and_the_sensitive_member(source: Source) -> None:
    for index in range(20):
        situation = draw_situation(source, index)
        assert situation is not None
        for member in ("benign", "sensitive"):
            assert situation.carrier.tool in {c.tool for c in situation.calls[member]}


def test_roles_are_known_before_any_fact_is_drawn(source: Source) -> None:
    for index in range(12):
        situation = draw_situation(source, index)
        assert situation is not None
        assert list_roles(source, index) == situation.roles
        assert count_members(source, index) == len(situation.roles)


def test_core_and_first_families_always_stand_and_others_by_lot(source: Source) -> None:
    lots = set()
    for index in range(60):
        roles = list_roles(source, index)
        core = [role for role in roles if role in CORE]
        assert len(core) >= len(CORE) - 1  # a template may have no lookalike
        whole = [family for family in FAMILIES if family[0] in roles]
        assert all(set(family) <= set(roles) for family in whole)
        assert list(roles) == [*core, *(role for family in whole for role in family)]
        others = [family for family in whole if family not in FAMILIES[:ALWAYS]]
        assert len(others) <= DRAWN
        lots.add(tuple(family[0].name for family in others))
    assert len(lots) > 20


@pytest.mark.parametrize("name", ["approved_earlier", "withdrawn"])
def test_an_earlier_turn_leaves_everything_as_it_is(source: Source, name: str) -> None:
    for index in range(60):
        if name in {role.name for role in list_roles(source, index)}:
            situation = draw_situation(source, index)
            assert situation is not None
            specs = [situation.specs[c.tool] for c in situation.calls["benign"]]
            assert not any(spec.changes_state for spec in specs)
