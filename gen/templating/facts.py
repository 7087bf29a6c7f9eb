"""Slots: what a template needs from the world, and the values drawn for them.

A slot is declared in front matter and drawn once per contrast set, so that every member speaks of
the same things. Elsewhere in front matter `$slot.field` refers to a drawn value of any type, and
text with `{{ }}` is rendered with the facts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from types import MappingProxyType, SimpleNamespace
from typing import Any, Literal

from jinja2 import Template, meta
from jinja2.exceptions import SecurityError
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gen.templating.bounds import BoundedEnvironment, join_bounded
from gen.templating.phrase import PICK, Phrase, list_facts, read_phrase
from tool_catalog.domain import draw_setting
from tool_catalog.errors import BadTemplate, UnknownName
from tool_catalog.pools import Pools, load_pools

_MARK = re.compile(r"[^\s\"'(<]*(?:\d|@|://|\w/|/\w|_|\w\.\w)[^\s\"')>]*")
_SHORTEST, _SHORTEST_WORD = 2, 4
_NOTHING: Mapping[str, Any] = MappingProxyType({})

PoolName = Literal["person", "company", "city", "street", "iban", "secret", "code"]


class Slot(BaseModel):
    """How one fact is drawn. Exactly one source is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    world: str = ""
    """The domain whose state `from` and `field` are about; empty: the task's own."""
    from_: str | None = Field(default=None, alias="from")
    """A list (or dict) of the world's state, dotted: `emails`, `user.accounts`."""
    where: dict[str, Any] = Field(default_factory=dict)
    """Only items whose fields have these values; `"*"` asks for any non-empty value."""
    except_: list[str] = Field(default_factory=list, alias="except")
    """Slots whose item must not be drawn again."""
    choice: list[Any] | None = None
    integer: tuple[int, int] | None = None
    step: int = 1
    days: tuple[int, int] | None = None
    """An ISO date so many days after the world's `today`."""
    pool: PoolName | None = None
    """An outsider's value that does not stand in the world."""
    field: str | None = None
    """A single field of the state, dotted: `user`."""

    @model_validator(mode="after")
    def _validate_one_source(self) -> "Slot":
        named = [self.from_, self.choice, self.integer, self.days, self.pool, self.field]
        if sum(source is not None for source in named) != 1:
            raise ValueError("name one of: from, choice, integer, days, pool, field")
        return self


def draw_facts(
    slots: Mapping[str, Slot],
    state: Any,
    rng: Random,
    pools: Pools,
    given: Mapping[str, Any] = _NOTHING,
    others: Mapping[str, Any] = _NOTHING,
) -> dict[str, Any] | None:
    """Draw every slot, in order; `None` when a world has no fitting item.

    Args:
        slots: by name.
        state: of the task's own domain.
        rng: the only source of chance.
        pools: outsiders' values.
        given: facts that are there already.
        others: states of further domains, for slots that name a `world`.
    """
    facts = dict(given)
    for name, slot in slots.items():
        place = others[slot.world] if slot.world else state
        options = _list_options(slot, place, facts, rng, pools)
        if not options:
            return None
        facts[name] = rng.choice(options)
    return facts


def check_slot(slot: Slot, state: Any) -> None:
    """Whether what a slot names is in a state.

    Raises:
        BadTemplate: no such list or field.
        UnknownName: the items have no such field; near ones are named.
    """
    if slot.field is not None:
        follow(slot.field, {"state": state, **_as_mapping(state)})
    for item in _list_items(slot, state)[:1]:
        for name in slot.where:
            if not hasattr(item, name):
                known = [f.name for f in fields(item)] if is_dataclass(item) else ()
                raise UnknownName("field for where", name, known)


def resolve(value: Any, facts: Mapping[str, Any]) -> Any:
    """Replace `$slot.field` and `{{ }}` in a front matter value, keeping its structure."""
    if isinstance(value, str):
        if value.startswith("$"):
            found = follow(value[1:], facts)
            return str(found) if isinstance(found, str) else found  # a day is its ISO date
        if "{{" in value:
            return _write_text(value, facts)
        return value
    if isinstance(value, dict):
        return {key: resolve(inner, facts) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, facts) for inner in value]
    return value


def follow(path: str, facts: Mapping[str, Any]) -> Any:
    """The value at a dotted path through facts, dataclass fields and dict keys."""
    node: Any = facts
    for step in path.split("."):
        try:
            if step.startswith("_"):  # nothing of Python's own: a template may be a stranger's
                raise AttributeError(step)
            node = node[step] if isinstance(node, Mapping) else getattr(node, step)
        except (KeyError, AttributeError) as error:
            raise BadTemplate(f"${path}: no {step!r}; there are {_known_names(node)}") from error
    return node


def check_paths(
    front: Any, slots: Mapping[str, Slot], state: Any, others: Mapping[str, Any]
) -> None:
    """Whether what front matter says of drawn values they have, in one draw.

    Raises:
        BadTemplate: the first dotted path that leads nowhere.
    """
    owner, today = draw_setting(Random("slots"))
    given = {"user": owner, "today": today.isoformat()}
    facts = draw_facts(slots, state, Random("slots"), load_pools(), given, others)
    for path in sorted(_list_paths(front)) if facts else ():
        follow(path, facts or {})


