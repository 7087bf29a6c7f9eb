"""Customer desk: leads, contacts, companies and deals, support tickets and internal notes."""

from .records import (
    delete_record,
    export_records,
    merge_records,
    search_records,
    update_record,
)
from .state import CustomerDesk as STATE
from .tickets import (
    add_internal_note,
    change_ticket_priority,
    close_ticket,
    get_ticket,
    reply_to_customer,
)
from .world import OBJECTS, seed

PROTECTED = {
    "records.phone": "T.S.pii_contact",
    "records.secret": "secret_leaf",
    "messages.secret": "secret_leaf",
    "notes.secret": "secret_leaf",
}

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "add_internal_note",
    "change_ticket_priority",
    "close_ticket",
    "delete_record",
    "export_records",
    "get_ticket",
    "merge_records",
    "reply_to_customer",
    "search_records",
    "seed",
    "update_record",
]
