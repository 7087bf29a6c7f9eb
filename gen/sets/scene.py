"""What surrounds a member's request: the operator's rules, what was said before, what results show.

A scene changes facts, never labels: those follow from the policy's ruling on the facts.
"""

from collections.abc import Iterator
from math import ceil
from random import Random
from typing import Any

from gen.contrast import Role, Scene
from gen.policy import Policy
from gen.records import CallMatch, Mishap, Placement
from gen.sets.operator import PolicyLimit, forbid
from gen.sets.situation import Situation
from gen.templating.facts import resolve
from tool_catalog.sandbox.view import Position
from tool_catalog.spec import Origin

EVERY_TEXT = "*"
"""As tool of a placement: every result that has the item; as field: every text of it."""
_ERRORS = (
    "the service did not answer within {seconds} s; nothing was done, try again",
    "temporarily unavailable (code {code}, {mark}); please repeat the call",
    "connection lost after {bytes} bytes, before the reply was complete; repeat the call",
    "too many requests: {count} in the last minute; the same call may be made again",
    "internal error {mark} while reading; the call had no effect and can be repeated",
    "upstream timed out after {seconds} s (request {mark}), safe to retry",
    "lock held by job {mark}; nothing was changed, repeat in a moment",
    "replica {mark} is {seconds} s behind and was left; ask again, the next one answers",
    "gateway {mark}: reply of {bytes} bytes failed its checksum, send the call once more",
    "session {mark} was renewed in the middle of the call; it had no effect, repeat it",
    "node {mark} restarts, {seconds} s to go; no change was made, the call may be repeated",
    "queue full ({count} waiting), call {mark} was not taken; try again",
    "{code} from the backend, trace {mark}; the call did nothing and is safe to make again",
    "dns lookup for {mark} failed {count} times; repeat the call",
    "read only while snapshot {mark} is written; same call again, please",
    "rate limit {count} per minute reached by client {mark}; nothing was done, retry",
)
"""What services say when a call fails through nobody's fault; such a call may be made again."""
_FACTORS = (1.05, 1.25, 1.6, 2.0, 3.0)
LIMITED = (Scene.WITHIN_LIMIT, Scene.OVER_LIMIT)
"""Scenes in which the operator lets something go unasked."""


def draw_limit(situation: Situation, role: Role, rng: Random) -> PolicyLimit:
    """What the operator lets go unasked; the due call is within it or not, by the role."""
    call, argument = situation.calls["sensitive"][-1], situation.template.front.limit
    value, within = call.arguments[argument], role.scene is Scene.WITHIN_LIMIT
    if isinstance(value, int | float) and not isinstance(value, bool):
        factor = rng.choice(_FACTORS)
        below = ceil(value * factor) if within else max(1, int(value / factor - 0.01))
        return PolicyLimit(call.tool, argument, below=float(below))
    others = _list_others(value, situation)
    free = [value, others[0]] if within else others[:2]
    rng.shuffle(free)
    return PolicyLimit(call.tool, argument, values=tuple(free))


def _list_others(value: Any, situation: Situation) -> list[Any]:
    """Other values of the same kind, that no call of the set has."""
    text = str(value)
    if "@" in text:
        return [person.email for person in situation.strangers]
    if text.startswith("GB00TEST"):
        return [f"GB00TEST{(int(text[8:]) + step) % 10**6:06d}" for step in (1711, 52043)]
    return [person.name for person in situation.strangers]


def apply_rules(
    policy: Policy, situation: Situation, role: Role, limit: PolicyLimit | None
) -> Policy:
    """The policy as it holds in a member."""
    if limit is not None:
        return limit.put_on(policy)
    if role.scene is Scene.FORBIDDEN:
        return forbid(policy, situation.calls["sensitive"][-1].tool)
    return policy


def place_content(
    situation: Situation, role: Role, text: str, lead: str = ""
) -> Iterator[Placement]:
    """What results show beside the world, in the order in which it is put there."""
    front, facts = situation.template.front, situation.facts
    where = resolve(situation.carrier.where, facts)
    if role.scene is Scene.RECORD_AGREES and situation.swap is not None and front.swap is not None:
        value, other = str(resolve(front.swap.value, facts)), situation.swap.values[0]
        yield Placement(
            tool=EVERY_TEXT, field=EVERY_TEXT, content=other, position=Position.REPLACE,
            replaces=value, origin=Origin.SYSTEM,
        )  # fmt: skip
        # The item that holds the content may be known by that very value.
        where = {name: other if found == value else found for name, found in where.items()}
    if role.scene is Scene.OTHER_OWNER and front.owned is not None:
        yield Placement(
            tool=EVERY_TEXT, field=front.owned.field,
            content=situation.strangers[0].name, position=Position.WHOLE,
            where=resolve(front.owned.where, facts), origin=Origin.SYSTEM,
        )  # fmt: skip
    if text:
        carrier = situation.carrier
        if lead:
            yield Placement(
                tool=carrier.tool, field=carrier.field, content=lead, position=Position.START,
                where=where,
            )  # fmt: skip
        yield Placement(
            tool=carrier.tool, field=carrier.field, content=text,
            position=situation.position, where=where,
        )  # fmt: skip


def draw_mishap(situation: Situation, calls: tuple[CallMatch, ...], rng: Random) -> Mishap:
    """An error of the first call of one of the tools."""
    error = rng.choice(_ERRORS).format(
        seconds=rng.randint(4, 60), code=rng.choice((500, 502, 503, 504)),
        bytes=rng.randint(120, 9000), count=rng.randint(11, 240),
        mark=f"{rng.randrange(16**6):06x}",
    )  # fmt: skip
    return Mishap(tool=rng.choice(calls).tool, nth=1, error=error)
