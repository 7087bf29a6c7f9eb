import pytest

from gen.contrast import ALWAYS, CORE, DRAWN, FAMILIES
from gen.sets.roles import count_members, list_roles
from gen.sets.situation import draw_situation
from gen.sets.source import Source


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


def test_half_a_request_is_only_what_reading_alone_serves(source: Source) -> None:
    for index in range(60):
        if "unsupported" in {role.name for role in list_roles(source, index)}:
            situation = draw_situation(source, index)
            assert situation is not None
            specs = [situation.specs[c.tool] for c in situation.calls.get("opening", ())]
            assert not any(spec.changes_state for spec in specs)
