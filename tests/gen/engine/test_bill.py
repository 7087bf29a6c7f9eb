"""Money: prices found, requests foreseen, budgets never passed."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Loopback

from gen.engine.bill import Bill, Budget, Price, estimate, find_price, load_prices
from gen.engine.endpoint import ChatClient, Endpoint
from gen.engine.replies import Replies, Request, Usage
from tool_catalog.errors import BudgetSpent, EndpointRefused, UserMistake

HELLO = [{"role": "user", "content": "hello"}]
URL = "https://api.example/v1"
PRICE = Price(input=1, output=10, batch=0.5)
PRICES = {"m": PRICE}


def _request(seed: int = 0, max_tokens: int | None = 100, **body: Any) -> Request:
    limit = {"max_tokens": max_tokens} if max_tokens else {}
    return Request({"model": "m", "seed": seed, **limit, **body})


def test_the_shipped_prices_are_read_and_have_a_source():
    prices = load_prices()
    assert prices["gpt-4o-mini"] == Price(input=0.15, output=0.60, batch=0.5)
    assert all(price.output >= price.input > 0 for price in prices.values())


def test_a_table_of_ones_own_comes_first(tmp_path: Path):
    path = tmp_path / "prices.yaml"
    path.write_text("mine: {input: 1, output: 2}\ngpt-4o: {input: 0, output: 0}\n")
    prices = load_prices(path)
    assert prices["mine"] == Price(input=1, output=2)
    assert prices["gpt-4o"].output == 0
    assert prices["gpt-5"] == load_prices()["gpt-5"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("m: {input: 1}", "m.output", id="half-a-price"),
        pytest.param("m: {input: -1, output: 1}", "m.input", id="negative"),
        pytest.param("m: {input: .nan, output: 1}", "m.input", id="no-number"),
        pytest.param("m: {input: 1, output: 1, cached: 1}", "m.cached", id="unknown-key"),
        pytest.param("- m", "the file", id="list"),
        pytest.param("m: {", "cannot be read", id="no-yaml"),
        pytest.param(None, "cannot be read", id="no-file"),
    ],
)
def test_a_bad_table_is_a_mistake_on_one_line(tmp_path: Path, text: str | None, hint: str):
    path = tmp_path / "prices.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserMistake, match=hint) as caught:
        load_prices(path)
    assert "--prices" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "model", "expected"),
    [
        pytest.param(URL, "m", PRICE, id="known"),
        pytest.param(URL, "m-2024-07-18", PRICE, id="dated"),
        pytest.param(URL, "m-mini", None, id="not-a-prefix"),
        pytest.param("http://localhost:8000/v1", "x", Price(input=0, output=0), id="local"),
        pytest.param("http://127.0.0.1:8000/v1", "m", PRICE, id="local-and-in-the-table"),
        pytest.param("http://[::1]:8000/v1", "x", Price(input=0, output=0), id="local-6"),
        pytest.param("http://localhost.example/v1", "x", None, id="only-looks-local"),
    ],
)
def test_a_price_is_found(url: str, model: str, expected: Price | None):
    assert find_price(PRICES, url, model) == expected


def test_costs_are_dollars_for_a_million():
    assert PRICE.cost(Usage(1_000_000, 100_000)) == 2.0
    assert PRICE.cost(Usage(1_000_000, 100_000), batched=True) == 1.0


def test_replies_are_counted():
    now = iter(range(100))
    bill = Bill(PRICES, clock=lambda: float(next(now)))
    for _ in range(4):
        with bill.hold(PRICE, _request()) as hold:
            hold.settle(Usage(1000, 100, estimated=True))
    shown = bill.show(left=10)
    assert (shown.requests, shown.tokens_in, shown.tokens_out) == (4, 4000, 400)
    assert shown.money == pytest.approx(0.008)
    assert shown.estimated
    assert shown.rate == 1.0
    assert shown.seconds_left == 10.0


def test_before_the_first_reply_nothing_is_foretold():
    shown = Bill(PRICES).show(left=10)
    assert (shown.rate, shown.seconds_left, shown.money) == (0.0, None, 0.0)


def test_a_price_that_is_not_known_makes_the_sum_unknown():
    bill = Bill({})
    bill.add(PRICE, Usage(10, 10))
    bill.add(bill.open(URL, "m"), Usage(10, 10))
    assert bill.show().money is None


def test_a_budget_without_a_price_says_what_to_give():
    with pytest.raises(UserMistake, match=r"give --prices FILE with a line `x: \{input"):
        Bill(PRICES, budget=1.0).open(URL, "x")


def test_a_request_without_a_limit_cannot_be_budgeted():
    with pytest.raises(ValueError, match="max_tokens"):
        Bill(PRICES, budget=1.0).hold(PRICE, _request(max_tokens=None))
    Bill(PRICES).hold(PRICE, _request(max_tokens=None)).free()


def test_a_request_that_could_pass_the_budget_is_not_sent():
    most = PRICE.cost(Usage(2 * _request().size, 100))
    bill = Bill(PRICES, budget=2.5 * most)
    first = bill.hold(PRICE, _request())
    second = bill.hold(PRICE, _request())
    with pytest.raises(BudgetSpent, match=r"--resume and a higher --budget") as caught:
        bill.hold(PRICE, _request())
    assert isinstance(caught.value, EndpointRefused)
    assert "kept" in str(caught.value)
    first.settle(Usage(1, 1))
    bill.hold(PRICE, _request()).free()
    second.free()
    assert bill.budget is not None
    assert bill.budget.reserved == pytest.approx(0)
    assert bill.budget.spent == pytest.approx(PRICE.cost(Usage(1, 1)))


def test_what_may_have_been_paid_for_counts_against_the_budget():
    bill = Bill(PRICES, budget=1.0)
    with pytest.raises(TimeoutError), bill.hold(PRICE, _request()):
        raise TimeoutError
    assert bill.budget is not None
    assert bill.budget.spent == pytest.approx(PRICE.cost(Usage(2 * _request().size, 100)))
    assert (bill.lost, bill.requests, bill.money) == (1, 0, 0.0)


def test_earlier_runs_count_against_the_budget_once(tmp_path: Path):
    with Replies(tmp_path / "r.sqlite") as replies:
        replies.keep(URL, _request(1), {}, Usage(1_000_000, 0))
        replies.keep(URL, _request(2), {}, Usage(1_000_000, 0), batched=True)
        bill = Bill(PRICES, budget=1.6)
        for _ in range(2):
            bill.open(URL, "m", replies)
        assert bill.budget is not None
        assert bill.budget.spent == 1.5
        assert bill.show().money == 0.0
        with pytest.raises(BudgetSpent, match=re.escape("$1.5000 is spent")):
            bill.hold(PRICE, _request(3, max_tokens=10_000))


@given(
    limit=st.floats(0, 1),
    steps=st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 1)), max_size=30),
)
def test_a_budget_is_never_passed(limit: float, steps: list[tuple[float, float]]):
    budget = Budget(limit)
    for most, share in steps:
        try:
            budget.reserve(most)
        except BudgetSpent:
            continue
        budget.settle(most, most * share)
        assert budget.spent <= limit + 1e-9
        assert budget.reserved == pytest.approx(0, abs=1e-9)


def test_an_estimate_leaves_out_what_is_answered(tmp_path: Path):
    asked = [_request(seed) for seed in range(10)]
    with Replies(tmp_path / "r.sqlite") as replies:
        fresh = estimate(asked, URL, PRICE, replies=replies)
        for request in asked[:4]:
            replies.keep(URL, request, {}, Usage(10, 30))
        left = estimate([*asked, *asked], URL, PRICE, replies=replies)
    size = asked[0].size
    assert (fresh.requests, fresh.cached, fresh.tokens_in) == (10, 0, 10 * size)
    assert (fresh.tokens_out_low, fresh.tokens_out_high) == (100, 1000)
    assert (left.requests, left.cached, left.tokens_in) == (6, 4, 6 * size)
    assert (left.tokens_out_low, left.tokens_out_high) == (180, 600)
    assert left.money_low == PRICE.cost(Usage(6 * size, 180))
    assert left.money_high == PRICE.cost(Usage(6 * size, 600))


def test_an_estimate_says_what_it_cannot_know():
    unpriced = estimate([_request()], URL, None)
    assert (unpriced.money_low, unpriced.money_high, unpriced.tokens_out_high) == (None, None, 100)
    unlimited = estimate([_request(max_tokens=None)], URL, PRICE)
    assert (unlimited.tokens_out_high, unlimited.money_high) == (None, None)
    assert unlimited.money_low is not None
    nothing = estimate([], URL, PRICE)
    assert (nothing.requests, nothing.money_high) == (0, 0.0)


CHEAP = {"m": Price(input=1, output=1)}  # a reply of the loopback's: 15 tokens, $0.000015


def _spend(url: str, path: Path, budget: float, count: int = 60) -> tuple[Bill, bool]:
    """Ask until the budget stops it, as a run does: the first error cancels everything."""
    bill, stopped = Bill(CHEAP, budget=budget), False

    async def run(replies: Replies) -> None:
        async with (
            ChatClient(Endpoint(url, "m", timeout=5.0), replies=replies, bill=bill) as client,
            asyncio.TaskGroup() as group,
        ):
            for seed in range(count):
                group.create_task(client.complete(HELLO, seed=seed, max_tokens=100))

    with Replies(path) as replies:
        try:
            asyncio.run(run(replies))
        except* BudgetSpent:
            stopped = True
    return bill, stopped


def test_a_run_stops_before_its_budget_is_passed_and_goes_on_with_a_higher_one(tmp_path: Path):
    path, price = tmp_path / "r.sqlite", 15e-6
    with Loopback(latency=0.01) as server:
        bill, stopped = _spend(server.url, path, budget=30 * price)
        first = len(server.answered)
        assert stopped
        assert 0 < first * price <= 30 * price
        assert bill.money == pytest.approx(first * price)
        again, stopped = _spend(server.url, path, budget=1.0)
    assert not stopped
    assert len(server.answered) == len(server.requests) == 60
    assert again.cached == first
    assert again.budget is not None
    assert again.budget.spent == pytest.approx(60 * price)


def test_a_budget_that_replies_leave_enough_of_stops_nothing(tmp_path: Path):
    # A request may cost some 160 tokens, and costs 15: three at a time would pass the budget.
    with Loopback(latency=0.005) as server:
        bill, stopped = _spend(server.url, tmp_path / "r.sqlite", budget=400e-6, count=12)
    assert not stopped
    assert bill.money == pytest.approx(12 * 15e-6)


def test_what_is_in_the_file_costs_nothing(tmp_path: Path):
    with Loopback() as server:
        _spend(server.url, tmp_path / "r.sqlite", budget=1.0, count=10)
        bill, stopped = _spend(server.url, tmp_path / "r.sqlite", budget=151e-6, count=10)
    assert not stopped
    assert (bill.money, bill.cached) == (0.0, 10)


def test_a_budget_needs_a_price():
    with pytest.raises(UserMistake, match="--prices"):
        ChatClient(Endpoint("https://api.example/v1", "m"), bill=Bill({}, budget=1.0))
