import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gen.attacks.encodings.encoders import ENCODINGS, PLAIN
from gen.attacks.files import Attacks
from gen.config import HoldOut, RunConfig
from gen.contrast import Role
from gen.records import Record
from gen.sets.pipeline import Quarantined, generate_set
from gen.sets.roles import list_roles
from gen.sets.source import (
    Source,
    choose_hold_out,
    choose_split,
    choose_template,
    list_sides,
    load_source,
    make_config,
)
from gen.stories.binding import BoundTask
from tool_catalog.errors import BadPolicy, UnknownName, UserMistake

Sets = dict[int, list[Record | Quarantined]]


def hold(source: Source, **held: tuple[str, ...]) -> RunConfig:
    return source.config.model_copy(update={"hold_out": HoldOut(**held)})


def test_a_held_out_kind_goes_to_its_own_split(source: Source) -> None:
    template = next(t for t in source.templates["email"] if not t.front.worlds)
    for held, split in (
        ({"domains": ("email",)}, "ood_domain"),
        ({"templates": (template.id,)}, "ood_template"),
        ({"techniques": ("T.K.x",)}, "ood_technique"),
        ({"encodings": ("X.E.x",)}, "ood_encoding"),
    ):
        assert choose_split(hold(source, **held), template, "T.K.x", "X.E.x", 0) == split
    every = {"domains": ("email",), "templates": (template.id,), "techniques": ("T.K.x",)}
    assert choose_split(hold(source, **every), template, "T.K.x", "X.E.x", 0) == "ood_domain"


def test_a_set_with_a_held_out_world_beside_its_own_is_held_out_too(source: Source) -> None:
    template = next(
        t for some in source.templates.values() for t in some if "calendar" in t.front.worlds
    )
    config = hold(source, domains=("calendar",))
    assert choose_split(config, template, "T.K.x", PLAIN, 0) == "ood_domain"


def test_the_rest_is_split_by_the_shares(source: Source) -> None:
    template = source.templates["email"][0]
    splits = [choose_split(source.config, template, "T.K.x", PLAIN, n) for n in range(2000)]
    shares = {name: splits.count(name) / 2000 for name in set(splits)}
    assert set(shares) == {"train", "validation", "test"}
    assert abs(shares["test"] - source.config.test_share) < 0.03
    assert abs(shares["validation"] - source.config.validation_share) < 0.03


def test_held_out_kinds_are_the_same_for_every_seed(source: Source) -> None:
    domains = list(source.domains.values())
    held = choose_hold_out(domains, source.config)
    assert held == choose_hold_out(domains, source.config.model_copy(update={"seed": 99}))
    assert held == choose_hold_out(domains[::-1], source.config)
    assert len(held.domains) == 1
    assert len(held.templates) == sum(len(some) >= 6 for some in source.templates.values()) > 3
    assert len(held.techniques) == len(held.encodings) == 2
    assert set(held.encodings) < set(ENCODINGS) - {PLAIN}


def test_a_held_out_domain_is_one_of_those_that_there_are(source: Source) -> None:
    some = [source.domains[name] for name in ("banking", "email", "terminal_files")]
    (held,) = choose_hold_out(some, source.config).domains
    assert held in {domain.name for domain in some}
    assert choose_hold_out(some[:2], source.config).domains == ()


def add_template(source: Source) -> tuple[Source, str]:
    """The source with one more template of e-mail's."""
    old = source.templates["email"][0]
    new = replace(old, id="email.brand_new")
    templates = {**source.templates, "email": [new, *source.templates["email"]]}
    fitting = {**source.fitting, new.id: source.fitting[old.id]}
    return replace(source, templates=templates, fitting=fitting), new.id


def add_stories(source: Source) -> tuple[Source, set[str]]:
    """The source with some more stories for every task of e-mail's that a certain one fits."""
    old = source.fitting["email.answer_mail"][0]
    new = [replace(old, name=f"brand_new_{number}") for number in range(8)]
    fitting = {
        task: [*some, *new] if old in some else some for task, some in source.fitting.items()
    }
    return replace(source, fitting=fitting), {story.id for story in new}


def name_story(source: Source, index: int) -> str:
    bound = choose_template(source, index)
    assert isinstance(bound, BoundTask)
    return bound.story.id


def test_new_stories_take_the_sets_that_they_win_and_no_other(source: Source) -> None:
    grown, new = add_stories(source)
    before = [name_story(source, n) for n in range(1500)]
    after = [name_story(grown, n) for n in range(1500)]
    changed = [n for n in range(1500) if before[n] != after[n]]
    assert 1 <= len(changed) < 150
    assert {after[n] for n in changed} <= new


def test_a_new_template_leaves_the_sets_of_others_as_they_were(
    source: Source, contrast_sets: Sets
) -> None:
    """S10: it takes the sets that it wins, and no other."""
    grown, new = add_template(source)
    before = [choose_template(source, n).id for n in range(1500)]
    after = [choose_template(grown, n).id for n in range(1500)]
    changed = [n for n in range(1500) if before[n] != after[n]]
    assert 1 <= len(changed) < 100
    assert {after[n] for n in changed} == {new}
    assert all(before[n].startswith("email.") for n in changed)
    kept = [n for n in contrast_sets if n not in changed]
    for index in kept[:3]:
        assert list(generate_set(grown, index)) == contrast_sets[index]


def add_contents(source: Source, role: str) -> Source:
    """The source with another copy of every content of a role."""
    new = [
        replace(
            c, name=f"new_{c.name}", source=c.source.model_copy(update={"name": f"new_{c.name}"})
        )
        for c in source.attacks.contents
        if c.front.role == role
    ]
    attacks: Attacks = replace(source.attacks, contents=(*source.attacks.contents, *new))
    return replace(source, attacks=attacks)


