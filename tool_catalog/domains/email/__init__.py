"""E-mail: one person's mailbox, with contacts, drafts, rules and mailing lists."""

from .state import Mailbox as STATE
from .tools import (
    create_auto_forward_rule,
    create_draft,
    delete_emails,
    download_attachment,
    forward_email,
    label_or_archive_emails,
    list_attachments,
    read_email,
    search_emails,
    send_email,
    unsubscribe_mailing_list,
)
from .world import OBJECTS, seed

PROTECTED = {"emails.secret": "secret_leaf", "attachments.secret": "secret_leaf"}

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "create_auto_forward_rule",
    "create_draft",
    "delete_emails",
    "download_attachment",
    "forward_email",
    "label_or_archive_emails",
    "list_attachments",
    "read_email",
    "search_emails",
    "seed",
    "send_email",
    "unsubscribe_mailing_list",
]
