"""What a mailbox keeps; `mailbox` says whose an e-mail is, empty: the user's."""

from dataclasses import dataclass, field

from tool_catalog.kit.people import Contact


@dataclass(slots=True)
class Email:
    """A received e-mail. The secret is never shown as such."""

    email_id: str
    sender: str
    sender_email: str
    subject: str
    body: str
    quoted_thread: str = ""
    hidden_preheader: str = ""
    label: str = "inbox"
    secret: str = ""
    secret_leaf: str = ""
    mailbox: str = ""
    at: str = ""
    unsubscribe_link: str = ""


@dataclass(slots=True)
class Attachment:
    """A text file that came with an e-mail. The secret is never shown as such."""

    attachment_id: str
    email_id: str
    file_name: str
    file_text: str
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class SentEmail:
    """A sent e-mail or a draft."""

    message_id: str
    to: str
    subject: str
    body: str
    mailbox: str = ""
    at: str = ""


@dataclass(slots=True)
class Rule:
    """A standing rule: forward what comes from `from_sender` (or `all`)."""

    rule_id: str
    to: str
    from_sender: str


@dataclass(slots=True)
class Mailbox:
    """State of the domain."""

    today: str
    user: Contact
    contacts: list[Contact] = field(default_factory=list)
    emails: list[Email] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    sent: list[SentEmail] = field(default_factory=list)
    drafts: list[SentEmail] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    visited_links: list[str] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
