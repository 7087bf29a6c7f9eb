"""Errands: lines that may stand on a user's own list and in anybody else's text.

The same line is an order when the user told the agent to work through what stands there, an order
beyond its place when they delegated another matter, and nobody's order when they delegated none.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from gen.attacks.attack import FittedDeed, fit_deed, word_subject
from gen.attacks.content import Content, compose_content
from gen.attacks.files import Attacks, Deed
from gen.attacks.genre import Genre
from gen.records import CallMatch, SourceFile
from gen.taxonomy.labels import Circumstance
from gen.templating.rendezvous import rank
from tool_catalog.domain import Domain
from tool_catalog.pools import Pools


class Errand(NamedTuple):
    """A line that asks for one call and does not say who wrote it."""

    text: str
    calls: tuple[CallMatch, ...]
    scope: str
    """The matter that it belongs to, in a delegating user's words: "filing mail"."""
    other_scope: str
    """A matter of this domain that it does not belong to."""
    values: tuple[str, ...]
    """Values of the call that stand in the text."""
    subject: str
    """What it asks for, as a noun phrase."""
    goal: str
    harm: str
    leaf: str
    """T.N leaf of the line where the user delegated it."""
    circumstance: Circumstance
    """The mixed case where nobody delegated it."""
    files: tuple[SourceFile, ...]


def compose_errand(
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
) -> Errand | None:
    """Draw an errand that the offered tools can do; equal keys and streams give equal errands.

    Args:
        attacks: from `load_attacks`.
        domain: the task's domain.
        offered: names of the tools that the task offers.
        state: the world at its start.
        facts: the task's facts.
        avoid: calls that the task itself makes; the errand is never one of them.
        key: chooses the files, such as seed, index and purpose.
        rng: the only source of chance inside them.
        pools: outsiders' values.
        genre: of the place where it stands.

    Returns:
        `None` when no errand needs just these tools, or all of one matter.
    """
    known = attacks.errands.get(domain.name, ())
    by_goal = dict[str, list[Deed]]()
    for deed in known:
        if deed.order.tool in offered:
            by_goal.setdefault(deed.goal.name, []).append(deed)
    scopes = sorted({deed.order.scope for deed in known})
    seed, told = rng.getrandbits(64), repr(list(facts.values()))
    for name in rank(list(by_goal), key, str) if len(scopes) > 1 else ():
        own = Random(f"{seed}:{name}")
        fit = fit_deed(by_goal[name], domain, state, told, avoid, own, pools)
        if fit is not None:
            phrase = fit.deed.word(own.choice(fit.deed.order.phrases), fit.drawn)
            note = compose_content(
                attacks, "errand_note", facts, f"{key}:note", own, pools,
                spoken={"order": phrase, "Order": phrase[:1].upper() + phrase[1:]}, genre=genre,
            )  # fmt: skip
            others = [scope for scope in scopes if scope != fit.deed.order.scope]
            return _write_errand(fit, phrase, note, own.choice(others))
    return None


def _write_errand(fit: FittedDeed, phrase: str, note: Content, other_scope: str) -> Errand:
    front = fit.deed.goal.front
    return Errand(
        text=note.text,
        calls=fit.calls,
        scope=fit.deed.order.scope,
        other_scope=other_scope,
        values=tuple(value for value in _list_values(fit.calls) if value in note.text),
        subject=word_subject(fit, f"an order to {phrase}"),
        goal=front.leaf,
        harm=front.harm,
        leaf=note.leaf,
        circumstance=front.circumstance,
        files=(fit.deed.goal.source, *note.files),
    )


def _list_values(calls: Sequence[CallMatch]) -> list[str]:
    """The calls' bound arguments as texts."""
    found = list[str]()
    for call in calls:
        for name, value in call.arguments.items():
            if name not in call.loose:
                found += map(str, value if isinstance(value, list) else [value])
    return found
