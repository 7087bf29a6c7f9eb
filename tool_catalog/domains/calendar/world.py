"""Filling a calendar with what has nothing to do with the matter."""

from datetime import date
from random import Random

from tool_catalog.kit.drawing import draw_people, read_words
from tool_catalog.kit.moments import sort_by_time
from tool_catalog.kit.people import make_contacts, make_user
from tool_catalog.kit.unrelated import add_pieces
from tool_catalog.pools import Person, Pools

from .state import Busy, Calendar

OBJECTS = {"events": "e", "contacts": "c", "reminders": "r", "busy": ""}
"""Lists that can be filled, and what the ids of their items begin with; empty: none."""


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Calendar:
    """Fill a calendar: four contacts, two events of the user's own and two that are shared."""
    words = read_words(__package__)
    state = Calendar(today.isoformat(), make_user(owner))
    state.contacts = make_contacts(rng, draw_people(rng, pools, owner, 4), words["relations"])
    state.counters["c"] = len(state.contacts)
    for kind in ("own", "shared"):
        add_pieces(rng, pools, owner, state, OBJECTS, words["pieces"][kind], 2)
    state.events = list(sort_by_time(state.events))
    for event in rng.sample(state.events, 2):  # after hours, so that nothing overlaps
        state.busy.append(Busy(event.date, rng.choice(("19:00", "19:30", "20:15")), 60))
    return state
