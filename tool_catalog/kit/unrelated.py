"""Unrelated matter: whole texts and objects from a domain's word list that no task is about.

Texts hold slots: people (`{person1}`, `{first1}`, `{email1}`, `{phone1}`), `{owner}`,
`{company1}` and `{company_host1}`, likewise city and street, numbers (`{n3}` has three digits),
`{sum1}`, `{time1}`, days (`{ago12}`, `{in5}`, and as people say them `{ago12_said}`,
`{in5_weekday}`).
"""

import re
import typing
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from tool_catalog.kit.drawing import draw_people
from tool_catalog.kit.ids import new_id
from tool_catalog.pools import Person, Pools

_SLOT = re.compile(r"{([a-z]\w*)}")
_DAY = re.compile(r"(ago|in)(\d+)(_said|_weekday)?")
_PEOPLE = 4
_PLACES = 2

Piece = Mapping[str, Sequence[Mapping[str, Any]]]


def add_pieces(
    rng: Random,
    pools: Pools,
    owner: Person,
    state: Any,
    objects: Mapping[str, str],
    pieces: Sequence[Piece],
    count: int,
) -> None:
    """Add some of the pieces to a state, each with names and numbers of its own.

    A piece names lists of the state and, for each, the items that it adds. There is one more slot,
    of the id of the last item of a list that it added (`{orders}`).

    Args:
        rng: the only source of chance.
        pools: names.
        owner: whose world it is; nobody else in a piece is called so.
        state: with `today`, `counters` and the lists that the pieces name.
        objects: the domain's `OBJECTS`.
        pieces: where to draw from.
        count: how many.
    """
    for piece in rng.sample(pieces, count):
        slots = draw_slots(rng, pools, owner, date.fromisoformat(state.today))
        for name, items in piece.items():
            for item in items:
                slots[name] = _add_item(state, name, objects[name], item, slots)


def draw_slots(rng: Random, pools: Pools, owner: Person, today: date) -> dict[str, str]:
    """A value for every slot of a piece; no two people or places in it are alike."""
    slots = _Slots(today)
    slots |= {"owner": owner.name, "owner_first": owner.first}
    for number, person in enumerate(draw_people(rng, pools, owner, _PEOPLE), 1):
        slots |= {f"person{number}": person.name, f"first{number}": person.first,
                  f"email{number}": person.email, f"phone{number}": person.phone}  # fmt: skip
    for kind, some in (("company", pools.companies), ("city", pools.cities),
                       ("street", pools.streets)):  # fmt: skip
        for number, name in enumerate(rng.sample(some, _PLACES), 1):
            slots |= {f"{kind}{number}": name, f"{kind}_host{number}": _name_host(name)}
    return _add_numbers(rng, slots)


def fill_piece(text: str, slots: Mapping[str, str]) -> str:
    """The text with its slots filled; other braces stay.

    Raises:
        KeyError: a slot that there is not.
    """
    return _SLOT.sub(lambda found: slots[found[1]], text).strip()


def _name_host(name: str) -> str:
    """A name as a part of a host name."""
    return "-".join(re.findall(r"[a-z]+", name.lower())[:2])


def _add_numbers(rng: Random, slots: dict[str, str]) -> dict[str, str]:
    """Numbers of one to five figures, times of the day in order, and sums of money."""
    slots |= {f"n{k}": str(rng.randrange(10 ** (k - 1) + 1, 10**k)) for k in (1, 2, 3, 4, 5)}
    quarters = sorted(rng.sample(range(8 * 4, 20 * 4), 3))
    times = [f"{quarter // 4:02d}:{quarter % 4 * 15:02d}" for quarter in quarters]
    slots |= {f"time{n}": time for n, time in enumerate(times, 1)}
    slots |= {f"sum{n}": f"{rng.randrange(6, 260)}.{rng.choice(('00', '50', '90', '25'))}"
              for n in (1, 2)}  # fmt: skip
    return slots


class _Slots(dict[str, str]):
    """Slots by name; a day is worked out when it is asked for."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self._today = today

    def __missing__(self, name: str) -> str:
        found = _DAY.fullmatch(name)
        if found is None:
            raise KeyError(name)
        away = int(found[2]) * (1 if found[1] == "in" else -1)
        day = self._today + timedelta(days=away)
        said = {"_said": f"{day.day} {day:%B}", "_weekday": f"{day:%A}"}
        return said[found[3]] if found[3] else day.isoformat()


def _add_item(
    state: Any, name: str, prefix: str, given: Mapping[str, Any], slots: Mapping[str, str]
) -> str:
    """Add an item to a list of the state; returns its id."""
    [kind] = typing.get_args(typing.get_type_hints(type(state))[name])
    hints = typing.get_type_hints(kind)
    key = next(iter(hints))
    values = {field: _fill(value, hints[field], slots) for field, value in given.items()}
    if prefix:
        values[key] = new_id(state, prefix)
    getattr(state, name).append(kind(**values))
    return str(values[key])


def _fill(value: Any, hint: Any, slots: Mapping[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    text = fill_piece(value, slots)
    return int(text) if hint is int else text
