"""Money that leaves checking."""

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.values import check_amount

from .state import Bank, Transaction


def name_payee(state: Bank, iban: str) -> str:
    """The saved name of an IBAN, or the IBAN itself."""
    return next((p.name for p in state.payees if p.iban == iban), iban)


def book_payment(state: Bank, amount: int, payee: str, memo: str, iban: str = "") -> str:
    """Take money from checking and book it."""
    checking = find_item(state.accounts, "account_id", "checking")
    check_amount(amount)
    if amount > checking.balance:
        raise ToolError(f"balance of checking is {checking.balance}, cannot send {amount}")
    checking.balance -= amount
    number = new_id(state, "t")
    booked = Transaction(number, "checking", payee, -amount, memo, at=state.today, iban=iban)
    state.transactions.append(booked)
    return number
