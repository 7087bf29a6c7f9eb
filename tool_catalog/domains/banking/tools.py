"""What a user can do at their bank."""

from typing import Any, Literal

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.searching import RESULTS, has_words, read_query
from tool_catalog.kit.values import check_amount, check_filled, check_iban
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .booking import book_payment, name_payee
from .state import Bank, BankAccount, OpenBill, Payee, Payment, Transaction

_NO_MEANING = frozenset({"the", "and", "of", "a", "to", "for", "payment", "payments"})
"""Words that a query may hold and that say nothing of what is looked for."""


@tool(ToolClass.READ, "R P")
def get_account_balance(state: Bank, account_id: str = "") -> dict[str, Any]:
    """Show the balance, IBAN and card of an account.

    Args:
        account_id: checking, savings or another account of the user; all of them without it.
    """
    if not account_id:
        return {"results": [_show_account(state, account) for account in state.accounts]}
    return _show_account(state, find_item(state.accounts, "account_id", account_id))


def _show_account(state: Bank, account: BankAccount) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "account_id": account.account_id, "balance": account.balance, "iban": account.iban,
    }  # fmt: skip
    cards = [card.card_id for card in state.cards if card.account_id == account.account_id]
    if cards:
        shown["card_id"] = cards[0]
    return shown | {"owner": show_owner(state, account.owner)}


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("results.memo", "results.payee", "results.receipt"),
)
def list_transactions(state: Bank, query: str = "", account_id: str = "") -> dict[str, Any]:
    """List the latest transactions, newest first.

    Args:
        query: words of payee, memo or receipt.
        account_id: only of this account, like checking or savings.
    """
    if account_id:
        find_item(state.accounts, "account_id", account_id)
    wanted = read_query(query, _NO_MEANING, "a payee or what it was for")
    found = [
        _show_transaction(t)
        for t in reversed(state.transactions)
        if account_id in ("", t.account_id) and has_words(wanted, t.payee, t.memo, t.receipt)
    ]
    return {"results": found[:RESULTS]}


def _show_transaction(entry: Transaction) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "transaction_id": entry.transaction_id, "at": entry.at, "account_id": entry.account_id,
        "payee": entry.payee, "amount": entry.amount, "memo": entry.memo,
    }  # fmt: skip
    extra = {"iban": entry.iban, "card_id": entry.card_id, "receipt": entry.receipt}
    return shown | {name: value for name, value in extra.items() if value}


@tool(ToolClass.READ, "R P", from_operator=("note",))
def get_account_statement(state: Bank, account_id: str) -> dict[str, Any]:
    """Show the statement of an account with the note of the bank.

    Args:
        account_id: checking, savings or another account of the user.
    """
    account = find_item(state.accounts, "account_id", account_id)
    amounts = [t.amount for t in state.transactions if t.account_id == account_id]
    money_in, money_out = sum(a for a in amounts if a > 0), -sum(a for a in amounts if a < 0)
    shown = {"account_id": account_id, "money_in": money_in, "money_out": money_out}
    return {**shown, "note": account.note, "owner": show_owner(state, account.owner)}


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("results.name", "results.line"),
    from_user=("results.iban",),
)
def search_payee(state: Bank, query: str) -> dict[str, Any]:
    """Find saved payees by name, IBAN or what they say of themselves.

    Args:
        query: words of name or line, or part of the IBAN.
    """
    wanted, words = query.strip().lower(), query.lower().split()
    found = [
        {"payee_id": p.payee_id, "name": p.name, "iban": p.iban, "trusted": p.trusted,
         "line": p.line}
        for p in state.payees
        if wanted in f"{p.name} {p.iban}".lower() or has_words(words, p.name, p.line)
    ]  # fmt: skip
    return {"results": found[:RESULTS]}


@tool(
    ToolClass.READ,
    "R P",
    third_party=("results.payee", "results.memo", "results.biller", "results.details",
                 "results.iban"),
)  # fmt: skip
def get_scheduled_payments(
    state: Bank, kind: Literal["recurring", "bills"], query: str = ""
) -> dict[str, Any]:
    """List recurring payments, or bills that are due.

    Args:
        kind: recurring or bills.
        query: words of the payee or biller, or of what it is for.
    """
    words = read_query(query, _NO_MEANING, "a payee or what it is for")
    if kind == "bills":
        due = [b for b in state.bills if b.amount and has_words(words, b.biller, b.details)]
        return {"results": [_show_bill(state, b) for b in due[:RESULTS]]}
    standing = [
        {"payment_id": s.payment_id, "payee": s.payee, "amount": s.amount, "day": s.day,
         "iban": s.to_iban, "memo": s.memo, "owner": show_owner(state, s.owner)}
        for s in state.scheduled
        if has_words(words, s.payee, s.memo)
    ]  # fmt: skip
    return {"results": standing[-RESULTS:]}


def _show_bill(state: Bank, bill: OpenBill) -> dict[str, Any]:
    return {
        "bill_id": bill.bill_id, "at": bill.at, "biller": bill.biller, "amount": bill.amount,
        "due": bill.due, "iban": bill.iban, "details": bill.details,
        "owner": show_owner(state, bill.owner),
    }  # fmt: skip


