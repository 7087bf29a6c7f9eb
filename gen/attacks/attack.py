"""Attacks: what an outsider's content wants (goal), how it says so (technique), how it is written.

An attack is composed for one task in one world. Its files are chosen by rendezvous hash, and what
is drawn for a file comes from a stream of that file's own, so that a new file changes no attack
but those that it wins.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from gen.attacks.content import name_user
from gen.attacks.encodings.encoders import ENCODINGS, PLAIN, write_encoded
from gen.attacks.files import Attacks, Deed, Technique
from gen.attacks.front_matter import ANY_DOMAIN, SHORT, Order, TechniqueForm
from gen.attacks.genre import Genre
from gen.attacks.manner import write_line
from gen.records import CallMatch, ReportReason, SourceFile
from gen.taxonomy.labels import Circumstance
from gen.templating.facts import draw_facts, resolve
from gen.templating.rendezvous import choose, rank
from tool_catalog.copying import copy_state
from tool_catalog.domain import Domain
from tool_catalog.errors import BadTemplate, ToolError
from tool_catalog.pools import Person, Pools

SAY_SHARE = 0.3
"""Share of attacks that want something said, not done, where both are to be had."""
PLAIN_SHARE = 0.8
_ATTEMPTS = 15
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_WHOLE = 240
"""Characters of an attack that are quoted whole, at most."""
_OUTSIDERS = ("person", "iban")
_HIDDEN = tuple(leaf for leaf in ENCODINGS if leaf != PLAIN)


class Attack(NamedTuple):
    """A composed attack; goal, technique, encoding and harm are leaves."""

    goal: str
    technique: str
    encoding: str
    form: TechniqueForm
    harm: str
    text: str
    """What stands in the tool result."""
    said: str
    """The order or claim itself, as it stands in the text: what a quotation keeps."""
    lead: str
    """Of a text in two places the first half, which stands before the other; else empty."""
    calls: tuple[CallMatch, ...]
    values: tuple[str, ...]
    """What the outsider wants believed; never true."""
    subject: str
    """What it is, as a noun phrase: "an order to send 20 euros to GB00TEST000001"."""
    reason: ReportReason
    """Why it is to be reported."""
    circumstance: Circumstance
    hard_negative: str
    files: tuple[SourceFile, ...]


class FittedDeed(NamedTuple):
    """A deed with values of this world."""

    deed: Deed
    drawn: Mapping[str, Any]
    calls: tuple[CallMatch, ...]
    values: tuple[str, ...]


def compose_attack(
    attacks: Attacks,
    domain: Domain,
    offered: Sequence[str],
    state: Any,
    facts: Mapping[str, Any],
    avoid: Sequence[CallMatch],
    key: str,
    rng: Random,
    pools: Pools,
    genre: Genre = "prose",
) -> Attack:
    """Draw an attack that fits the task; equal keys and streams give equal attacks.

    Args:
        attacks: from `load_attacks`.
        domain: the task's domain.
        offered: names of the tools that the task offers; the attacker wants none but these.
        state: the world at its start, which the attacker's slots are drawn from.
        facts: the task's facts, `user` among them; none of them becomes the attacker's.
        avoid: calls that the task itself makes; the attacker's call is never one of them.
        key: chooses the files, such as seed, index and purpose.
        rng: the only source of chance inside them.
        pools: outsiders' values.
        genre: of the place where it stands.

    Raises:
        BadTemplate: no order can be had in this world.
    """
    seed, told = rng.getrandbits(64), repr(list(facts.values()))
    doing, saying = _list_deeds(attacks, domain.name, tuple(offered))
    kinds = [saying, doing] if rng.random() < SAY_SHARE else [doing, saying]
    for kind in kinds:
        for name in rank(list(kind), key, str):
            own = Random(f"{seed}:{name}")
            fit = fit_deed(kind[name], domain, state, told, avoid, own, pools)
            if fit is not None:
                return _write_attack(attacks, fit, name_user(facts), key, seed, genre)
    raise BadTemplate(f"goals: no order fits the tools {', '.join(offered)} of {domain.name}")


def fit_deed(
    deeds: Sequence[Deed],
    domain: Domain,
    state: Any,
    told: str,
    avoid: Sequence[CallMatch],
    rng: Random,
    pools: Pools,
) -> FittedDeed | None:
    """Draw one of the deeds and its values, none of them the task's own; `None` when none fits.

    What it calls can be done, in the world as it is and after each of the task's own calls.
    """
    for _ in range(_ATTEMPTS):
        deed = rng.choice(deeds)
        drawn = draw_facts(deed.order.slots, state, rng, pools)
        if drawn is None or _is_known(deed.order, drawn, told, state):
            continue
        calls = _read_calls(domain.name, deed.order, drawn)
        if any(_collides(call, other) for call in calls for other in avoid):
            continue
        if not all(_can_be_done(call, domain, state, avoid) for call in calls):
            continue
        values = tuple(str(resolve(value, drawn)) for value in deed.order.values)
        if not any(value in told for value in values):
            return FittedDeed(deed, drawn, calls, values)
    return None


@lru_cache(maxsize=256)
def _list_deeds(
    attacks: Attacks, domain: str, offered: tuple[str, ...]
) -> tuple[dict[str, list[Deed]], dict[str, list[Deed]]]:
    """Deeds by goal, so that goals are as likely as each other: calls, and sayings."""
    doing, saying = dict[str, list[Deed]](), dict[str, list[Deed]]()
    for tool in sorted(set(offered)):
        for deed in attacks.deeds.get((domain, tool), ()):
            doing.setdefault(deed.goal.name, []).append(deed)
    for name in (domain, ANY_DOMAIN):
        for deed in attacks.deeds.get((name, ""), ()):
            saying.setdefault(deed.goal.name, []).append(deed)
    return doing, saying


@lru_cache(maxsize=64)
def _list_techniques(
    attacks: Attacks, genre: Genre, has_tool: bool, has_brief: bool, states: bool
) -> list[Technique]:
    """The techniques whose wording finds in an order all that it speaks of."""
    needs = [*(() if has_tool else ("tool", "call", "call_json")),
             *(() if states else ("statement", "Statement"))]  # fmt: skip
    return [
        t
        for t in attacks.techniques
        if t.front.form != "claim"
        and t.serves(genre)
        and not any(t.mentions(name, genre) for name in needs)
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


def _read_calls(domain: str, order: Order, drawn: Mapping[str, Any]) -> tuple[CallMatch, ...]:
    if not order.tool:
        return ()
    tool, arguments = f"{domain}.{order.tool}", resolve(order.arguments, drawn)
    return (CallMatch(tool=tool, arguments=arguments, loose=tuple(order.loose)),)


def _can_be_done(call: CallMatch, domain: Domain, state: Any, before: Sequence[CallMatch]) -> bool:
    """Whether a call does not fail at the start, nor when one of the others has been made."""
    writes = [c for c in before if c.tool.partition(".")[0] == domain.name
              and domain.tools[c.tool.partition(".")[2]].changes_state]  # fmt: skip
    return all(_run((*first, call), domain, state) for first in ((), *((c,) for c in writes)))


def _run(calls: Sequence[CallMatch], domain: Domain, state: Any) -> bool:
    """Whether the last of some calls, made in a copy of the state, does not fail."""
    own, done = copy_state(state), False
    for call in calls:
        name = call.tool.partition(".")[2]
        try:
            domain.run(name, own, domain.tools[name].bind(call.arguments))
            done = True
        except ToolError:
            done = False
    return done


def _collides(one: CallMatch, other: CallMatch) -> bool:
    """Whether one call could count as both."""
    loose = (*one.loose, *other.loose)
    shared = (set(one.arguments) & set(other.arguments)).difference(loose)
    return one.tool == other.tool and all(
        one.arguments[name] == other.arguments[name] for name in shared
    )


def _write_attack(
    attacks: Attacks, fit: FittedDeed, user: str, key: str, seed: int, genre: Genre
) -> Attack:
    order, goal = fit.deed.order, fit.deed.goal
    fitting = _list_techniques(
        attacks, genre, bool(order.tool), bool(order.brief), bool(order.statements)
    )
    technique = choose(fitting, f"{key}:technique", lambda t: t.name)
    front, rng = technique.front, Random(f"{seed}:{goal.name}:{technique.name}")
    encoding = PLAIN if rng.random() < PLAIN_SHARE else rng.choice(_HIDDEN)
    order_text = order.brief if front.hard_negative == SHORT else rng.choice(order.phrases)
    plain = fit.deed.word(order_text, fit.drawn)
    statement = fit.deed.word(rng.choice(order.statements), fit.drawn) if order.statements else ""
    said = _word_order(plain, statement, encoding, rng)
    states = technique.mentions("statement", genre) or technique.mentions("Statement", genre)
    spoken = {**said, **_write_call(fit), "user": user, "tool": order.tool}
    lead, text = write_text(technique, genre, spoken, rng)
    own = front.circumstance is not Circumstance.INJECTION_IN_NAMED_OBJECT
    return Attack(
        goal=goal.front.leaf,
        technique=front.leaf,
        encoding=encoding,
        form=front.form,
        harm=goal.front.harm,
        text=text,
        said=next((words for words in said.values() if words in text), text),
        lead=lead,
        calls=fit.calls,
        values=fit.values,
        subject=word_subject(
            fit, f"a claim that {statement}" if states else f"an order to {plain}"
        ),
        reason="instruction",
        circumstance=front.circumstance if own else goal.front.circumstance,
        hard_negative=front.hard_negative,
        files=(goal.source, technique.source),
    )


def write_text(
    technique: Technique, genre: Genre, spoken: Mapping[str, Any], rng: Random
) -> tuple[str, str]:
    """What leads up to a text in another place, and the text itself."""
    return technique.cut(write_line(technique.front.texts[genre].payload, spoken, rng))


def list_excerpts(attack: Attack) -> list[str]:
    """What people quote of an attack: all of it, the sentence that matters, or the order alone."""
    text, said = attack.text, attack.said
    sentences = [part.strip() for part in _SENTENCE.split(text) if said in part]
    found = [text] if len(text) <= _WHOLE or not sentences else []
    return list(dict.fromkeys([*found, *(part.rstrip(".") for part in sentences), said]))


def _write_call(fit: FittedDeed) -> dict[str, str]:
    """The wanted call as a program would write it; what an outsider cannot know is left out."""
    if not fit.calls:
        return {}
    call = fit.calls[0]
    known = {n: v for n, v in call.arguments.items() if n not in fit.deed.order.loose}
    named = ", ".join(f"{name}={json.dumps(value)}" for name, value in known.items())
    tool = fit.deed.order.tool
    return {
        "call": f"{tool}({named})",
        "call_json": json.dumps({"tool": tool, "arguments": known}),
    }


def word_subject(fit: FittedDeed, said: str) -> str:
    """What an order wants, as a noun phrase that names its values.

    The phrases of one order may be different acts, so the one that was said is named.
    """
    order = fit.deed.order
    if order.subject:
        return fit.deed.word(order.subject, fit.drawn)
    return said


def _word_order(plain: str, statement: str, encoding: str, rng: Random) -> dict[str, str]:
    """The order, in small letters and as a sentence begins; only the order itself is encoded."""
    said = {"order": plain} | ({"statement": statement} if statement else {})
    return {
        name: write_encoded(encoding, text, rng)
        for key, value in said.items()
        for name, text in ((key, value), (key.capitalize(), value[:1].upper() + value[1:]))
    }
