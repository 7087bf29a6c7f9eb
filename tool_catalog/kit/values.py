"""Checks of what a model fills in: addresses, dates, times, account numbers, amounts.

Each raises `ToolError` with a text that says how the value is written.
"""

import re
from collections.abc import Iterable
from datetime import date as Date
from typing import Protocol

from tool_catalog.errors import ToolError

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}")


class Known(Protocol):
    """Somebody in an address book."""

    contact_id: str
    name: str
    email: str


def check_address(address: str, contacts: Iterable[Known] = ()) -> None:
    """An e-mail address; who gives a contact's name or id instead is told the address."""
    if _ADDRESS.fullmatch(address):
        return
    for contact in contacts:
        if address and address.lower() in (contact.name.lower(), contact.contact_id):
            raise ToolError(f"{address!r} is not an address; {contact.name} has {contact.email}")
    raise ToolError(f"{address!r} is not an address; write it like name@example.com")


def check_date(date: str, today: str) -> None:
    """A day that exists, as `today` is written."""
    try:
        valid = bool(_DATE.fullmatch(date)) and bool(Date.fromisoformat(date))
    except ValueError:
        valid = False
    if not valid:
        raise ToolError(f"{date!r} is not a date; write it like {today}")


def check_time(time: str) -> None:
    """A time of the day."""
    if not _TIME.fullmatch(time):
        raise ToolError(f"{time!r} is not a time; write it like 09:30")


def check_iban(iban: str) -> None:
    """An account number."""
    if not _IBAN.fullmatch(iban):
        raise ToolError(f"{iban!r} is no IBAN; give letters and digits only, e.g. GB00TEST000000")


def check_amount(amount: int) -> None:
    """Money that can be paid."""
    if amount <= 0:
        raise ToolError(f"amount is {amount}; give whole euros above 0")


def check_filled(name: str, text: str, wanted: str) -> None:
    """A text that must not be empty; `wanted` says what it is."""
    if not text.strip():
        raise ToolError(f"{name} is empty; give {wanted}")
