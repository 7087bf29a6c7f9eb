"""Slots of a story: the values that its texts, facts and acts agree on."""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gen.stories.moments import Clock, Day, Named
from gen.templating.facts import resolve
from tool_catalog.errors import BadTemplate
from tool_catalog.kit.drawing import draw_shape
from tool_catalog.pools import Person, Pools

PoolKind = Literal["person", "woman", "man", "company", "city", "street", "iban", "secret", "code"]
_SIGNS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}  # fmt: skip


class StorySlot(BaseModel):
    """How one value of a story comes about. Exactly one source is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pool: PoolKind | None = None
    """Somebody or something that nothing else in the world is named after."""
    choice: list[Any] | None = None
    integer: tuple[int, int] | None = None
    step: int = 1
    days: tuple[int, int] | None = None
    """A day so many days after today; negative: before."""
    time: tuple[str, str] | None = None
    """A time of day between two, on a quarter of an hour."""
    shape: str | None = None
    """A number as `INV-+###`: `#` a digit, `+` one from 1, `@` a letter."""
    text: str | None = None
    """Made from earlier slots: `billing@{{ firm.slug }}.example.com`."""
    is_: str | None = Field(default=None, alias="is")
    """Reckoned from earlier slots with + - * // and brackets: `labour + parts * 2`."""

    @model_validator(mode="after")
    def _validate_one_source(self) -> "StorySlot":
        named = [self.pool, self.choice, self.integer, self.days, self.time, self.shape,
                 self.text, self.is_]  # fmt: skip
        if sum(source is not None for source in named) != 1:
            raise ValueError("name one of: pool, choice, integer, days, time, shape, text, is")
        return self


class Casting:
    """Whom and what the stories of one world are given: nobody and nothing twice."""

    def __init__(self, rng: Random, pools: Pools, owner: Person) -> None:
        people = [person for person in pools.people if person.email != owner.email]
        self._people, self._taken = rng.sample(people, 90), set[Person]()
        self._women, self._men = frozenset(pools.women), frozenset(pools.men)
        self._left: dict[str, Iterator[Any]] = {
            "company": map(Named, rng.sample(pools.companies, 40)),
            "city": map(Named, rng.sample(pools.cities, 40)),
            "street": map(Named, rng.sample(pools.streets, 40)),
            "iban": iter(rng.sample(pools.ibans, 30)),
            "secret": iter(rng.sample(pools.secrets, 20)),
            "code": iter(rng.sample(pools.codes, 20)),
        }

    def take(self, kind: str) -> Any:
        """The next of a kind."""
        if kind not in ("person", "woman", "man"):
            return next(self._left[kind])
        among = {"woman": self._women, "man": self._men}.get(kind)
        fitting = (p for p in self._people if among is None or p in among)
        found = next(person for person in fitting if person not in self._taken)
        self._taken.add(found)
        return found


def draw_slots(
    slots: Mapping[str, StorySlot], rng: Random, casting: Casting, today: date,
    given: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """A value for every slot, in order; later ones may speak of earlier ones."""
    facts = dict(given)
    for name, slot in slots.items():
        facts[name] = _draw(slot, rng, casting, today, facts)
    return facts


def _draw(
    slot: StorySlot, rng: Random, casting: Casting, today: date, facts: Mapping[str, Any]
) -> Any:
    if slot.pool is not None:
        return casting.take(slot.pool)
    if slot.choice is not None:
        return resolve(rng.choice(slot.choice), facts)
    if slot.integer is not None:
        return rng.randrange(slot.integer[0], slot.integer[1] + 1, slot.step)
    if slot.days is not None:
        return Day((today + timedelta(days=rng.randint(*slot.days))).isoformat())
    if slot.time is not None:
        return draw_clock(rng, *slot.time)
    if slot.shape is not None:
        return draw_shape(rng, slot.shape)
    if slot.text is not None:
        return resolve(slot.text, facts)
    return reckon(slot.is_ or "", facts)


def draw_clock(rng: Random, first: str, last: str) -> Clock:
    """A quarter of an hour between two times of day."""
    low, high = (int(text[:2]) * 4 + int(text[3:5]) // 15 for text in (first, last))
    quarter = rng.randint(low, max(low, high))
    return Clock(f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")


def reckon(expression: str, facts: Mapping[str, Any]) -> int:
    """A whole number from others.

    Raises:
        BadTemplate: anything but whole numbers, slots that hold some, + - * // and brackets.
    """
    return int(_reckon(_parse(expression), facts, expression))


@cache
def _parse(expression: str) -> ast.expr:
    try:
        return ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise BadTemplate(f"{expression!r} cannot be reckoned: {error.msg}") from error


def _reckon(node: ast.expr, facts: Mapping[str, Any], expression: str) -> int:
    if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
        parts: Sequence[int] = [_reckon(n, facts, expression) for n in (node.left, node.right)]
        return int(_SIGNS[type(node.op)](*parts))
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    value = facts.get(node.id) if isinstance(node, ast.Name) else None
    if not isinstance(value, int):
        raise BadTemplate(f"{expression!r}: use whole numbers and slots that hold one")
    return value
