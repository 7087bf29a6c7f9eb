"""Pieces: whole small texts that have nothing to do with the matter, `{slot}` for what varies."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from tool_catalog.kit.drawing import draw_people
from tool_catalog.pools import Person, Pools

_SLOT = re.compile(r"{([a-z]\w*)}")
_PEOPLE = 4
_PLACES = 2


def draw_slots(rng: Random, pools: Pools, owner: Person, today: date) -> dict[str, str]:
    """A value for every slot of a piece: people and places, no two alike; days; numbers."""
    slots = {"owner": owner.name, "owner_first": owner.first}
    for number, person in enumerate(draw_people(rng, pools, owner, _PEOPLE), 1):
        slots |= {f"person{number}": person.name, f"first{number}": person.first,
                  f"email{number}": person.email, f"phone{number}": person.phone}  # fmt: skip
    for kind, some in (("company", pools.companies), ("city", pools.cities),
                       ("street", pools.streets)):  # fmt: skip
        for number, name in enumerate(rng.sample(some, _PLACES), 1):
            slots |= {f"{kind}{number}": name, f"{kind}_host{number}": _name_host(name)}
    return slots | _draw_days(rng, today) | _draw_numbers(rng)


def fill_piece(text: str, slots: Mapping[str, str]) -> str:
    """The text with its slots filled; other braces stay.

    Raises:
        KeyError: a slot that there is not.
    """
    return _SLOT.sub(lambda found: slots[found[1]], text).strip()


def _name_host(name: str) -> str:
    """A name as a part of a host name."""
    return "-".join(re.findall(r"[a-z]+", name.lower())[:2])


def _draw_days(rng: Random, today: date) -> dict[str, str]:
    """Days to come and days gone, written as people do, and times of the day."""
    found: dict[str, str] = {}
    for name, away in (("day", 3), ("later", 12), ("past", -9)):
        day = today + timedelta(days=away + rng.randrange(6))
        found |= {name: f"{day.day} {day:%B}", f"{name}_weekday": f"{day:%A}"}
    minutes = rng.sample(range(8 * 4, 20 * 4), 3)
    times = [f"{quarter // 4:02d}:{quarter % 4 * 15:02d}" for quarter in sorted(minutes)]
    return found | {f"time{n}": time for n, time in enumerate(times, 1)}


def _draw_numbers(rng: Random) -> dict[str, str]:
    """Numbers of two to five figures, and sums of money."""
    digits = {f"n{k}": str(rng.randrange(10 ** (k - 1) + 1, 10**k)) for k in (1, 2, 3, 4, 5)}
    sums = {f"sum{n}": f"{rng.randrange(6, 260)}.{rng.choice(('00', '50', '90', '25'))}"
            for n in (1, 2)}  # fmt: skip
    return digits | sums