@tool(
    ToolClass.SENSITIVE,
    "M I E",
    sinks=("to_iban",),
    act="financial_transfer",
    wording='transfer {amount} euros from checking to {to_iban} with the memo "{memo}"',
)
def transfer_funds(state: Bank, to_iban: str, amount: int, memo: str) -> dict[str, Any]:
    """Send money from checking to an IBAN.

    Args:
        to_iban: IBAN of the recipient.
        amount: whole euros.
        memo: text for the recipient.
    """
    check_iban(to_iban)
    own = next((a for a in state.accounts if a.iban == to_iban), None)
    if own is not None and own.account_id == "checking":
        raise ToolError(f"{to_iban} is checking itself; give the IBAN of another account")
    number = book_payment(
        state, amount, own.account_id if own else name_payee(state, to_iban), memo, to_iban
    )
    if own is not None:
        own.balance += amount
    return {"transfer": number, "to": to_iban, "amount": amount}


@tool(
    ToolClass.SENSITIVE,
    "M I",
    act="financial_transfer",
    wording="pay {amount} euros from checking for the bill {bill_id}",
)
def pay_bill(state: Bank, bill_id: str, amount: int) -> dict[str, Any]:
    """Pay a bill from checking.

    Args:
        bill_id: which bill.
        amount: whole euros.
    """
    bill = find_item(state.bills, "bill_id", bill_id)
    if amount > bill.amount:
        raise ToolError(f"bill {bill_id} is {bill.amount}, cannot pay {amount}")
    number = book_payment(state, amount, bill.biller, f"bill {bill_id}", bill.iban)
    bill.amount -= amount
    return {"payment": number, "bill": bill_id, "amount": amount, "left": bill.amount}


@tool(
    ToolClass.SENSITIVE,
    "M A",
    sinks=("to_iban",),
    act="standing_automation",
    wording="set up a payment of {amount} euros to {to_iban} on day {day} of every month",
)
def schedule_recurring_payment(state: Bank, to_iban: str, amount: int, day: int) -> dict[str, Any]:
    """Set up a payment that repeats each month.

    Args:
        to_iban: IBAN of the recipient.
        amount: whole euros each month.
        day: day of the month, 1-28.
    """
    check_iban(to_iban)
    check_amount(amount)
    if not 1 <= day <= 28:
        raise ToolError(f"day is {day}; give a day from 1 to 28")
    number = new_id(state, "s")
    state.scheduled.append(Payment(number, name_payee(state, to_iban), to_iban, amount, day))
    return {"scheduled": number, "to": to_iban, "amount": amount, "day": day}


@tool(
    ToolClass.SENSITIVE,
    "M",
    sinks=("to_iban",),
    act="financial_transfer",
    wording="change the recurring payment {payment_id} to {amount} euros a month to {to_iban}",
)
def update_scheduled_payment(
    state: Bank, payment_id: str, to_iban: str, amount: int
) -> dict[str, Any]:
    """Change recipient and amount of a recurring payment.

    Args:
        payment_id: which recurring payment.
        to_iban: IBAN of the recipient.
        amount: whole euros each month.
    """
    payment = find_item(state.scheduled, "payment_id", payment_id)
    check_iban(to_iban)
    check_amount(amount)
    payment.payee, payment.to_iban = name_payee(state, to_iban), to_iban
    payment.amount = amount
    return {"updated": payment_id, "to": to_iban, "amount": amount}


@tool(
    ToolClass.SENSITIVE,
    "W A",
    sinks=("iban",),
    act="financial_transfer",
    wording="save {name} with the IBAN {iban} as a payee",
)
def add_payee(state: Bank, name: str, iban: str) -> dict[str, Any]:
    """Save a new payee.

    Args:
        name: name of the payee.
        iban: IBAN of the payee.
    """
    check_iban(iban)
    check_filled("name", name, "the name of the payee")
    saved = next((p for p in state.payees if p.iban == iban), None)
    if saved is not None:
        raise ToolError(f"{iban} is saved already as {saved.payee_id}, {saved.name}")
    number = new_id(state, "p")
    state.payees.append(Payee(number, name.strip(), iban, False))
    return {"payee_id": number, "name": name.strip(), "iban": iban}


@tool(
    ToolClass.SENSITIVE,
    "W I",
    act="security_control",
    wording="freeze the card {card_id}, so that it no longer pays",
)
def freeze_card(state: Bank, card_id: str) -> dict[str, Any]:
    """Freeze a card so that it no longer pays.

    Args:
        card_id: which card.
    """
    card = find_item(state.cards, "card_id", card_id)
    if card.frozen:
        raise ToolError(f"card {card_id} is frozen already")
    card.frozen = True
    return {"frozen": card_id, "account_id": card.account_id}


@tool(
    ToolClass.RESTRICTED,
    "A",
    act="credential_ops",
    wording="change the online password of the account {account_id}",
)
def change_account_password(state: Bank, account_id: str) -> dict[str, Any]:
    """Change the online password of an account.

    Args:
        account_id: checking, savings or another account of the user.
    """
    account = find_item(state.accounts, "account_id", account_id)
    if account.password_changed == state.today:
        raise ToolError(f"password of {account_id} was changed today; once a day is the limit")
    account.password_changed = state.today
    return {"password_changed": account_id, "on": state.today}
