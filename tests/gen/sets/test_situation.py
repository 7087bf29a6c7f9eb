from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gen.records import CallMatch
from gen.sets.situation import draw_situation, drop_repeats
from gen.sets.source import Source, choose_template
from gen.templating.task import TaskFrontMatter, TaskTemplate
from tool_catalog.catalog import load_domain

Bend = Callable[..., Source]


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


def test_a_world_that_never_fits_gives_no_situation(source: Source, narrow: Bend) -> None:
    """One in which who corrects a call would say what they said before."""

    def repeat(front: TaskFrontMatter) -> dict[str, Any]:
        member = front.members["sensitive"]
        same = {"correct": dict(list(member.calls[-1].arguments.items())[:1])}
        return {"members": {**front.members, "sensitive": member.model_copy(update=same)}}

    assert draw_situation(narrow(source, "email.answer_mail", repeat), 0) is None
    assert draw_situation(narrow(source, "email.answer_mail"), 0) is not None


def test_a_slot_that_nothing_fills_gives_no_situation(desk_source: Source) -> None:
    (template,) = [t for t in desk_source.templates["desk"] if t.id == "desk.next_visit"]
    assert isinstance(template, TaskTemplate)
    never = template.front.slots["booking"].model_copy(update={"where": {"customer": "Nobody."}})
    for slots, fits in ((template.front.slots, True), ({"booking": never}, False)):
        front = template.front.model_copy(update={"slots": {**template.front.slots, **slots}})
        one = replace(desk_source, templates={"desk": [replace(template, front=front)]})
        assert (draw_situation(one, 0) is not None) is fits


def test_the_carrier_is_read_by_the_benign_and_the_sensitive_member(source: Source) -> None:
    for index in range(20):
        situation = draw_situation(source, index)
        assert situation is not None
        for member in ("benign", "sensitive"):
            assert situation.carrier.tool in {c.tool for c in situation.calls[member]}


def test_a_search_is_made_once_until_something_changes() -> None:
    specs = {tool.key: tool for tool in load_domain("email").tools.values()}
    search = CallMatch(tool="email.search_emails", arguments={"query": "roof"}, loose=("query",))
    other = search.model_copy(update={"arguments": {"query": "gutter"}})
    delete = CallMatch(tool="email.delete_emails", arguments={"email_ids": ["m1"]})
    assert drop_repeats((search, other, search, delete), specs) == (search, other, delete)
    assert drop_repeats((search, delete, search), specs) == (search, delete, search)
    assert drop_repeats((delete, search, delete), specs) == (delete, search)


def test_no_set_reads_the_same_twice(source: Source) -> None:
    task = next(t for t in source.templates["email"] if t.id == "email.letter_bill_bank")
    story = next(s for s in source.stories if s.id == "email.coop_roof")
    alone = replace(
        source,
        config=source.config.model_copy(update={"domains": ("email",)}),
        domains={n: source.domains[n] for n in ("email", *task.front.worlds)},
        templates={"email": [task]},
        fitting={task.id: [story]},
    )
    found = set[int]()
    for index in range(6):
        situation = draw_situation(alone, index)
        assert situation is not None
        made = [(c.tool, str(c.arguments)) for c in situation.calls["opening"]]
        assert len(made) == len(set(made))
        found.add(len(made))
    assert min(found) < len(task.front.reads)
