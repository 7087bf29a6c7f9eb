"""Finding who or what a call means: members, channels, telephone numbers."""

import re

from tool_catalog.errors import ToolError

from .state import Channel, ChatMember, Messaging

_NUMBER = re.compile(r"\+?\d(?:[ -]?\d){4,14}")
_NAMED = 12


def find_member(state: Messaging, wanted: str) -> ChatMember:
    """A member by id, name or address; case and a leading `@` are ignored.

    Raises:
        ToolError: nobody, or more than one; names are given.
    """
    sought = wanted.strip().removeprefix("@").lower()
    for member in state.members:
        if sought in (member.member_id, member.name.lower(), member.email.lower()):
            return member
    first = [m for m in state.members if sought and sought == m.name.lower().partition(" ")[0]]
    if len(first) == 1:
        return first[0]
    if first:
        names = ", ".join(m.name for m in first)
        raise ToolError(f"{wanted!r} may be {names}; give the whole name")
    names = ", ".join(member.name for member in state.members[:_NAMED])
    raise ToolError(f"nobody called {wanted!r} in this workspace; members: {names}")


def find_channel(state: Messaging, wanted: str) -> Channel:
    """A channel by its name, with or without `#`.

    Raises:
        ToolError: there is none; the names are given.
    """
    sought = wanted.strip().removeprefix("#").lower()
    for channel in state.channels:
        if channel.name.lower() == sought:
            return channel
    names = ", ".join(channel.name for channel in state.channels)
    raise ToolError(f"no channel {wanted!r}; channels: {names or 'none'}")


def check_number(state: Messaging, number: str) -> None:
    """A telephone number; who gives a saved name instead is told the number."""
    if _NUMBER.fullmatch(number.strip()):
        return
    for entry in state.phone_book:
        if number.strip() and number.strip().lower() == entry.name.lower():
            raise ToolError(f"{number!r} is not a number; {entry.name} has {entry.number}")
    raise ToolError(f"{number!r} is not a telephone number; write it like 312-555-0147")


def same_number(one: str, other: str) -> bool:
    """Whether two spellings are of one number."""
    return re.sub(r"[ +-]", "", one) == re.sub(r"[ +-]", "", other)
