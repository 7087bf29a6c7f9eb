"""Banking and payments: two accounts, saved payees, bills, cards and standing orders."""

from .state import Bank as STATE
from .tools import (
    add_payee,
    change_account_password,
    freeze_card,
    get_account_balance,
    get_account_statement,
    get_scheduled_payments,
    list_transactions,
    pay_bill,
    schedule_recurring_payment,
    search_payee,
    transfer_funds,
    update_scheduled_payment,
)
from .world import seed

PROTECTED = {
    "accounts.iban": "T.S.financial_data",
    **dict.fromkeys(
        ["accounts.secret", "payees.secret", "transactions.secret", "scheduled.secret",
         "bills.secret"],
        "secret_leaf",
    ),
}  # fmt: skip
OBJECTS = {
    "accounts": "", "payees": "p", "transactions": "t", "scheduled": "s", "bills": "b",
    "cards": "c",
}  # fmt: skip

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "add_payee",
    "change_account_password",
    "freeze_card",
    "get_account_balance",
    "get_account_statement",
    "get_scheduled_payments",
    "list_transactions",
    "pay_bill",
    "schedule_recurring_payment",
    "search_payee",
    "seed",
    "transfer_funds",
    "update_scheduled_payment",
]
