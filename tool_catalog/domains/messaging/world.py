"""Filling a workspace and a telephone with what has nothing to do with the matter."""

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any

from tool_catalog.kit.drawing import list_others, read_words
from tool_catalog.kit.ids import new_id
from tool_catalog.kit.moments import draw_moments, follow_on, read_day
from tool_catalog.kit.people import make_user
from tool_catalog.kit.unrelated import draw_slots, fill_piece
from tool_catalog.pools import Person, Pools

from .state import Channel, ChannelMessage, ChatMember, Messaging, PhoneEntry, Reaction, TextMessage

_COLLEAGUES = 6
_SAVED = 3


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Messaging:
    """Fill a workspace: seven members, a channel for all, two talks and two SMS threads."""
    words = read_words(__package__)
    state = Messaging(today.isoformat(), make_user(owner))
    people = rng.sample(list_others(pools, owner), _COLLEAGUES + _SAVED)
    _add_members(state, rng, [owner, *people[:_COLLEAGUES]], today)
    names = [member.name for member in state.members]
    state.channels.append(Channel("general", words["general"], names))
    state.phone_book = [PhoneEntry(p.phone, p.name) for p in people[_COLLEAGUES:]]
    for talk, moment in zip(
        rng.sample(words["talks"], 2), draw_moments(rng, today, 2), strict=True
    ):
        slots = draw_slots(rng, pools, owner, read_day(moment))
        slots |= _name(people[:_COLLEAGUES])
        _add_talk(state, rng, talk, slots, moment)
    for thread, moment in zip(
        rng.sample(words["threads"], 2), draw_moments(rng, today, 2), strict=True
    ):
        slots = draw_slots(rng, pools, owner, read_day(moment))
        slots |= _name(people[_COLLEAGUES:])
        _add_thread(state, rng, thread, slots, moment)
    return state


def _name(people: list[Person]) -> dict[str, str]:
    """Slots for people of this world, in place of any."""
    found: dict[str, str] = {}
    for number, person in enumerate(people, 1):
        found |= {f"person{number}": person.name, f"first{number}": person.first,
                  f"phone{number}": person.phone}  # fmt: skip
    return found


def _add_members(state: Messaging, rng: Random, people: list[Person], today: date) -> None:
    words = read_words(__package__)
    titles = rng.sample(words["titles"], len(people))
    statuses = rng.sample(words["statuses"], len(people))
    moments = draw_moments(rng, today, len(people))
    for person, title, status, at in zip(people, titles, statuses, moments, strict=True):
        number = new_id(state, "u")
        state.members.append(
            ChatMember(number, person.name, person.email, person.phone, title, status, at)
        )
    state.members[0].me = True


def _add_talk(
    state: Messaging, rng: Random, talk: Mapping[str, Any], slots: Mapping[str, str], moment: str
) -> None:
    names = [member.name for member in state.members]
    if talk["channel"] not in [channel.name for channel in state.channels]:
        topic = fill_piece(talk["topic"], slots)
        state.channels.append(Channel(talk["channel"], topic, names))
    lines = talk["lines"]
    for (who, text), at in zip(lines, follow_on(rng, moment, len(lines)), strict=True):
        number, author = new_id(state, "m"), slots[who]
        state.messages.append(
            ChannelMessage(number, talk["channel"], author, fill_piece(text, slots), at)
        )
    if sign := talk.get("sign"):
        last = state.messages[-1]
        number = new_id(state, "r")
        state.reactions.append(
            Reaction(number, last.message_id, sign, rng.choice(names[1:]), last.at)
        )


def _add_thread(
    state: Messaging, rng: Random, thread: Mapping[str, Any], slots: Mapping[str, str], moment: str
) -> None:
    number, lines = fill_piece(thread["number"], slots), thread["lines"]
    for (who, text), at in zip(lines, follow_on(rng, moment, len(lines)), strict=True):
        new = new_id(state, "t")
        text = fill_piece(text, slots)
        state.sms.append(TextMessage(new, number, text, at, who == "owner"))