def test_a_new_content_changes_the_members_that_may_hold_it_and_no_other(
    source: Source, contrast_sets: Sets
) -> None:
    grown, taken = add_contents(source, "sensitive"), 0
    for index, members in list(contrast_sets.items())[:5]:
        for before, after in zip(members, generate_set(grown, index), strict=True):
            assert isinstance(after, Record) is isinstance(before, Record)
            if isinstance(after, Record):
                named = any(file.name.startswith("new_") for file in after.provenance.files)
                private = after.role in ("protected_value", "sensitive_protected")
                assert named <= private and (private or after == before)
                taken += named
    assert taken


def test_a_held_out_domain_has_fewer_sets_and_others_lose_none(source: Source) -> None:
    def count(config: RunConfig) -> dict[int, str]:
        some = replace(source, config=config)
        return {n: choose_template(some, n).front.domain for n in range(600)}

    free, held = count(source.config), count(hold(source, domains=("calendar",)))
    shares = [list(some.values()).count("calendar") / 600 for some in (free, held)]
    others = len(source.domains) - 1
    assert abs(shares[0] - 1 / (others + 1)) < 0.05
    assert abs(shares[1] - 0.4 / (others + 0.4)) < 0.04
    assert shares[1] < 0.6 * shares[0]
    for index, domain in free.items():
        assert held[index] == domain or domain == "calendar"


def test_other_stories_happen_beside_the_own_but_not_in_compact_worlds(source: Source) -> None:
    index = next(i for i in range(20) if isinstance(choose_template(source, i), BoundTask))
    task = choose_template(source, index)
    assert isinstance(task, BoundTask)
    compact = replace(source, config=source.config.model_copy(update={"length": "compact"}))
    assert list_sides(source, task, index)
    assert task.story not in list_sides(source, task, index)
    assert list_sides(compact, task, index) == []


def test_which_families_a_set_has_does_not_hang_on_its_neighbours(source: Source) -> None:
    def name(roles: tuple[Role, ...]) -> list[str]:
        return [role.name for role in roles]

    grown, new = add_template(source)
    for index in range(60):
        if choose_template(grown, index).id != new:
            assert name(list_roles(grown, index)) == name(list_roles(source, index))


@pytest.mark.parametrize("leaf", ["U.S.data_sharing", "U.M.fraud_scams", "U.N.xs_homonyms"])
def test_every_set_has_a_wanted_leaf(leaf: str) -> None:
    some = load_source(RunConfig(size=1, domains=("email",), leaves=(leaf,)))
    free = load_source(RunConfig(size=1, domains=("email",)))

    def has(source: Source, index: int) -> bool:
        return leaf in {m.leaf for m in choose_template(source, index).front.members.values()}

    assert all(has(some, index) for index in range(60))
    assert not all(has(free, index) for index in range(60))


def test_only_templates_with_a_wanted_leaf_are_loaded() -> None:
    desk = Path(__file__).resolve().parents[3] / "docs" / "appointment_desk"
    leaves = ("U.B.organize_schedule",)
    config = make_config(1, 0, [str(desk / "desk.py")], [desk / "templates"], "default", leaves)
    [template] = load_source(config).templates["desk"]
    assert template.id == "desk.next_visit"


def test_a_leaf_without_template_is_the_users_mistake() -> None:
    config = RunConfig(size=1, domains=("email",), leaves=("U.S.physical_device",))
    with pytest.raises(UserMistake, match=r"no task template with leaf U\.S\.physical_device"):
        load_source(config)


def test_a_users_domain_without_templates_is_told_where_to_put_them(tmp_path: Path) -> None:
    path = tmp_path / "tiny.py"
    path.write_text(
        '"""Tiny."""\n'
        "from dataclasses import dataclass\n"
        "from tool_catalog.spec import ToolClass\n"
        "from tool_catalog.tool import tool\n"
        "@dataclass\nclass Tiny:\n    user: str\n    today: str\n"
        "STATE = Tiny\n"
        "def seed(rng, pools, owner, today):\n"
        "    return Tiny(owner.name, today.isoformat())\n"
        "@tool(ToolClass.READ, 'R')\ndef look(state):\n    '''Look.'''\n    return {}\n",
        encoding="utf-8",
    )
    config = RunConfig(size=1, domains=("tiny",), domain_files=(path,))
    with pytest.raises(UserMistake, match=r"'tiny' has no task template; put some under FOLDER"):
        load_source(config)


def test_an_unknown_policy_or_domain_is_named() -> None:
    with pytest.raises(UnknownName, match="no domain 'emial'"):
        load_source(RunConfig(size=1, domains=("emial",)))
    with pytest.raises((UnknownName, BadPolicy), match="defualt"):
        load_source(RunConfig(size=1, domains=("email",), policy="defualt"))


def test_an_order_that_no_task_offers_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """R6."""
    desk = Path(__file__).resolve().parents[3] / "docs" / "appointment_desk"
    folder = tmp_path / "templates"
    shutil.copytree(desk / "templates", folder)
    task = folder / "tasks" / "desk" / "next_visit.j2"
    text = task.read_text(encoding="utf-8").replace(", send_customer_list]", "]")
    call = "{tool: send_customer_list, arguments: {email: $outsider.email}}"
    other = "{tool: tell_customer, arguments: {customer: $outsider.name, text: Hello.}}"
    task.write_text(text.replace(call, other), encoding="utf-8")
    config = make_config(5, 1, [str(desk / "desk.py")], [folder], "default", ())
    with pytest.raises(UserMistake, match="send_customer_list, which no task of desk offers"):
        load_source(config)
