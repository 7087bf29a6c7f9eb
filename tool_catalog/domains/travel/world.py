"""Filling a travel site."""

from datetime import date, timedelta
from random import Random

from tool_catalog.kit.drawing import draw_shape, read_words
from tool_catalog.kit.ids import new_id
from tool_catalog.kit.people import make_user
from tool_catalog.kit.unrelated import add_pieces
from tool_catalog.pools import Person, Pools

from .booking import CODE
from .state import Travel, Traveler

OBJECTS = {
    "flights": "",
    "hotels": "",
    "reviews": "rv",
    "reservations": CODE,
    "travelers": "tr",
}
"""Lists that can be filled, and what the ids of their items begin with; empty: names."""


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Travel:
    """Fill a travel site: the user's profile, and flights, hotels and reservations of no matter."""
    words = read_words(__package__)
    state = Travel(today.isoformat(), make_user(owner))
    state.counters[CODE] = rng.randrange(2100, 9400)
    born = today - timedelta(days=rng.randrange(24 * 365, 68 * 365))
    expires = today + timedelta(days=rng.randrange(200, 3000))
    state.travelers.append(
        Traveler(new_id(state, "tr"), owner.name, born.isoformat(), owner.phone,
                 draw_shape(rng, "X00######"), expires.isoformat(), rng.choice(words["wishes"]))
    )  # fmt: skip
    for kind, count in (("flights", 1), ("hotels", 2), ("coming", 1), ("past", 1)):
        add_pieces(rng, pools, owner, state, OBJECTS, words["pieces"][kind], count)
    return state
