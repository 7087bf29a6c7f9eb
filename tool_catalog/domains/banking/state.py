"""What a bank keeps. An object without an owner is the user's."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class BankAccount:
    """An account; `note` is the bank's own line on its statement."""

    account_id: str
    iban: str
    balance: int
    note: str = ""
    password_changed: str = ""
    owner: str = ""
    """Empty: the user."""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Payee:
    """A saved recipient; name and line are whatever its owner says of itself."""

    payee_id: str
    name: str
    iban: str
    trusted: bool = False
    line: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Transaction:
    """Money that moved; whoever sent or collected it wrote the memo and the receipt."""

    transaction_id: str
    account_id: str
    payee: str
    amount: int
    memo: str
    at: str = ""
    iban: str = ""
    """Where it came from or went; empty: by card or within the bank."""
    card_id: str = ""
    receipt: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Payment:
    """A standing order or a mandate, paid on a day of each month; the payee wrote its memo."""

    payment_id: str
    payee: str
    to_iban: str
    amount: int
    day: int
    owner: str = ""
    memo: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class OpenBill:
    """What is still to be paid to a biller, who wrote the details."""

    bill_id: str
    biller: str
    amount: int
    due: str
    owner: str = ""
    at: str = ""
    iban: str = ""
    details: str = ""
    secret: str = ""
    secret_leaf: str = ""


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
