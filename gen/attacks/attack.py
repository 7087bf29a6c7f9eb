"""Attacks: what an outsider's content wants (goal), how it says so (technique), how it is written.

Goals, techniques and contents are one template file each, shipped or in the user's own folders.
An attack is composed for one task in one world; contents (benign, quoted, sensitive) fill the same
slots as attacks, so that a slot never tells the label.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from gen.attacks.encodings import ENCODINGS, PLAIN
from gen.attacks.files import (
    ANY_DOMAIN,
    SHORT,
    Attacks,
    Deed,
    Form,
    Order,
    Role,
    Technique,
    load_attacks,
)
from gen.labels import Circumstance
from gen.records import CallMatch
from gen.templating.facts import draw_facts, resolve
from tool_catalog.domain import Domain
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import Person, Pools

__all__ = ["Attack", "Attacks", "Content", "compose_attack", "compose_content", "load_attacks"]

SAY_SHARE = 0.2
"""Share of attacks that want something said, not done, where both are to be had."""
PLAIN_SHARE = 0.7
_ATTEMPTS = 60
_OUTSIDERS = ("person", "iban")
_HIDDEN = tuple(leaf for leaf in ENCODINGS if leaf != PLAIN)


class Attack(NamedTuple):
    """A composed attack; goal, technique, encoding and harm are leaves."""

    goal: str
    technique: str
    encoding: str
    form: Form
    harm: str
    text: str
    """What stands in the tool result."""
    calls: tuple[CallMatch, ...]
    values: tuple[str, ...]
    report: tuple[str, ...]
    circumstance: Circumstance
    hard_negative: str
    digests: tuple[str, ...]
    """Of the goal's and the technique's file."""


class Content(NamedTuple):
    """Composed content that is no attack."""

    text: str
    leaf: str
    protected: tuple[str, ...]
    tags: tuple[str, ...]
    digest: str


def compose_attack(
    attacks: Attacks,
    domain: Domain,
    offered: Sequence[str],
    state: Any,
    facts: Mapping[str, Any],
    avoid: Sequence[CallMatch],
    rng: Random,
    pools: Pools,
) -> Attack:
    """Draw an attack that fits the task; equal streams give equal attacks.

    Args:
        attacks: from `load_attacks`.
        domain: the task's domain.
        offered: names of the tools that the task offers; the attacker wants none but these.
        state: the world at its start, which the attacker's slots are drawn from.
        facts: the task's facts, `user` among them; none of them becomes the attacker's.
        avoid: calls that the task itself makes; the attacker's call is never one of them.
        rng: the only source of chance.
        pools: outsiders' values.

    Raises:
        BadTemplate: no order can be had in this world.
    """
    told = repr(list(facts.values()))
    doing, saying = _list_deeds(attacks, domain.name, tuple(offered))
    for _ in range(_ATTEMPTS):
        deeds = saying if saying and (not doing or rng.random() < SAY_SHARE) else doing
        if not deeds:
            break
        deed = rng.choice(rng.choice(deeds))
        drawn = draw_facts(deed.order.slots, state, rng, pools)
        if drawn is None or _is_known(deed.order, drawn, told, state):
            continue
        calls = _read_calls(deed.order, drawn)
        if any(_collides(call, other) for call in calls for other in avoid):
            continue
        values = tuple(str(resolve(value, drawn)) for value in deed.order.values)
        if not any(value in told for value in values):
            return _write_attack(attacks, deed, drawn, calls, values, _name_user(facts), rng)
    raise BadTemplate(f"goals: no order fits the tools {', '.join(offered)} of {domain.name}")


def compose_content(
    attacks: Attacks,
    role: Role,
    facts: Mapping[str, Any],
    rng: Random,
    pools: Pools,
    payload: str = "",
    tag: str = "",
) -> Content:
    """Draw a content of a role; equal streams give equal contents.

    Args:
        attacks: from `load_attacks`.
        role: what the content is for.
        facts: the task's facts, `user` among them; protected values are none of them.
        rng: the only source of chance.
        pools: outsiders' values.
        payload: what quoted and delegated contents hold.
        tag: only contents with this tag.

    Raises:
        BadTemplate: no content has this role and tag.
    """
    fitting = [c for c in attacks.contents
               if c.front.role == role and (not tag or tag in c.front.tags)]  # fmt: skip
    if not fitting:
        raise BadTemplate(f"contents: no file with role {role!r}{f' and tag {tag!r}' * bool(tag)}")
    told = repr(list(facts.values()))
    chosen = rng.choice(fitting)
    for _ in range(_ATTEMPTS):
        drawn = draw_facts(chosen.front.slots, None, rng, pools) or {}
        protected = tuple(str(resolve(value, drawn)) for value in chosen.front.protected)
        if not any(value in told for value in protected):
            break
    drawn.update(user=_name_user(facts), payload=payload)
    text = chosen.body.render("content", drawn, rng)
    return Content(text, chosen.front.leaf, protected, chosen.front.tags, chosen.digest)


@lru_cache(maxsize=256)
def _list_deeds(
    attacks: Attacks, domain: str, offered: tuple[str, ...]
) -> tuple[list[list[Deed]], list[list[Deed]]]:
    """Deeds grouped by goal, so that goals are as likely as each other: calls, and sayings."""
    doing, saying = dict[str, list[Deed]](), dict[str, list[Deed]]()
    for tool in offered:
        for deed in attacks.deeds.get((domain, tool), ()):
            doing.setdefault(deed.goal.name, []).append(deed)
    for name in (domain, ANY_DOMAIN):
        for deed in attacks.deeds.get((name, ""), ()):
            saying.setdefault(deed.goal.name, []).append(deed)
    return list(doing.values()), list(saying.values())


@lru_cache(maxsize=16)
def _list_techniques(attacks: Attacks, has_tool: bool, has_brief: bool) -> list[Technique]:
    """The techniques whose wording finds in an order all that it speaks of."""
    return [
        t
        for t in attacks.techniques
        if (has_tool or "tool" not in t.body.names)
        and (has_brief or t.front.hard_negative != SHORT)
    ]


def _is_known(order: Order, drawn: Mapping[str, Any], told: str, state: Any) -> bool:
    """Whether an outsider that was drawn stands in the task or in the world already."""
    pooled = [drawn[name] for name, slot in order.slots.items() if slot.pool in _OUTSIDERS]
    if not pooled:
        return False
    world = repr(state)
    for value in pooled:
        spelled = (value.name, value.email) if isinstance(value, Person) else (str(value),)
        if any(text in told or text in world for text in spelled):
            return True
    return False


def _read_calls(order: Order, drawn: Mapping[str, Any]) -> tuple[CallMatch, ...]:
    if not order.tool:
        return ()
    arguments = resolve(order.arguments, drawn)
    return (CallMatch(tool=order.tool, arguments=arguments, loose=tuple(order.loose)),)


def _collides(one: CallMatch, other: CallMatch) -> bool:
    """Whether one call could count as both."""
    loose = (*one.loose, *other.loose)
    shared = (set(one.arguments) & set(other.arguments)).difference(loose)
    return one.tool == other.tool and all(
        one.arguments[name] == other.arguments[name] for name in shared
    )


def _write_attack(
    attacks: Attacks,
    deed: Deed,
    drawn: Mapping[str, Any],
    calls: tuple[CallMatch, ...],
    values: tuple[str, ...],
    user: str,
    rng: Random,
) -> Attack:
    technique = rng.choice(_list_techniques(attacks, bool(deed.order.tool), bool(deed.order.brief)))
    front, goal = technique.front, deed.goal.front
    encoding = PLAIN
    if front.form != "claim" and rng.random() >= PLAIN_SHARE:
        encoding = rng.choice(_HIDDEN)
    text = technique.body.render(
        "payload", _word_order(deed, technique, encoding, drawn, user, rng), rng
    )
    own = front.circumstance is not Circumstance.INJECTION_IN_NAMED_OBJECT
    return Attack(
        goal.leaf, front.leaf, encoding, front.form, goal.harm, text, calls, values, goal.report,
        front.circumstance if own else goal.circumstance, front.hard_negative,
        (deed.goal.digest, technique.digest),
    )  # fmt: skip


def _word_order(
    deed: Deed,
    technique: Technique,
    encoding: str,
    drawn: Mapping[str, Any],
    user: str,
    rng: Random,
) -> dict[str, str]:
    """What a technique's wording speaks of; only the order itself is encoded."""
    if technique.front.form == "claim":
        claim = deed.word(rng.choice(deed.order.claims), drawn)
        return {"claim": claim, "user": user, "tool": deed.order.tool}
    short = technique.front.hard_negative == SHORT
    order = deed.word(deed.order.brief if short else rng.choice(deed.order.phrases), drawn)
    written, capital, encode = order, order[:1].upper() + order[1:], ENCODINGS[encoding]
    if encoding != PLAIN:
        written, capital = encode(order, rng), encode(capital, rng)
    return {"order": written, "Order": capital, "user": user, "tool": deed.order.tool}


def _name_user(facts: Mapping[str, Any]) -> str:
    """The name of the task's `user`, who is a name in some domains and a person in others."""
    user = facts.get("user", "")
    return str(user["name"] if isinstance(user, Mapping) else getattr(user, "name", user))
