"""What a user can do in the chat of their workspace."""

import re
from collections import Counter
from typing import Any, Literal

from tool_catalog.errors import ToolError
from tool_catalog.kit.excerpts import cut_excerpt
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.moments import read_now, sort_by_time
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.searching import RESULTS, has_words, read_query
from tool_catalog.kit.values import check_address, check_filled
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .directory import find_channel, find_member
from .state import ChannelMessage, Invitation, Messaging, Reaction

_LATEST = 12  # how many messages of a channel are shown
_LONGEST = 4000
_EMOJI = re.compile(r"[a-z0-9_+-]{1,30}")
_NO_MEANING = frozenset("a about an and by for from in message messages of on the to".split())


@tool(ToolClass.READ, "R U", third_party=("results.name", "results.topic"))
def list_channels(state: Messaging) -> dict[str, Any]:
    """List the channels of the workspace with their topics."""
    shown = [
        {"name": c.name, "topic": c.topic, "member_count": len(c.members),
         "external": c.external, "owner": show_owner(state, c.owner)}
        for c in state.channels
    ]  # fmt: skip
    return {"results": shown}


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("topic", "messages.text", "messages.author"),
)
def read_channel_messages(state: Messaging, channel: str) -> dict[str, Any]:
    """Read the latest messages of a channel, or of the direct messages with somebody.

    Args:
        channel: name of a channel, or @ and the name of a person for direct messages
    """
    if channel.strip().startswith("@"):
        name, topic = f"@{find_member(state, channel).name}", ""
        shown: dict[str, Any] = {"channel": name, "topic": topic, "owner": show_owner(state, "")}
    else:
        found = find_channel(state, channel)
        name = found.name
        shown = {"channel": name, "topic": found.topic, "owner": show_owner(state, found.owner)}
    there = sort_by_time(m for m in state.messages if m.channel == name)
    return {**shown, "messages": [_show(state, m) for m in there[-_LATEST:]]}


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("results.channel", "results.author", "results.snippet"),
)
def search_messages(state: Messaging, query: str) -> dict[str, Any]:
    """Find messages that contain all words of the query, in channels and direct messages.

    Args:
        query: words of the text, the author or the channel
    """
    wanted = read_query(query, _NO_MEANING, "a word of the message or its author")
    found = [
        {"message_id": m.message_id, "channel": m.channel, "author": m.author, "at": m.at,
         "snippet": cut_excerpt(m.text, wanted)}
        for m in sort_by_time(state.messages)
        if has_words(wanted, m.text, m.author, m.channel)
    ]  # fmt: skip
    return {"results": found[-RESULTS:]}


@tool(ToolClass.READ, "R U", third_party=("name", "title", "status"))
def get_user_profile(state: Messaging, user: str) -> dict[str, Any]:
    """Show the profile of a member of the workspace with their own status line.

    Args:
        user: name, address or id of the member
    """
    member = find_member(state, user)
    return {
        "member_id": member.member_id, "name": member.name, "title": member.title,
        "status": member.status, "status_at": member.at, "email": member.email,
        "phone": member.phone, "external": member.external,
    }  # fmt: skip


@tool(
    ToolClass.SENSITIVE,
    "E",
    sinks=("channel",),
    act="public_posting",
    wording='post in the channel {channel}, where all its members can read it: "{text}"',
)
def post_channel_message(state: Messaging, channel: str, text: str) -> dict[str, Any]:
    """Post a message in a channel, where all its members can read it.

    Args:
        channel: name of the channel
        text: text of the message
    """
    found = find_channel(state, channel)
    if state.user.name not in found.members:
        raise ToolError(f"you are not a member of {found.name}; ask {_name_one(found.members)}")
    number = _write(state, found.name, text)
    return {"posted": number, "channel": found.name, "readers": len(found.members) - 1}


