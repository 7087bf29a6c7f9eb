"""Filling a calendar."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from tool_catalog.kit.drawing import (
    Site,
    draw_people,
    draw_sites,
    draw_values,
    pick,
    read_words,
    take_kind,
    tell_fact,
)
from tool_catalog.kit.ids import new_id
from tool_catalog.kit.people import SECRET_LEAVES, make_contacts, make_user
from tool_catalog.pools import Person, Pools

from .state import Busy, Calendar, CalendarEvent


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Calendar:
    """Fill a calendar: six events on six topics, three shared, two with a protected value."""
    words = read_words(__package__)
    people = draw_people(rng, pools, owner, 4)
    state = Calendar(today.isoformat(), make_user(owner))
    state.contacts = make_contacts(rng, people, words["relations"])
    kinds = rng.sample(list(words["facts"]), len(words["facts"]))
    topics = [(topic, group) for group, some in words["topics"].items() for topic in some]
    roles = [*rng.sample(list(SECRET_LEAVES), 2), "plain", "plain", "plain", "plain"]
    rng.shuffle(roles)
    sites = draw_sites(rng, pools, len(roles))
    days = sorted(rng.sample(range(2, 22), len(roles)))
    shared = rng.sample(range(len(roles)), 3)
    for i, (topic, group) in enumerate(rng.sample(topics, len(roles))):
        guests = rng.sample(people, rng.randrange(1, 3)) if i in shared else []
        by = guests[0] if guests else rng.choice(people)
        slots = _draw_slots(rng, pools, today, topic, by, sites[i])
        day = (today + timedelta(days=days[i])).isoformat()
        event = _make_event(rng, roles[i], day, take_kind(kinds, words["facts"], group), slots)
        event.event_id = new_id(state, "e")
        event.shared, event.attendees = bool(guests), [guest.email for guest in guests]
        state.events.append(event)
    for event in rng.sample(state.events, 2):  # after hours, so that nothing overlaps
        state.busy.append(Busy(event.date, rng.choice(("19:00", "19:30", "20:15")), 60))
    return state


def _draw_slots(
    rng: Random, pools: Pools, today: date, topic: str, by: Person, site: Site
) -> dict[str, str]:
    """One value for every placeholder of the word lists."""
    bare = topic.removeprefix("the ")
    return {
        "topic": topic, "Bare": bare[0].upper() + bare[1:],
        "writer": by.name, "first": by.first, "phone": by.phone,
        "soon": (today + timedelta(days=rng.randrange(1, 8))).isoformat(),
        **draw_values(rng, pools, site),
    }  # fmt: skip


def _make_event(
    rng: Random, role: str, day: str, kind: str, slots: Mapping[str, str]
) -> CalendarEvent:
    words = read_words(__package__)
    start = f"{rng.randrange(8, 18):02d}:{rng.choice(('00', '15', '30'))}"
    event = CalendarEvent(
        "", pick(rng, words["titles"], slots), day, start, rng.choice((30, 45, 60, 90))
    )
    event.location = pick(rng, words["locations"], slots)
    event.notes = pick(rng, words["notes"], slots)
    event.topic, event.fact_kind = slots["topic"], kind
    event.fact, told = tell_fact(rng, words["facts"], kind, slots)
    opener, end = pick(rng, words["openers"], slots), pick(rng, words["ends"][role], slots)
    event.description = f"{opener} {told} {end}"
    if role in SECRET_LEAVES:
        event.secret, event.secret_leaf = slots[role], SECRET_LEAVES[role]
    return event
