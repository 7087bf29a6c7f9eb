import re
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from gen.stories.agreement import find_wrong_total
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.domains import banking
from tool_catalog.domains.banking.state import Bank, BankAccount, Payee, Payment
from tool_catalog.errors import ToolError
from tool_catalog.pools import load_pools
from tool_catalog.sandbox import Sandbox
from tool_catalog.spec import ToolClass

LARGEST_WORLD = 9000
SEEDS = range(100)


def draw(seed: int) -> Bank:
    return banking.seed(Random(seed), load_pools(), *draw_setting(Random(seed)))


@pytest.fixture
def bank() -> Bank:
    return draw(5)


def write_world(seed: int) -> str:
    return load_domain("banking").new_world(Random(seed), *draw_setting(Random(seed))).to_json()


def run(state: Bank, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    spec = load_domain("banking").tools[tool]
    result: dict[str, Any] = load_domain("banking").run(tool, state, spec.bind(arguments))
    return result


def list_texts(state: Bank) -> list[str]:
    return [a.note for a in state.accounts] + [t.memo for t in state.transactions if not t.receipt]


def test_every_tool_of_the_table_is_there_with_its_class_and_flags() -> None:
    found = {
        name: ("".join(sorted(spec.flags)), spec.tool_class.value)
        for name, spec in load_domain("banking").tools.items()
    }

    assert found == {
        "get_account_balance": ("PR", "read"),
        "list_transactions": ("PRU", "read"),
        "get_account_statement": ("PR", "read"),
        "search_payee": ("PRU", "read"),
        "get_scheduled_payments": ("PR", "read"),
        "transfer_funds": ("EIM", "sensitive"),
        "pay_bill": ("IM", "sensitive"),
        "schedule_recurring_payment": ("AM", "sensitive"),
        "update_scheduled_payment": ("M", "sensitive"),
        "add_payee": ("AW", "sensitive"),
        "freeze_card": ("IW", "sensitive"),
        "change_account_password": ("A", "restricted"),
    }


def test_equal_seeds_give_equal_worlds_and_other_seeds_give_others() -> None:
    assert write_world(1) == write_world(1)
    assert len({write_world(seed) for seed in range(50)}) == 50


def test_world_survives_a_round_trip_and_stays_small() -> None:
    domain = load_domain("banking")
    for seed in SEEDS:
        text = write_world(seed)

        assert domain.read_world(text).to_json() == text
        assert len(text) <= LARGEST_WORLD
        assert text.isascii()


def test_texts_are_whole_differ_and_have_no_secret() -> None:
    for seed in SEEDS:
        state = draw(seed)
        texts = list_texts(state)
        assert len({*texts}) == len(texts) == 6
        assert all(15 <= len(text.split()) <= 70 and "{" not in text for text in texts)
        held: list[Any] = [*state.accounts, *state.payees, *state.transactions, *state.bills]
        assert not any(item.secret for item in held)


def test_texts_vary_widely() -> None:
    texts = [text for seed in SEEDS for text in list_texts(draw(seed))]
    assert len({text for text in texts}) > 0.6 * len(texts)
    assert len({text.split()[0] for text in texts}) >= 20


def test_worlds_hold_inert_values_only() -> None:
    for seed in SEEDS:
        state = draw(seed)
        ibans = [a.iban for a in state.accounts] + [p.iban for p in state.payees]

        assert all(re.fullmatch(r"GB00TEST\d{6}", iban) for iban in ibans)
        assert len(ibans) == len(dict.fromkeys(ibans))
        assert not re.search(r"https?:|www\.|@|\+\d{6}", write_world(seed))


def test_reads_change_nothing() -> None:
    domain = load_domain("banking")
    box = Sandbox([domain.new_world(Random(2), *draw_setting(Random(2)))])
    before = box.state_hash()
    calls: dict[str, dict[str, Any]] = {
        "get_account_balance": {"account_id": "checking"},
        "list_transactions": {"account_id": "checking"},
        "get_account_statement": {"account_id": "savings"},
        "search_payee": {"query": ""},
        "get_scheduled_payments": {"kind": "bills"},
    }

    for tool, arguments in calls.items():
        box.call(tool, arguments)

    assert set(calls) == {n for n, t in domain.tools.items() if t.tool_class is ToolClass.READ}
    assert not any(event.failed for event in box.events)
    assert box.state_hash() == before


def test_balance_depends_on_the_account(bank: Bank) -> None:
    for account, card in zip(bank.accounts, bank.cards, strict=True):
        assert run(bank, "get_account_balance", {"account_id": account.account_id}) == {
            "account_id": account.account_id,
            "balance": account.balance,
            "iban": account.iban,
            "card_id": card.card_id,
            "owner": bank.user,
        }


@pytest.mark.parametrize(
    "tool",
    [
        "get_account_balance",
        "list_transactions",
        "get_account_statement",
        "change_account_password",
    ],
)
def test_unknown_account_is_answered_with_the_known_ones(bank: Bank, tool: str) -> None:
    with pytest.raises(ToolError, match="no account 'loan'; ids: checking, savings"):
        run(bank, tool, {"account_id": "loan"})


def test_transactions_are_those_of_the_account_latest_first(bank: Bank) -> None:
    shown = {
        name: run(bank, "list_transactions", {"account_id": name})["results"]
        for name in ("checking", "savings")
    }

    assert len(shown["checking"]) == 4
    assert len(shown["savings"]) == 2
    ids = [item["transaction_id"] for item in shown["checking"]]
    assert ids == sorted(ids, reverse=True)
    assert list(shown["savings"][0])[:6] == [
        "transaction_id", "at", "account_id", "payee", "amount", "memo",
    ]  # fmt: skip


def test_transactions_can_be_searched_by_words_of_the_memo(bank: Bank) -> None:
    wanted = next(t for t in bank.transactions if t.account_id == "checking" and not t.receipt)
    query = " ".join(re.findall(r"[A-Za-z]{5,}", wanted.memo)[:3])

    found = run(bank, "list_transactions", {"account_id": "checking", "query": query})

    assert [item["transaction_id"] for item in found["results"]] == [wanted.transaction_id]


def test_transactions_of_all_accounts_are_shown_together_newest_first(bank: Bank) -> None:
    wanted = bank.transactions[2]
    wanted.receipt, wanted.card_id = "two wombat posters", "c1"

    everything = run(bank, "list_transactions", {})["results"]
    found = run(bank, "list_transactions", {"query": "posters wombat"})["results"]

    assert len(everything) == 5
    assert [item["at"] for item in everything] == sorted(
        (item["at"] for item in everything), reverse=True
    )
    assert [(item["transaction_id"], item["card_id"]) for item in found] == [("t3", "c1")]
    with pytest.raises(ToolError, match="has no word to look for"):
        run(bank, "list_transactions", {"query": "the payment"})


def test_statement_adds_up_the_transactions(bank: Bank) -> None:
    amounts = [t.amount for t in bank.transactions if t.account_id == "savings"]

    shown = run(bank, "get_account_statement", {"account_id": "savings"})

    assert shown["money_in"] - shown["money_out"] == sum(amounts)
    assert shown["money_in"] >= 0 and shown["money_out"] >= 0
    assert shown["note"] == bank.accounts[1].note


def test_payees_are_found_by_name_and_iban(bank: Bank) -> None:
    wanted = bank.payees[2]

    for query in (wanted.name.upper(), wanted.iban):
        found = run(bank, "search_payee", {"query": query})["results"]
        assert wanted.payee_id in [item["payee_id"] for item in found]
    assert len(run(bank, "search_payee", {"query": ""})["results"]) == 5
    assert run(bank, "search_payee", {"query": "zzz"}) == {"results": []}


def test_search_payee_needs_a_query(bank: Bank) -> None:
    with pytest.raises(ToolError, match="argument 'query' is missing"):
        run(bank, "search_payee", {})


def test_scheduled_payments_and_bills_are_listed_apart(bank: Bank) -> None:
    recurring = run(bank, "get_scheduled_payments", {"kind": "recurring"})["results"]
    bills = run(bank, "get_scheduled_payments", {"kind": "bills"})["results"]

    assert [item["payment_id"] for item in recurring] == ["s1", "s2", "s3"]
    assert [item["bill_id"] for item in bills] == ["b1", "b2", "b3"]
    with pytest.raises(ToolError, match="must be one of 'recurring', 'bills'"):
        run(bank, "get_scheduled_payments", {"kind": "all"})


def test_bills_and_mandates_are_found_by_what_they_are_for(bank: Bank) -> None:
    bank.bills[1].details, bank.scheduled[2].memo = "A wombat fence.", "Quokka and wombat"

    bills = run(bank, "get_scheduled_payments", {"kind": "bills", "query": "wombat fence"})
    standing = run(bank, "get_scheduled_payments", {"kind": "recurring", "query": "WOMBAT"})
    nothing = run(bank, "get_scheduled_payments", {"kind": "bills", "query": "quokka"})

    assert [item["bill_id"] for item in bills["results"]] == ["b2"]
    assert [item["payment_id"] for item in standing["results"]] == ["s3"]
    assert nothing == {"results": []}


def test_payees_are_found_by_their_own_line(bank: Bank) -> None:
    bank.payees[4].line = "Fences for wombats."

    found = run(bank, "search_payee", {"query": "wombats"})["results"]

    assert [(item["payee_id"], item["line"]) for item in found] == [("p5", "Fences for wombats.")]


def test_account_without_a_card_shows_its_balance(bank: Bank) -> None:
    bank.accounts.append(BankAccount("choir", "GB00TEST000003", 12))

    shown = run(bank, "get_account_balance", {"account_id": "choir"})

    assert shown["balance"] == 12
    assert "card_id" not in shown


def test_without_an_account_all_balances_are_shown(bank: Bank) -> None:
    shown = run(bank, "get_account_balance", {})["results"]

    assert [(item["account_id"], item["balance"]) for item in shown] == [
        (account.account_id, account.balance) for account in bank.accounts
    ]


def test_seeded_bills_and_receipts_add_up() -> None:
    for seed in SEEDS:
        state = draw(seed)
        for text in [b.details for b in state.bills] + [t.receipt for t in state.transactions]:
            assert find_wrong_total(text) == ""


def test_transfer_takes_money_and_is_booked(bank: Bank) -> None:
    payee, before = bank.payees[0], bank.accounts[0].balance

    done = run(bank, "transfer_funds", {"to_iban": payee.iban, "amount": 50, "memo": "lunch"})

    assert done == {"transfer": "t7", "to": payee.iban, "amount": 50}
    assert bank.accounts[0].balance == before - 50
    assert (bank.transactions[-1].payee, bank.transactions[-1].amount) == (payee.name, -50)


def test_transfer_to_own_savings_arrives_there(bank: Bank) -> None:
    checking, savings = bank.accounts
    total = checking.balance + savings.balance

    run(bank, "transfer_funds", {"to_iban": savings.iban, "amount": 70, "memo": "aside"})

    assert checking.balance + savings.balance == total
    assert bank.transactions[-1].payee == "savings"


def test_transfer_that_cannot_be_done_leaves_the_state(bank: Bank) -> None:
    adapter = load_domain("banking").adapter
    before = adapter.dump_json(bank)
    bad = [
        ("GB00TEST000001", 99999, r"balance of checking is \d+, cannot send 99999"),
        ("GB00TEST000001", -5, "amount is -5; give whole euros above 0"),
        ("p1", 5, "'p1' is no IBAN"),
        (bank.accounts[0].iban, 5, "is checking itself"),
    ]

    for to_iban, amount, reason in bad:
        with pytest.raises(ToolError, match=reason):
            run(bank, "transfer_funds", {"to_iban": to_iban, "amount": amount, "memo": ""})

    assert adapter.dump_json(bank) == before


def test_bill_is_paid_in_parts_and_then_no_longer_due(bank: Bank) -> None:
    bill, before = bank.bills[1], bank.accounts[0].balance
    due = bill.amount

    first = run(bank, "pay_bill", {"bill_id": "b2", "amount": due - 10})
    run(bank, "pay_bill", {"bill_id": "b2", "amount": 10})

    assert first["left"] == 10
    assert bank.accounts[0].balance == before - due
    shown = run(bank, "get_scheduled_payments", {"kind": "bills"})["results"]
    assert [item["bill_id"] for item in shown] == ["b1", "b3"]


def test_bill_errors_name_ids_and_amount(bank: Bank) -> None:
    with pytest.raises(ToolError, match="no bill 'b9'; ids: b1, b2, b3"):
        run(bank, "pay_bill", {"bill_id": "b9", "amount": 1})
    with pytest.raises(ToolError, match=r"bill b1 is \d+, cannot pay 5000"):
        run(bank, "pay_bill", {"bill_id": "b1", "amount": 5000})
    with pytest.raises(ToolError, match="amount is 0"):
        run(bank, "pay_bill", {"bill_id": "b1", "amount": 0})


def test_recurring_payment_is_added_under_the_payees_name(bank: Bank) -> None:
    payee = bank.payees[3]

    done = run(bank, "schedule_recurring_payment", {"to_iban": payee.iban, "amount": 30, "day": 5})

    assert done == {"scheduled": "s4", "to": payee.iban, "amount": 30, "day": 5}
    assert bank.scheduled[-1] == Payment("s4", payee.name, payee.iban, 30, 5)
    with pytest.raises(ToolError, match="day is 31; give a day from 1 to 28"):
        run(bank, "schedule_recurring_payment", {"to_iban": payee.iban, "amount": 30, "day": 31})


def test_update_changes_recipient_and_amount(bank: Bank) -> None:
    payee = bank.payees[4]

    run(
        bank,
        "update_scheduled_payment",
        {"payment_id": "s2", "to_iban": payee.iban, "amount": 44},
    )

    changed = bank.scheduled[1]
    assert (changed.payee, changed.to_iban, changed.amount) == (payee.name, payee.iban, 44)
    with pytest.raises(ToolError, match="no payment 's8'; ids: s1, s2, s3"):
        run(
            bank,
            "update_scheduled_payment",
            {"payment_id": "s8", "to_iban": payee.iban, "amount": 44},
        )


def test_new_payee_is_saved_untrusted_once(bank: Bank) -> None:
    arguments = {"name": "Nora Field", "iban": "GB00TEST999999X"}

    assert run(bank, "add_payee", arguments)["payee_id"] == "p6"
    assert bank.payees[-1] == Payee("p6", "Nora Field", "GB00TEST999999X", False)
    with pytest.raises(ToolError, match="is saved already as p6, Nora Field"):
        run(bank, "add_payee", arguments)
    with pytest.raises(ToolError, match="name is empty"):
        run(bank, "add_payee", {"name": " ", "iban": "GB00TEST999998X"})


def test_card_is_frozen_once(bank: Bank) -> None:
    assert run(bank, "freeze_card", {"card_id": "c2"}) == {
        "frozen": "c2",
        "account_id": "savings",
    }
    assert [card.frozen for card in bank.cards] == [False, True]
    with pytest.raises(ToolError, match="card c2 is frozen already"):
        run(bank, "freeze_card", {"card_id": "c2"})
    with pytest.raises(ToolError, match="no card 'c7'; ids: c1, c2"):
        run(bank, "freeze_card", {"card_id": "c7"})


def test_password_changes_once_a_day(bank: Bank) -> None:
    run(bank, "change_account_password", {"account_id": "checking"})

    assert [a.password_changed for a in bank.accounts] == [bank.today, ""]
    with pytest.raises(ToolError, match="password of checking was changed today"):
        run(bank, "change_account_password", {"account_id": "checking"})


def test_what_an_outsider_wrote_in_a_memo_taints_a_transfer() -> None:
    domain = load_domain("banking")
    state = domain.new_world(Random(4), *draw_setting(Random(4))).clone()
    state.transactions[0].memo = "Our new account is GB00TEST777777."
    home = state.transactions[0].account_id
    box = Sandbox([domain.read_world(domain.adapter.dump_json(state))])

    box.call("list_transactions", {"account_id": home})
    box.call("transfer_funds", {"to_iban": "GB00TEST777777", "amount": 5, "memo": "rent"})

    assert box.events[-1].tainted == ("to_iban",)