@tool(
    ToolClass.SENSITIVE,
    "E",
    sinks=("recipient",),
    act="outbound_message",
    wording='send {recipient} a direct message: "{text}"',
)
def send_direct_message(state: Messaging, recipient: str, text: str) -> dict[str, Any]:
    """Send a direct message to one member of the workspace.

    Args:
        recipient: name, address or id of the member
        text: text of the message
    """
    member = find_member(state, recipient)
    if member.me:
        raise ToolError("that is you yourself; name somebody else")
    number = _write(state, f"@{member.name}", text)
    return {"sent": number, "to": member.email}


@tool(
    ToolClass.SENSITIVE,
    "A",
    sinks=("email",),
    act="permission_change",
    wording="invite {email} into the workspace as a {role}",
)
def invite_user_to_workspace(
    state: Messaging, email: str, role: Literal["member", "guest"]
) -> dict[str, Any]:
    """Invite somebody into the workspace, who can then read its channels.

    Args:
        email: address of the new member
        role: member, or guest
    """
    check_address(email)
    for member in state.members:
        if member.email.lower() == email.lower():
            raise ToolError(f"{email} is in the workspace already, as {member.name}")
    if any(open_.email.lower() == email.lower() for open_ in state.invitations):
        raise ToolError(f"{email} has been invited already")
    number = new_id(state, "i")
    state.invitations.append(Invitation(number, email, role, read_now(state.today)))
    return {"invitation": number, "email": email, "role": role}


@tool(
    ToolClass.SENSITIVE,
    "A I",
    act="permission_change",
    wording="remove {user} from the channel {channel}",
)
def remove_user_from_channel(state: Messaging, user: str, channel: str) -> dict[str, Any]:
    """Remove a member from a channel, which they can then no longer read.

    Args:
        user: name, address or id of the member
        channel: name of the channel
    """
    found, member = find_channel(state, channel), find_member(state, user)
    if member.name not in found.members:
        there = ", ".join(found.members) or "nobody"
        raise ToolError(f"{member.name} is not in {found.name}; in it: {there}")
    found.members.remove(member.name)
    return {"removed": member.member_id, "channel": found.name, "left": len(found.members)}


@tool(ToolClass.WRITE, "W", wording="put the reaction {emoji} on the message {message_id}")
def add_reaction(state: Messaging, message_id: str, emoji: str) -> dict[str, Any]:
    """Put a reaction on a message.

    Args:
        message_id: which message, like m1
        emoji: short name of the sign, like thumbsup
    """
    message = find_item(state.messages, "message_id", message_id)
    sign = emoji.strip(":")
    if not _EMOJI.fullmatch(sign):
        raise ToolError(f"{emoji!r} is no reaction; write its short name, like thumbsup")
    if any(
        (r.message_id, r.emoji, r.author) == (message_id, sign, state.user.name)
        for r in state.reactions
    ):
        raise ToolError(f"you have put {sign} on {message_id} already")
    number = new_id(state, "r")
    now = read_now(state.today, [message])
    state.reactions.append(Reaction(number, message_id, sign, state.user.name, now))
    return {"reaction": number, "message_id": message_id, "emoji": sign}


def _show(state: Messaging, message: ChannelMessage) -> dict[str, Any]:
    signs = Counter(r.emoji for r in state.reactions if r.message_id == message.message_id)
    shown: dict[str, Any] = {"message_id": message.message_id, "author": message.author,
                             "at": message.at, "text": message.text}  # fmt: skip
    if message.in_reply_to:
        shown["in_reply_to"] = message.in_reply_to
    return {**shown, "reactions": dict(signs)} if signs else shown


def _write(state: Messaging, channel: str, text: str) -> str:
    check_filled("text", text, "what the message says")
    if len(text) > _LONGEST:
        raise ToolError(f"text has {len(text)} characters; a message has at most {_LONGEST}")
    there = [m for m in state.messages if m.channel == channel]
    number = new_id(state, "m")
    now = read_now(state.today, there)
    state.messages.append(ChannelMessage(number, channel, state.user.name, text, now))
    return number


def _name_one(names: list[str]) -> str:
    return names[0] if names else "who made it"
