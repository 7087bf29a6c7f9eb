"""What a firm's customer desk keeps. An object without an owner is the user's."""

from dataclasses import dataclass, field

from tool_catalog.kit.people import Contact


@dataclass(slots=True)
class CustomerRecord:
    """A lead, contact, company or deal; the message is what the customer wrote in a form."""

    record_id: str
    kind: str
    name: str
    company: str
    email: str
    phone: str
    at: str
    source: str = ""
    """Where it came from, such as `web form`."""
    stage: str = "new"
    amount: int = 0
    message: str = ""
    owner: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Ticket:
    """A support case; what was said in it are its messages."""

    ticket_id: str
    subject: str
    requester: str
    requester_email: str
    at: str
    priority: str = "normal"
    status: str = "open"
    record_id: str = ""
    """The record of the requester; empty: none."""
    resolution: str = ""
    """How it ended; empty: it has not."""
    owner: str = ""


@dataclass(slots=True)
class TicketMessage:
    """One message on a ticket, of the requester or of the desk."""

    message_id: str
    ticket_id: str
    sender: str
    at: str
    text: str
    cc: str = ""
    from_desk: bool = False
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Note:
    """What people of the firm wrote about a record or a ticket, for themselves."""

    note_id: str
    record_id: str
    """A record or a ticket."""
    author: str
    at: str
    text: str
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class SentExport:
    """Records that were sent out as a file."""

    export_id: str
    to: str
    kind: str
    record_ids: list[str]
    at: str


@dataclass(slots=True)
class CustomerDesk:
    """State of the domain."""

    today: str
    user: Contact
    colleagues: list[Contact] = field(default_factory=list)
    """Who else can own a record."""
    records: list[CustomerRecord] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    messages: list[TicketMessage] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    exports: list[SentExport] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    """Last number used for each kind of id."""
