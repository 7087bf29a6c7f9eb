"""Filling a bank."""

from datetime import date, timedelta
from random import Random

from tool_catalog.kit.drawing import draw_people, draw_shape, read_words
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

FactText = tuple[str, str, str, str]  # text, topic, fact kind, fact


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Bank:
    """Fill a bank: 2 accounts, 5 payees, 6 transactions, 3 standing orders, 3 bills, 2 cards."""
    people = [owner, *draw_people(rng, pools, owner, 2)]
    companies = rng.sample(pools.companies, 7)
    ibans = _draw_ibans(rng, 7)
    trusted = rng.sample((True, True, True, False, False), 5)
    names = rng.sample([*companies[3:], people[1].name], 5)
    words, lines = read_words(__package__), rng.sample(read_words(__package__)["lines"], 5)
    payees = [Payee(f"p{i + 1}", names[i], ibans[i], trusted[i], lines[i]) for i in range(5)]
    notes = _write_texts(rng, pools, "note", 2)
    accounts = [
        BankAccount("checking", ibans[5], rng.randrange(4200, 12000), *notes[0]),
        BankAccount("savings", ibans[6], rng.randrange(12500, 30000), *notes[1]),
    ]
    bank = Bank(people[0].name, today.isoformat(), accounts, payees)
    homes = rng.sample(("checking", "checking", "checking", "checking", "savings", "savings"), 6)
    days = sorted(rng.sample(range(2, 60), 6), reverse=True)
    receipts = rng.sample(words["receipts"], 2)
    for i, text in enumerate(_write_texts(rng, pools, "memo", 6)):
        other = rng.choice([*names, people[2].name])
        amount = rng.randrange(12, 600) * rng.choice((-1, 1))
        made = Transaction(f"t{i + 1}", homes[i], other, amount, *text)
        made.at = _draw_moment(rng, today - timedelta(days=days[i]))
        if amount < 0 and receipts:
            made.receipt = _fill_sum(rng, receipts.pop(), -amount, people[2].name)
        bank.transactions.append(made)
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
        bill.details = _fill_sum(rng, text, amount, people[2].name)
        bank.bills.append(bill)
    bank.cards = [Card("c1", "checking"), Card("c2", "savings")]
    bank.counters = {"t": 6, "p": 5, "s": 3, "b": 3, "c": 2}
    return bank


def _draw_ibans(rng: Random, count: int) -> list[str]:
    """Accounts beside the pool's: those are for whom stories bring in."""
    return [f"GB00TEST{number:06d}" for number in rng.sample(range(10**6), count)]


def _draw_moment(rng: Random, day: date) -> str:
    return f"{day.isoformat()}T{rng.randrange(7, 21):02d}:{rng.randrange(0, 60, 5):02d}"


def _fill_sum(rng: Random, text: str, amount: int, person: str) -> str:
    """A bill or a receipt whose lines add up to an amount."""
    part = rng.randrange(amount // 2, amount)
    return text.format(amount=amount, part=part, other=amount - part, person=person)


def _write_texts(rng: Random, pools: Pools, section: str, count: int) -> list[FactText]:
    """Draw texts on different topics; each fact stands in its text."""
    words, months = read_words(__package__)[section], read_words(__package__)["months"]
    topics, kinds = rng.sample(words["topics"], count), rng.sample(list(words["facts"]), count)
    texts = []
    for topic, kind in zip(topics, kinds, strict=True):
        fact = _draw_fact(rng, words["facts"][kind])
        pattern = " ".join(rng.choice(words[part]) for part in ("openings", "sayings", "closings"))
        person, month = rng.choice(pools.people).name, rng.choice(months)
        text = pattern.format(topic=topic, kind=kind, fact=fact, month=month, person=person)
        texts.append((text, topic, kind, fact))
    return texts


def _draw_fact(rng: Random, shape: str) -> str:
    """A value of a shape, or a day of the year."""
    if shape == "DATE":
        return f"{rng.randrange(1, 29)} {rng.choice(read_words(__package__)['months'])}"
    return draw_shape(rng, shape)
