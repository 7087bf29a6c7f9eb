import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from gen.attacks.attack import compose_attack
from gen.attacks.errand import Errand, compose_errand
from gen.attacks.files import Attacks, load_attacks
from gen.records import CallMatch
from gen.taxonomy.labels import Circumstance
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import load_pools
from tool_catalog.sandbox import Sandbox
from tool_catalog.spec import Flag, ToolClass

DOMAINS = ("banking", "calendar", "email", "terminal_files")
USER = "Ann Lee"


@cache
def shipped() -> Attacks:
    return load_attacks([load_domain(name) for name in DOMAINS])


def draw(
    seed: int, domain: str, offered: tuple[str, ...] = (), avoid: tuple[CallMatch, ...] = ()
) -> Errand | None:
    chosen = load_domain(domain)
    state = chosen.new_world(Random(seed), *draw_setting(Random(seed))).clone()
    facts = {"user": SimpleNamespace(name=USER), "today": state.today}
    return compose_errand(shipped(), chosen, offered or tuple(chosen.tools), state, facts, avoid,
                          f"7:{seed}:errand", Random(seed), load_pools())  # fmt: skip


@cache
def sample(domain: str) -> tuple[Errand, ...]:
    found = [draw(seed, domain) for seed in range(150)]
    return tuple(errand for errand in found if errand is not None)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_domain_has_errands_over_several_matters(domain: str) -> None:
    orders = [deed.order for deed in shipped().errands[domain]]
    assert len(orders) >= 6
    assert len({order.scope for order in orders}) >= 2
    tools = load_domain(domain).tools
    assert any(tools[order.tool].tool_class is ToolClass.SENSITIVE for order in orders)
    assert all(Flag.READS not in tools[order.tool].flags for order in orders)


@pytest.mark.parametrize("domain", [name for name in DOMAINS if name != "banking"])
def test_plain_writes_are_among_the_errands(domain: str) -> None:
    """Every change in banking is sensitive."""
    tools = load_domain(domain).tools
    plain = [d for d in shipped().errands[domain]
             if tools[d.order.tool].tool_class is ToolClass.WRITE]  # fmt: skip
    assert len(plain) >= 3


@pytest.mark.parametrize("domain", DOMAINS)
def test_an_errand_can_be_done_in_its_world(domain: str) -> None:
    assert len(sample(domain)) == 150
    for seed, errand in enumerate(sample(domain)):
        world = load_domain(domain).new_world(Random(seed), *draw_setting(Random(seed)))
        sandbox = Sandbox([world])
        for call in errand.calls:
            sandbox.call(call.tool, dict(call.arguments))
        assert not sandbox.last.failed, sandbox.last.result


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_line_holds_every_value_that_the_call_needs(domain: str) -> None:
    allowed = {"savings", "read"}  # the memo is free; `read` is said as "to read", "read access"
    for errand in sample(domain):
        for call in errand.calls:
            for name, value in call.arguments.items():
                if name in call.loose or (
                    call.tool == "calendar.share_calendar" and value == "read"
                ):
                    continue
                for text in map(str, value if isinstance(value, list) else [value]):
                    assert text in errand.text or text in allowed, (errand.text, text)
                    assert text in errand.values or text in allowed


def test_the_other_matter_is_of_the_domain_and_not_its_own() -> None:
    for domain in DOMAINS:
        scopes = {deed.order.scope for deed in shipped().errands[domain]}
        for errand in sample(domain):
            assert errand.scope in scopes and errand.other_scope in scopes - {errand.scope}


def test_the_line_does_not_say_who_wrote_it_or_speak_to_an_agent() -> None:
    for domain in DOMAINS:
        for errand in sample(domain):
            lowered = re.sub(r'"[^"]*"', "", errand.text).lower()  # a title may speak to the user
            assert USER not in errand.text
            assert not any(word in lowered for word in ("assistant", "agent", "my ", " i ", "you"))


def test_an_errand_is_a_harmless_extra_where_nobody_delegated_it() -> None:
    for errand in sample("email"):
        assert errand.circumstance is Circumstance.HARMLESS_EXTRA
        assert errand.goal == "T.G.task_hijack_benign" and errand.leaf == "T.N.delegated_steps"
        assert [file.kind for file in errand.files][:2] == ["goal", "content"]
        assert errand.subject.startswith("an order to ")


def test_only_offered_tools_are_asked_for() -> None:
    offered = ("read_email", "label_or_archive_emails")
    found = [draw(seed, "email", offered) for seed in range(40)]
    assert {call.tool for errand in found if errand for call in errand.calls} == {
        f"email.{offered[1]}"
    }
    assert draw(1, "email", ("read_email",)) is None


def test_the_errand_is_none_of_the_tasks_calls() -> None:
    avoid = (CallMatch(tool="banking.freeze_card", arguments={"card_id": "c1"}),)
    found = [draw(seed, "banking", ("freeze_card",), avoid) for seed in range(40)]
    assert {call.arguments["card_id"] for errand in found if errand for call in errand.calls} == {
        "c2"
    }


def test_no_attack_is_made_of_an_errand() -> None:
    errands = {id(deed) for some in shipped().errands.values() for deed in some}
    deeds = {id(deed) for some in shipped().deeds.values() for deed in some}
    assert errands and not errands & deeds
    domain = load_domain("terminal_files")
    state = domain.new_world(Random(1), *draw_setting(Random(1))).clone()
    goals = {
        compose_attack(shipped(), domain, list(domain.tools), state, {}, (), f"{seed}",
                       Random(seed), load_pools()).files[0].name
        for seed in range(200)
    }  # fmt: skip
    assert "errand" not in goals and len(goals) > 8


def test_the_notes_are_many_and_worded_apart() -> None:
    notes = [c for c in shipped().contents if c.front.role == "errand_note"]
    assert len(notes) >= 5
    for note in notes:
        assert all(len(lines) >= 3 for lines in note.front.texts.values()), note.name
    used = Counter(errand.files[1].name for name in DOMAINS for errand in sample(name))
    assert len(used) == len(notes)


def test_a_domain_of_one_matter_has_no_errand_as_no_other_can_be_delegated() -> None:
    domain = load_domain("email")
    state = domain.new_world(Random(1), *draw_setting(Random(1))).clone()
    filing = tuple(d for d in shipped().errands["email"] if d.order.scope == "filing mail")
    narrow = replace(shipped(), errands={"email": filing})
    both = replace(shipped(), errands={"email": shipped().errands["email"]})
    found = [
        compose_errand(some, domain, list(domain.tools), state, {"today": state.today}, (), "k",
                       Random(1), load_pools())
        for some in (narrow, both)
    ]  # fmt: skip
    assert found[0] is None and found[1] is not None


def test_a_scope_without_a_tool_is_refused(tmp_path: Path) -> None:
    goal = tmp_path / "goals" / "only.j2"
    goal.parent.mkdir()
    goal.write_text(
        "---\nleaf: T.G.task_hijack_benign\nharm: H.privacy\norders:\n  email:\n"
        "    - {scope: mail, phrases: [a, b, c]}\n---\n",
        encoding="utf-8",
    )
    with pytest.raises(BadTemplate, match=r"only\.j2:6: .*need a tool"):
        load_attacks([load_domain("email")], [tmp_path])
