"""Filling a bank with what has nothing to do with the matter."""

from datetime import date, timedelta
from random import Random

from tool_catalog.kit.drawing import draw_people, read_words
from tool_catalog.kit.unrelated import draw_slots, fill_piece
from tool_catalog.pools import Person, Pools

from .state import (
    Bank,
    BankAccount,
    Card,
    OpenBill,
    Payee,
    Payment,
    Transaction,
)

_PARTS = ("payee", "amount", "memo")
_BY_CARD = "Payment by card"


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Bank:
    """Fill a bank: 2 accounts, 5 payees, 6 transactions, 3 standing orders, 3 bills, 2 cards."""
    words, [person, other] = read_words(__package__), draw_people(rng, pools, owner, 2)
    companies = rng.sample(pools.companies, 7)
    ibans = _draw_ibans(rng, 7)
    trusted = rng.sample((True, True, True, False, False), 5)
    names, lines = rng.sample([*companies[3:], person.name], 5), rng.sample(words["lines"], 5)
    payees = [Payee(f"p{i + 1}", names[i], ibans[i], trusted[i], lines[i]) for i in range(5)]
    slots = draw_slots(rng, pools, owner, today)
    notes = [fill_piece(note, slots) for note in rng.sample(words["notes"], 2)]
    accounts = [
        BankAccount("checking", ibans[5], rng.randrange(4200, 12000), notes[0]),
        BankAccount("savings", ibans[6], rng.randrange(12500, 30000), notes[1]),
    ]
    bank = Bank(owner.name, today.isoformat(), accounts, payees)
    _add_transactions(bank, rng, pools, owner, today)
    mandates = rng.sample(words["mandates"], 3)
    bank.scheduled = [
        Payment(f"s{i + 1}", p.name, p.iban, rng.randrange(20, 500), rng.randrange(1, 29),
                memo=mandates[i])
        for i, p in enumerate(rng.sample(payees, 3))
    ]  # fmt: skip
    for i, text in enumerate(rng.sample(words["bills"], 3)):
        due, amount = today + timedelta(days=rng.randrange(2, 25)), rng.randrange(25, 300)
        bill = OpenBill(f"b{i + 1}", companies[i], amount, due.isoformat())
        bill.at = _draw_moment(rng, today - timedelta(days=rng.randrange(1, 12)))
        bill.details = _fill_sum(rng, text, amount, other.name)
        bank.bills.append(bill)
    bank.cards = [Card("c1", "checking"), Card("c2", "savings")]
    bank.counters = {"t": 6, "p": 5, "s": 3, "b": 3, "c": 2}
    return bank


def _add_transactions(bank: Bank, rng: Random, pools: Pools, owner: Person, today: date) -> None:
    """Four of one account, two of the other; two were paid by card and have a receipt."""
    words = read_words(__package__)
    homes = rng.sample(("checking", "checking", "checking", "checking", "savings", "savings"), 6)
    days = sorted(rng.sample(range(2, 60), 6), reverse=True)
    texts = [*rng.sample(words["transactions"], 4), *rng.sample(words["receipts"], 2)]
    rng.shuffle(texts)
    for i, text in enumerate(texts):
        day = today - timedelta(days=days[i])
        slots = draw_slots(rng, pools, owner, day)
        if isinstance(text, str):
            amount = rng.randrange(12, 140)
            made = Transaction(f"t{i + 1}", homes[i], slots["company1"], -amount, _BY_CARD)
            made.receipt = _fill_sum(rng, text, amount, slots["person1"])
        else:
            payee, value, memo = (fill_piece(text[part], slots) for part in _PARTS)
            made = Transaction(f"t{i + 1}", homes[i], payee, int(value), memo)
        made.at = _draw_moment(rng, day)
        bank.transactions.append(made)


def _draw_ibans(rng: Random, count: int) -> list[str]:
    """Accounts beside the pool's: those are for whom stories bring in."""
    return [f"GB00TEST{number:06d}" for number in rng.sample(range(10**6), count)]


def _draw_moment(rng: Random, day: date) -> str:
    return f"{day.isoformat()}T{rng.randrange(7, 21):02d}:{rng.randrange(0, 60, 5):02d}"


def _fill_sum(rng: Random, text: str, amount: int, person: str) -> str:
    """A bill or a receipt whose lines add up to an amount."""
    part = rng.randrange(amount // 2, amount)
    return text.format(amount=amount, part=part, other=amount - part, person=person)
