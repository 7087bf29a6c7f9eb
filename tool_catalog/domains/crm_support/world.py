"""Filling a customer desk."""

from datetime import date
from random import Random

from tool_catalog.kit.drawing import draw_people, read_words
from tool_catalog.kit.people import make_contacts, make_user
from tool_catalog.kit.unrelated import add_pieces
from tool_catalog.pools import Person, Pools

from .state import CustomerDesk

OBJECTS = {
    "records": "R",
    "tickets": "T",
    "messages": "m",
    "notes": "n",
    "colleagues": "c",
}
"""Lists that can be filled, and what the ids of their items begin with."""


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> CustomerDesk:
    """Fill a customer desk: three colleagues, and records and tickets of no matter."""
    words = read_words(__package__)
    state = CustomerDesk(today.isoformat(), make_user(owner))
    state.colleagues = make_contacts(rng, draw_people(rng, pools, owner, 3), words["posts"])
    state.counters = {"R": rng.randrange(20100, 68000), "T": rng.randrange(3100, 9400)}
    state.counters["c"] = len(state.colleagues)
    for kind, count in (("records", 2), ("tickets", 2)):
        add_pieces(rng, pools, owner, state, OBJECTS, words["pieces"][kind], count)
    return state