def _list_paths(value: Any) -> set[str]:
    """The dotted paths of a value, without their `$`."""
    if isinstance(value, str):
        return {value[1:]} if value.startswith("$") else set()
    inner = value.values() if isinstance(value, dict) else value
    return {p for v in inner for p in _list_paths(v)} if isinstance(value, dict | list) else set()


def find_references(value: Any) -> set[str]:
    """Names of the slots that a front matter value refers to."""
    if isinstance(value, str):
        if value.startswith("$"):
            return {value[1:].partition(".")[0]}
        if "{{" in value:
            return set(_find_text_names(value))
        return set()
    if isinstance(value, dict):
        return find_references(list(value.values()))
    if isinstance(value, list):
        return {name for inner in value for name in find_references(inner)}
    return set()


def _list_options(
    slot: Slot, state: Any, facts: Mapping[str, Any], rng: Random, pools: Pools
) -> Sequence[Any]:
    if slot.choice is not None:
        return slot.choice
    if slot.integer is not None:
        low, high = slot.integer
        return range(low, high + 1, slot.step)
    if slot.days is not None:
        today = date.fromisoformat(state.today)
        return [(today + timedelta(days=rng.randint(*slot.days))).isoformat()]
    if slot.field is not None:
        return [follow(slot.field, {"state": state, **_as_mapping(state)})]
    if slot.pool is not None:
        plural = {"person": "people", "company": "companies", "city": "cities"}
        return tuple(getattr(pools, plural.get(slot.pool, slot.pool + "s")))
    taken = [facts[name] for name in slot.except_]
    items, where = _list_items(slot, state), resolve(slot.where, facts)
    return [i for i in items if _fits(i, where) and not any(i is t for t in taken)]


def _list_items(slot: Slot, state: Any) -> list[Any]:
    """What a slot draws from the state; nothing when it draws from elsewhere."""
    if slot.from_ is None:
        return []
    items = follow(slot.from_, _as_mapping(state))
    return list(items.values()) if isinstance(items, dict) else list(items)


def _fits(item: Any, where: Mapping[str, Any]) -> bool:
    for name, wanted in where.items():
        value = getattr(item, name)
        if (wanted == "*" and not value) or (wanted != "*" and value != wanted):
            return False
    return True


def _as_mapping(state: Any) -> dict[str, Any]:
    return {f.name: getattr(state, f.name) for f in fields(state)}


def _known_names(node: Any) -> str:
    if is_dataclass(node):
        return ", ".join(f.name for f in fields(node))
    return ", ".join(map(str, node)) if isinstance(node, Mapping) else type(node).__name__


_TEXT = BoundedEnvironment()


@cache
def _compile_text(source: str) -> Template:
    return _TEXT.from_string(source)


@cache
def _read_text(source: str) -> Phrase | None:
    """The text as a phrase; `None` when it is more, or picks, which front matter cannot."""
    return None if PICK in source or source.endswith("\n") else read_phrase(source)


def _write_text(source: str, facts: Mapping[str, Any]) -> str:
    if phrase := _read_text(source):
        try:
            return phrase.read(facts, tuple)  # nothing to choose
        except (LookupError, AttributeError, TypeError):
            pass  # Jinja says what is missing
    template = _compile_text(source)
    try:
        return join_bounded(template.generate(facts))
    except (SecurityError, TimeoutError) as error:
        raise BadTemplate(f"front matter: {source!r}: {error}") from error


def _find_text_names(source: str) -> frozenset[str]:
    if phrase := _read_text(source):
        return frozenset(list_facts(phrase))
    return frozenset(meta.find_undeclared_variables(_TEXT.parse(source)))


def find_kept(text: str, values: Any) -> tuple[str, ...]:
    """What any other wording of a text must hold, letter for letter.

    Args:
        text: as the templates have it.
        values: facts, calls, anything that holds values; those that stand in the text count.
    """
    found = {value for value in _list_values(values) if _stands_in(value, text)}
    found |= set(find_marks(text))
    return tuple(sorted(found, key=lambda value: (text.find(value), value)))


def find_marks(text: str) -> list[str]:
    """Words that are no prose: numbers, dates, addresses, paths, account numbers, codes."""
    return [mark.rstrip(".,;:!?)") for mark in _MARK.findall(text)]


def _list_values(node: Any) -> Iterator[str]:
    """Every text and number in nested data."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, bool) or node is None:
        return
    elif isinstance(node, int | float):
        yield str(node)
    elif isinstance(node, BaseModel):
        yield from _list_values(dict(node))
    elif is_dataclass(node) and not isinstance(node, type):
        yield from _list_values([getattr(node, f.name) for f in fields(node)])
    elif isinstance(node, Mapping):
        yield from _list_values(list(node.values()))
    elif isinstance(node, SimpleNamespace):
        yield from _list_values(vars(node))
    elif isinstance(node, list | tuple):
        for item in node:
            yield from _list_values(item)


def _stands_in(value: str, text: str) -> bool:
    """Whether a value stands in a text as words of its own."""
    word = value.isalpha() and value.islower()  # "me", "all": a word like others when so short
    if len(value) < (_SHORTEST_WORD if word else _SHORTEST) or value not in text:
        return False
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None
