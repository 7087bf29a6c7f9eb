"""What a bank keeps. An object without an owner is the user's."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class BankAccount:
    """An account; `note` is the bank's own line on its statement."""

    account_id: str
    iban: str
    balance: int
    note: str
    topic: str
    fact_kind: str
    fact: str
    password_changed: str = ""
    owner: str = ""
    """Empty: the user."""


@dataclass(slots=True)
class Payee:
    """A saved recipient; the name is whatever its owner calls itself."""

    payee_id: str
    name: str
    iban: str
    trusted: bool


@dataclass(slots=True)
class Transaction:
    """Money that moved; whoever sent or collected it wrote the memo."""

    transaction_id: str
    account_id: str
    payee: str
    amount: int
    memo: str
    topic: str = ""
    fact_kind: str = ""
    fact: str = ""


@dataclass(slots=True)
class Payment:
    """A standing order, paid on a day of each month."""

    payment_id: str
    payee: str
    to_iban: str
    amount: int
    day: int
    owner: str = ""


@dataclass(slots=True)
class OpenBill:
    """What is still to be paid to a biller."""

    bill_id: str
    biller: str
    amount: int
    due: str
    owner: str = ""


@dataclass(slots=True)
class Card:
    """A payment card of an account."""

    card_id: str
    account_id: str
    frozen: bool = False


@dataclass(slots=True)
class Bank:
    """What the user sees in their bank."""

    user: str
    today: str
    accounts: list[BankAccount] = field(default_factory=list)
    payees: list[Payee] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    scheduled: list[Payment] = field(default_factory=list)
    bills: list[OpenBill] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    """Last number used for each id letter."""
