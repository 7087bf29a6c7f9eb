"""Filling a mailbox with what has nothing to do with the matter."""

from datetime import date
from random import Random

from tool_catalog.kit.drawing import draw_people, read_words
from tool_catalog.kit.moments import sort_by_time
from tool_catalog.kit.people import make_contacts, make_user
from tool_catalog.kit.unrelated import add_pieces
from tool_catalog.pools import Person, Pools

from .state import Mailbox

OBJECTS = {"emails": "m", "attachments": "a", "contacts": "c", "sent": "s", "drafts": "d"}
"""Lists that can be filled, and what the ids of their items begin with."""


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Mailbox:
    """Fill a mailbox: six contacts, labels, and four e-mails: a newsletter, one with a file."""
    words = read_words(__package__)
    state = Mailbox(today.isoformat(), make_user(owner))
    state.contacts = make_contacts(rng, draw_people(rng, pools, owner, 6), words["relations"])
    state.counters["c"] = len(state.contacts)
    state.labels = ["inbox", "archive", *rng.sample(words["labels"], 3)]
    for kind, count in (("lists", 1), ("files", 1), ("letters", 2)):
        add_pieces(rng, pools, owner, state, OBJECTS, words["pieces"][kind], count)
    state.emails = list(sort_by_time(state.emails))
    return state
