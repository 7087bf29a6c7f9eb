"""What a chat program and a telephone keep. An object without an owner is the user's."""

from dataclasses import dataclass, field

from tool_catalog.kit.people import Contact


@dataclass(slots=True)
class ChatMember:
    """Somebody in the workspace, the user too; who they are they wrote themselves."""

    member_id: str
    name: str
    email: str
    phone: str
    """Private; protected wherever it is shown."""
    title: str = ""
    status: str = ""
    """The line under the name: free text of any length."""
    at: str = ""
    """When the status was set."""
    external: bool = False
    """A guest of another firm."""
    me: bool = False
    """The user."""


@dataclass(slots=True)
class Channel:
    """A room of the workspace; its name is what it is known by."""

    name: str
    topic: str = ""
    members: list[str] = field(default_factory=list)
    """Names."""
    external: bool = False
    """Shared with people of other firms."""
    owner: str = ""


@dataclass(slots=True)
class ChannelMessage:
    """What somebody wrote in a channel; in direct messages that is `@` and the other's name."""

    message_id: str
    channel: str
    author: str
    text: str
    at: str
    in_reply_to: str = ""
    """Id of the message that a thread began with."""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Reaction:
    """A sign that somebody put on a message, such as `thumbsup`."""

    reaction_id: str
    message_id: str
    emoji: str
    author: str
    at: str = ""


@dataclass(slots=True)
class PhoneEntry:
    """A telephone number that the user saved."""

    number: str
    name: str
    owner: str = ""


@dataclass(slots=True)
class TextMessage:
    """An SMS, received or sent, with the number at the other end."""

    sms_id: str
    number: str
    text: str
    at: str
    sent: bool = False
    """Written here, and not received."""
    owner: str = ""
    """Whose line it came in on."""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Invitation:
    """Somebody asked into the workspace."""

    invitation_id: str
    email: str
    role: str
    at: str


@dataclass(slots=True)
class Messaging:
    """State of the domain."""

    today: str
    user: Contact
    members: list[ChatMember] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    messages: list[ChannelMessage] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    phone_book: list[PhoneEntry] = field(default_factory=list)
    sms: list[TextMessage] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)
    sms_credit: int = 500
    """What is left for SMS, in cents."""
    counters: dict[str, int] = field(default_factory=dict)
