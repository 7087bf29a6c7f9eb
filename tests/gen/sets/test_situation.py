from dataclasses import replace
from pathlib import Path

import pytest

from gen.attacks.attack import Attack
from gen.config import HoldOut, RunConfig
from gen.sets.situation import (
    Source,
    choose_hold_out,
    choose_split,
    draw_situation,
    load_source,
)
from tool_catalog.errors import BadPolicy, UnknownName, UserMistake


def draw_attack(source: Source, index: int = 0) -> Attack:
    situation = draw_situation(source, index)
    assert situation is not None
    return situation.attack


def hold(source: Source, **held: tuple[str, ...]) -> RunConfig:
    return source.config.model_copy(update={"hold_out": HoldOut(**held)})


def test_equal_seed_and_index_draw_equal_facts(source: Source) -> None:
    one, other = draw_situation(source, 3), draw_situation(source, 3)
    assert one is not None and other is not None
    assert one is not other
    assert one.world_json == other.world_json
    assert one.attack == other.attack
    assert one.contents == other.contents
    assert (one.template.id, one.system, one.split) == (
        other.template.id,
        other.system,
        other.split,
    )


def test_seeds_and_indexes_draw_other_worlds(source: Source) -> None:
    reseeded = replace(source, config=source.config.model_copy(update={"seed": 8}))
    some = [draw_situation(s, i) for s in (source, reseeded) for i in range(4)]
    assert len({s.world_json for s in some if s is not None}) == 8


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


def test_confirm_lists_the_offered_tools_that_the_policy_asks_about(source: Source) -> None:
    for index in range(6):
        situation = draw_situation(source, index)
        assert situation is not None
        offered = situation.template.front.tools
        assert set(situation.confirm) <= set(offered)
        sensitive = {n for n in offered if situation.domain.tools[n].act}
        assert set(situation.confirm) <= sensitive
        assert all(name in situation.system for name in situation.confirm)


def test_a_held_out_kind_goes_to_its_own_split(source: Source) -> None:
    template, attack = source.templates["email"][0], draw_attack(source)
    for held, split in (
        ({"domains": ("email",)}, "ood_domain"),
        ({"templates": (template.id,)}, "ood_template"),
        ({"techniques": (attack.technique,)}, "ood_technique"),
        ({"encodings": (attack.encoding,)}, "ood_encoding"),
    ):
        assert choose_split(hold(source, **held), template, attack, 0) == split
    every = {"domains": ("email",), "templates": (template.id,), "techniques": (attack.technique,)}
    assert choose_split(hold(source, **every), template, attack, 0) == "ood_domain"


def test_the_rest_is_split_by_the_shares(source: Source) -> None:
    template, attack = source.templates["email"][0], draw_attack(source)
    splits = [choose_split(source.config, template, attack, index) for index in range(2000)]
    shares = {name: splits.count(name) / 2000 for name in set(splits)}
    assert set(shares) == {"train", "validation", "test"}
    assert abs(shares["test"] - source.config.test_share) < 0.03
    assert abs(shares["validation"] - source.config.validation_share) < 0.03


def test_held_out_kinds_are_the_same_for_every_seed(source: Source) -> None:
    domains = list(source.domains.values())
    held = choose_hold_out(domains, source.config)
    assert held == choose_hold_out(domains, source.config.model_copy(update={"seed": 99}))
    assert held.domains == ("calendar",)
    assert len(held.templates) == len(domains)
    assert len(held.techniques) == len(held.encodings) == 2


def test_two_domains_hold_out_none(source: Source) -> None:
    domains = [source.domains["email"], source.domains["calendar"]]
    assert choose_hold_out(domains, source.config).domains == ()


def test_only_templates_with_a_wanted_leaf_are_loaded() -> None:
    config = RunConfig(size=1, domains=("email",), leaves=("U.S.data_sharing",))
    some = load_source(config).templates["email"]
    assert some
    for template in some:
        assert "U.S.data_sharing" in {m.leaf for m in template.front.members.values()}


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


def test_an_unknown_policy_or_domain_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="no domain 'emial'"):
        load_source(RunConfig(size=1, domains=("emial",)))
    with pytest.raises((UnknownName, BadPolicy), match="defualt"):
        load_source(RunConfig(size=1, domains=("email",), policy="defualt"))
