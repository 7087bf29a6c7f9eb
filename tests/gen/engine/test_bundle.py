"""Askers that go on together: each request in one batch, the next in the next, nobody stuck."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from loopback import Body, Loopback, Raw

from gen.engine.bill import Bill
from gen.engine.bundle import Bundle
from gen.engine.endpoint import ChatClient, Endpoint
from gen.engine.replies import Replies
from tool_catalog.errors import EndpointRefused

Ask = Callable[..., Awaitable[str]]
PATIENCE = 20.0
"""Seconds after which a test that waits for ever fails."""


def _run(
    url: str, path: Path, work: Callable[[Ask, int], Awaitable[Any]], askers: int, **more: Any
) -> list[Any]:
    """What every asker's work comes to."""

    async def pause(seconds: float) -> None:
        await asyncio.sleep(0)

    async def run() -> list[Any]:
        with Replies(path) as replies:
            async with ChatClient(Endpoint(url, "m", timeout=5.0), replies=replies, **more) as one:
                bundle = Bundle([one], askers, wait=pause)

                async def ask(**settings: Any) -> str:
                    messages = [{"role": "user", "content": "hello"}]
                    return (await one.complete(messages, max_tokens=9, **settings)).text

                async def work_and_leave(number: int) -> Any:
                    try:
                        return await work(ask, number)
                    finally:
                        bundle.leave()

                works = [work_and_leave(number) for number in range(askers)]
                gathered = asyncio.gather(*works, return_exceptions=True)
                return await asyncio.wait_for(gathered, PATIENCE)

    return asyncio.run(run())


def _rows(server: Loopback) -> list[int]:
    """How many requests each batch had."""
    sent = [server.files[batch["input_file_id"]] for batch in server.batches.values()]
    return [len(rows.splitlines()) for rows in sent]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "r.sqlite"


@pytest.fixture
def server():
    with Loopback(lambda body: f"reply {body['seed']}") as server:
        yield server


def test_everyones_request_is_in_one_batch_and_the_next_ones_in_the_next(server, path):
    async def work(ask: Ask, number: int) -> list[str]:
        # Those with a high number ask once, the others twice more.
        return [await ask(seed=10 * k + number) for k in range(1 if number > 3 else 3)]

    found = _run(server.url, path, work, 6)
    assert found[0] == ["reply 0", "reply 10", "reply 20"]
    assert found[5] == ["reply 5"]
    assert _rows(server) == [6, 4, 4]
    assert server.requests == []


def test_the_same_request_of_several_is_sent_once(server, path):
    found = _run(server.url, path, lambda ask, number: ask(seed=1), 5)
    assert found == ["reply 1"] * 5
    assert _rows(server) == [1]


def test_what_is_kept_is_in_no_batch_and_only_that_counts_as_kept(server, path):
    _run(server.url, path, lambda ask, number: ask(seed=number), 2)
    bill = Bill({})
    found = _run(server.url, path, lambda ask, number: ask(seed=number), 3, bill=bill)
    assert found == ["reply 0", "reply 1", "reply 2"]
    assert _rows(server) == [2, 1]
    assert (bill.requests, bill.cached) == (1, 2)


def test_what_a_batch_leaves_open_is_asked_for_directly(path):
    def answer(body: Body) -> str | Raw:
        seen.append(body["seed"])
        return Raw(500, {"error": {}}) if seen == [0] else f"reply {body['seed']}"

    seen: list[int] = []
    with Loopback(answer) as server:
        found = _run(server.url, path, lambda ask, number: ask(seed=number), 3)
    assert found == ["reply 0", "reply 1", "reply 2"]
    assert [body["seed"] for body in server.requests] == [0]


def test_an_asker_that_fails_leaves_the_others_going(server, path):
    async def work(ask: Ask, number: int) -> str:
        if number == 1:
            raise KeyError(number)
        await ask(seed=number)
        return await ask(seed=10 + number)

    found = _run(server.url, path, work, 3)
    assert [found[0], found[2]] == ["reply 10", "reply 12"]
    assert isinstance(found[1], KeyError)
    assert _rows(server) == [2, 2]


def test_a_server_without_batches_stops_everyone(path):
    class Plain(Loopback):
        async def _route(self, method: str, path: str, body: bytes) -> bytes:
            kept = path if path.endswith("completions") else "/v1/nothing"
            return await super()._route(method, kept, body)

    with Plain() as server:
        found = _run(server.url, path, lambda ask, number: ask(seed=number), 3)
    assert [type(error) for error in found] == [EndpointRefused] * 3
    assert "has no Batch API" in str(found[0])


def test_a_bug_reaches_everyone(server, path, monkeypatch):
    def explode(*_: Any) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("gen.engine.batch._write_row", explode)
    found = _run(server.url, path, lambda ask, number: ask(seed=number), 3)
    assert [type(error) for error in found] == [ZeroDivisionError] * 3
