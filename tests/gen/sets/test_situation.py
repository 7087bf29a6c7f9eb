from dataclasses import replace

from gen.sets.situation import draw_situation
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
