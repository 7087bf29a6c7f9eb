"""Batches: kept like direct replies, waited for after a kill, never sent or paid for twice."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from loopback import Body, Loopback, Raw, _write
from pydantic import BaseModel

from gen.engine.batch import Batches, BatchOutcome
from gen.engine.bill import Bill, Price
from gen.engine.endpoint import ChatClient, Endpoint
from gen.engine.replies import Replies, Request, Tally, Usage
from gen.engine.structure import Asker, Mode
from tool_catalog.errors import BudgetSpent, EndpointFailed, EndpointRefused

PRICES = {"m": Price(input=1, output=1, batch=0.5)}


class _Killed(BaseException):
    """The process ends here."""


@dataclass
class Site:
    """A server and the file of a run against it."""

    server: Loopback
    path: Path
    statuses: list[tuple[str, int, int]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    patience: int = 100
    """Waits after which the process is killed."""

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) > self.patience:
            raise _Killed

    def run(self, requests: Sequence[Request], bill: Bill | None = None) -> BatchOutcome:
        async def run() -> BatchOutcome:
            endpoint = Endpoint(self.server.url, "m", timeout=5.0)
            with Replies(self.path) as replies:
                async with ChatClient(endpoint, replies=replies, bill=bill) as client:
                    batches = Batches(
                        client,
                        on_status=lambda *status: self.statuses.append(status),
                        wait=self.wait,
                    )
                    return await batches.run(requests)

        return asyncio.run(run())

    def noted(self) -> Any:
        with Replies(self.path) as replies:
            return replies._database.execute("SELECT value FROM notes").fetchall()


def _requests(count: int, start: int = 0) -> list[Request]:
    messages = [{"role": "user", "content": "hello"}]
    return [
        Request({"model": "m", "messages": messages, "seed": seed, "max_tokens": 100})
        for seed in range(start, start + count)
    ]


@pytest.fixture
def server():
    with Loopback(lambda body: f"reply {body['seed']}") as server:
        yield server


@pytest.fixture
def site(server: Loopback, tmp_path: Path) -> Site:
    return Site(server, tmp_path / "r.sqlite")


def test_replies_of_a_batch_are_found_by_whoever_asks_directly(site: Site):
    requests = _requests(3)
    outcome = site.run(requests)
    assert (outcome.answered, outcome.failed) == (3, {})

    async def ask() -> list[str]:
        with Replies(site.path) as replies:
            async with ChatClient(Endpoint(site.server.url, "m"), replies=replies) as client:
                return [(await client.answer(request)).text for request in requests]

    assert asyncio.run(ask()) == ["reply 0", "reply 1", "reply 2"]
    assert site.server.requests == []
    assert site.noted() == []


def test_what_is_uploaded_is_what_the_api_asks_for(site: Site):
    [request] = _requests(1)
    site.run([request])
    row = json.loads(site.server.files["file-0"])
    assert row == {
        "custom_id": f"0-{request.key(site.server.url).hex()}",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": request.body,
    }
    [batch] = site.server.batches.values()
    assert (batch["endpoint"], batch["completion_window"]) == ("/v1/chat/completions", "24h")
    assert batch["input_file_id"] == "file-0"


def test_a_structured_question_is_answered_by_a_batch(tmp_path: Path):
    class Bird(BaseModel):
        name: str

    asked = [{"role": "user", "content": "Name a bird."}]

    async def work(url: str) -> Bird:
        with Replies(tmp_path / "r.sqlite") as replies:
            async with ChatClient(Endpoint(url, "m"), replies=replies) as client:
                asker = Asker(client, mode=Mode.SCHEMA)
                await Batches(client).run([asker.make_request(asked, Bird, seed=1)])
                return await asker.ask(asked, Bird, seed=1)

    with Loopback(lambda body: '{"name": "wren"}') as server:
        assert asyncio.run(work(server.url)) == Bird(name="wren")
    assert server.requests == []


def test_polls_come_further_and_further_apart(site: Site):
    site.server.batch_polls = 14
    site.run(_requests(1))
    assert site.waits[0] == 5
    assert site.waits == sorted(site.waits)
    assert site.waits[-1] == 300
    assert [status for status, _, _ in site.statuses] == ["in_progress"] * 13 + ["completed"]


def test_a_finished_batch_is_not_sent_again(site: Site):
    for _ in range(2):
        site.run(_requests(3))
    assert len(site.server.batches) == 1
    site.run(_requests(4))
    assert len(site.server.batches) == 2
    assert len(site.server.files["file-2"].splitlines()) == 1


def test_a_killed_process_waits_on_and_does_not_pay_again(site: Site):
    site.server.batch_polls, site.patience = 5, 2
    with pytest.raises(_Killed):
        site.run(_requests(3))
    assert len(site.noted()) == 1
    site.patience = 100
    outcome = site.run(_requests(3))
    assert outcome.answered == 3
    assert len(site.server.batches) == 1
    assert site.noted() == []


def test_a_batch_whose_id_was_not_noted_is_found_by_its_label(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    remember = Batches._remember

    def kill(self: Batches, label: str, batch: str, *, gone: bool = False) -> None:
        if batch:
            raise _Killed
        remember(self, label, batch, gone=gone)

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "_remember", kill)
        with pytest.raises(_Killed):
            site.run(_requests(3))
    assert len(site.server.batches) == 1
    assert site.run(_requests(3)).answered == 3
    assert len(site.server.batches) == 1


def test_a_batch_that_was_noted_and_never_made_is_sent(site: Site, monkeypatch: pytest.MonkeyPatch):
    async def kill(self: Batches, send: Any) -> Any:
        if send.__name__ == "create":
            raise _Killed
        return await call(self, send)

    call = Batches._call
    with monkeypatch.context() as patch:
        patch.setattr(Batches, "_call", kill)
        with pytest.raises(_Killed):
            site.run(_requests(3))
    assert len(site.noted()) == 1
    assert len(site.server.batches) == 0
    assert site.run(_requests(3)).answered == 3


def test_replies_that_nobody_asks_for_any_more_are_kept_too(site: Site):
    site.server.batch_polls, site.patience = 5, 1
    with pytest.raises(_Killed):
        site.run(_requests(3))
    site.patience = 100
    site.run(_requests(1, start=7))
    with Replies(site.path) as replies:
        [tally] = replies.count(site.server.url, "m")
    assert tally == Tally(4, Usage(40, 20), batched=True)


def test_rows_that_fail_are_named_and_not_sent_again_in_a_batch(tmp_path: Path):
    def answer(body: Body) -> str | Raw:
        match body["seed"]:
            case 1:
                return Raw(400, {"error": {"message": "too odd"}})
            case 2:
                return Raw(200, {"choices": []})
        return "fine"

    requests = _requests(4)
    with Loopback(answer) as server:
        site = Site(server, tmp_path / "r.sqlite")
        outcome = site.run(requests)
        names = [f"0-{request.key(server.url).hex()}" for request in requests]
    assert outcome.answered == 2
    assert [*outcome.failed] == [names[2], names[1]]
    assert "HTTP 400" in outcome.failed[names[1]]
    assert "too odd" in outcome.failed[names[1]]
    assert "no chat completion" in outcome.failed[names[2]]


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_what_a_batch_did_not_get_to_is_named(
    status: str, site: Site, monkeypatch: pytest.MonkeyPatch
):
    def go_on(self: Loopback, batch: Body) -> Body:
        batch["status"] = status
        return batch

    monkeypatch.setattr(Loopback, "_go_on", go_on)
    outcome = site.run(_requests(2))
    assert outcome.answered == 0
    assert set(outcome.failed.values()) == {f"no answer; the batch is {status}"}


def test_a_batch_that_is_not_taken_stops_the_run_and_can_be_sent_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    def fail(self: Loopback, batch: Body) -> Body:
        errors = {"object": "list", "data": [{"code": "x", "message": "limit of tokens"}]}
        return {**batch, "status": "failed", "errors": errors}

    with monkeypatch.context() as patch:
        patch.setattr(Loopback, "_go_on", fail)
        with pytest.raises(EndpointRefused, match="does not take the batch: limit of tokens"):
            site.run(_requests(2))
    assert site.run(_requests(2)).answered == 2


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        pytest.param(404, EndpointRefused, "has no Batch API", id="none"),
        pytest.param(401, EndpointRefused, "refuses the key", id="key"),
        pytest.param(500, EndpointFailed, r"does not answer.*\(6 attempts\).*--resume", id="down"),
    ],
)
def test_a_server_without_batches_is_named(
    status: int, kind: type[EndpointFailed], hint: str, tmp_path: Path
):
    class Bare(Loopback):
        async def _route(self, method: str, path: str, body: bytes) -> bytes:
            return _write(Raw(status, {"error": {"message": "no"}}))

    with Bare() as server, pytest.raises(kind, match=hint):
        Site(server, tmp_path / "r.sqlite").run(_requests(1))


def test_a_creation_that_was_not_confirmed_is_not_repeated(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    route, failed = Loopback._route, []

    async def drop(self: Loopback, method: str, path: str, body: bytes) -> bytes:
        answer = await route(self, method, path, body)
        if method == "POST" and path.endswith("/batches") and not failed:
            failed.append(path)
            raise ConnectionError
        return answer

    monkeypatch.setattr(Loopback, "_route", drop)
    assert site.run(_requests(2)).answered == 2
    assert failed
    assert len(site.server.batches) == 1


def test_many_requests_go_in_several_batches(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gen.engine.batch._MOST_ROWS", 2)
    assert site.run(_requests(5)).answered == 5
    assert len(site.server.batches) == 3
    monkeypatch.setattr("gen.engine.batch._MOST_BYTES", 300)
    site.run(_requests(4, start=10))
    assert len(site.server.batches) == 3 + 4


def test_a_batch_costs_its_share_of_the_price_and_is_reserved_first(site: Site):
    bill = Bill(PRICES, budget=1.0)
    site.run(_requests(4), bill)
    assert bill.money == pytest.approx(4 * 15e-6 / 2)
    assert bill.budget is not None
    assert bill.budget.spent == pytest.approx(bill.money)
    assert bill.budget.reserved == pytest.approx(0)
    later = Bill(PRICES, budget=1.0)
    site.run(_requests(4), later)
    assert later.budget is not None
    assert (later.money, later.budget.spent) == (0.0, pytest.approx(bill.money))


def test_a_batch_that_could_pass_the_budget_is_not_sent_at_all(site: Site):
    bill = Bill(PRICES, budget=200e-6)
    with pytest.raises(BudgetSpent):
        site.run(_requests(4), bill)
    assert site.server.batches == {}
    assert bill.budget is not None
    assert (bill.budget.spent, bill.lost) == (0.0, 0)
    assert bill.budget.reserved == pytest.approx(0)


def test_batches_need_a_file():
    with pytest.raises(ValueError, match="file of replies"):
        Batches(ChatClient(Endpoint("http://x/v1", "m")))
