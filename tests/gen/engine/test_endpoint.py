"""Requests to a server that behaves, one that stumbles, and ones that refuse."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from bench.endpoint import kill_and_resume
from loopback import Answer, Body, Loopback, Raw, make_call, make_completion

from gen.engine.bill import Bill
from gen.engine.endpoint import ChatClient, Completion, Endpoint
from gen.engine.replies import Replies, read_completion
from gen.engine.throttle import Pace
from tool_catalog.errors import (
    BadReply,
    ContextFull,
    EndpointFailed,
    EndpointRefused,
    NotTaken,
)

HELLO = [{"role": "user", "content": "hello"}]
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {}}}]


def _ask(url: str, tools: Any = (), attempts: int = 3, **more: Any) -> Completion:
    async def ask() -> Completion:
        async with ChatClient(Endpoint(url, "m", timeout=5.0, attempts=attempts), **more) as client:
            return await client.complete(HELLO, tools, temperature=0)

    return asyncio.run(ask())


def _run(
    url: str, work: Callable[[ChatClient], Awaitable[Any]], timeout: float = 5.0, **more: Any
) -> Any:
    async def run() -> Any:
        async with ChatClient(Endpoint(url, "m", timeout=timeout, attempts=3), **more) as client:
            return await work(client)

    return asyncio.run(run())


def _raw(status: int, message: str, **headers: str) -> Answer:
    return lambda body: Raw(status, {"error": {"message": message}}, headers)


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ChatClient, "_choose_wait", lambda self, attempt: 0.0)


def test_a_reply_is_read_with_its_calls_and_thought():
    call = make_call("look", {"at": 1})
    with Loopback(lambda body: {**call, "reasoning_content": "hm"}) as server:
        reply = _ask(server.url, TOOLS)
    assert reply.finish == "tool_calls"
    assert reply.thought == "hm"
    assert reply.tool_calls[0]["function"] == {"name": "look", "arguments": '{"at": 1}'}
    assert server.requests == [{"model": "m", "messages": HELLO, "temperature": 0, "tools": TOOLS}]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_may_pass_is_sent_again(status: int):
    answers = iter([_raw(status, "later"), lambda body: "fine"])
    with Loopback(lambda body: next(answers)(body)) as server:
        assert _ask(server.url).text == "fine"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"Retry-After": "7"}, 7.0, id="seconds"),
        pytest.param({"Retry-After": "0.5"}, 0.5, id="part-of-a-second"),
        pytest.param(
            {"Retry-After": "Wed, 21 Oct 2015 07:28:09 GMT",
             "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 9.0, id="date",
        ),
        pytest.param({"Retry-After": "86400"}, 120.0, id="a-day"),
        pytest.param({"Retry-After": "soon"}, 0.0, id="no-number"),
        pytest.param({"Retry-After": "Wed, 21 Oct 2015 07:28:09 GMT"}, 0.0, id="date-alone"),
        pytest.param({}, 0.0, id="none"),
    ],
)  # fmt: skip
def test_retry_after_is_obeyed(
    headers: dict[str, str], expected: float, monkeypatch: pytest.MonkeyPatch
):
    waits: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(0)

    monkeypatch.setattr("gen.engine.endpoint.asyncio.sleep", sleep)
    answers = iter([_raw(429, "later", **headers), lambda body: "fine"])
    with Loopback(lambda body: next(answers)(body)) as server:
        _ask(server.url)
    assert max(waits) == expected


def test_the_last_attempt_ends_in_an_error_that_names_the_status():
    with (
        Loopback(_raw(500, "out of order")) as server,
        pytest.raises(EndpointFailed, match=r"HTTP 500: out of order \(3 attempts\)") as caught,
    ):
        _ask(server.url)
    assert not isinstance(caught.value, EndpointRefused)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "message", "kind", "hint"),
    [
        pytest.param(401, "bad key", EndpointRefused, "set OPENAI_API_KEY", id="key"),
        pytest.param(
            404, "no model m", EndpointRefused, "check --endpoint and --model", id="model"
        ),
        pytest.param(
            400, "The model `m` does not exist", EndpointRefused, "--model", id="model-400"
        ),
        pytest.param(
            400,
            "Server is pinned to '/models/a'; requested 'm'.",
            EndpointRefused,
            "pinned to '/models/a'.*--model",
            id="model-of-transformers-serve",
        ),
        pytest.param(402, "pay", EndpointRefused, "no credit left", id="credit"),
        pytest.param(429, "insufficient_quota: pay", EndpointRefused, "no credit", id="quota"),
        pytest.param(
            400,
            "the request exceeds the available context size",
            ContextFull,
            "too long",
            id="context-of-llama",
        ),
        pytest.param(413, "big", ContextFull, "too long", id="body-too-large"),
        pytest.param(418, "teapot", NotTaken, "HTTP 418: teapot", id="odd-status"),
        pytest.param(
            400,
            "this model does not support tools",
            EndpointRefused,
            "--prompting react",
            id="tools",
        ),
        pytest.param(
            400,
            "maximum context length is 8",
            ContextFull,
            "conversation is too long",
            id="context",
        ),
        pytest.param(422, "odd field", NotTaken, "HTTP 422: odd field", id="other"),
    ],
)
def test_what_never_passes_is_sent_once(
    status: int, message: str, kind: type[EndpointFailed], hint: str
):
    with (
        Loopback(_raw(status, message)) as server,
        pytest.raises(kind, match=hint) as caught,
    ):
        _ask(server.url, TOOLS)
    assert type(caught.value) is kind
    assert len(server.requests) == 1


def test_a_filter_that_stops_a_request_is_a_refusal():
    error = {"message": "against the rules", "code": "content_filter"}
    with (
        Loopback(lambda body: Raw(400, {"error": error})) as server,
        pytest.raises(BadReply, match="a filter stopped the request") as caught,
    ):
        _ask(server.url)
    assert caught.value.reason == "refused"
    assert len(server.requests) == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_not_there_stops_the_run(scheme: str):
    bill = Bill()
    with Loopback() as server:
        gone = server.url.replace("http", scheme)
    with pytest.raises(EndpointRefused, match=r"Cannot connect.*is the server up"):
        _ask(gone, bill=bill)
    assert bill.lost == 0


def test_tls_to_a_server_without_is_named():
    with Loopback() as server, pytest.raises(EndpointRefused, match="address with http://"):
        _ask(server.url.replace("http", "https"))
    assert server.requests == []


def test_a_server_that_goes_away_fails_the_request_and_not_the_run():
    with Loopback() as server:
        kept = server

        async def work(client: ChatClient) -> None:
            await client.complete(HELLO)
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(kept._stop(), kept._loop))
            with pytest.raises(EndpointFailed, match="no answer: ") as caught:
                await client.complete(HELLO, seed=1)
            assert not isinstance(caught.value, EndpointRefused)

        _run(server.url, work)


def test_a_server_that_hangs_up_may_be_paid():
    class HangUp(Loopback):
        async def _route(self, method: str, path: str, body: bytes) -> bytes:
            raise ConnectionError

    bill = Bill()
    with HangUp() as server, pytest.raises(EndpointRefused, match="Server disconnected"):
        _ask(server.url, bill=bill)
    assert bill.lost == 3


def test_a_server_that_is_slow_runs_out_of_time_and_may_be_paid():
    bill = Bill()
    with (
        Loopback(latency=0.5) as server,
        pytest.raises(EndpointRefused, match=r"no answer in 0\.05 s"),
    ):
        _run(server.url, lambda client: client.complete(HELLO), timeout=0.05, bill=bill)
    assert bill.lost == 3


def test_a_server_that_is_always_busy_is_given_up():
    with (
        Loopback(_raw(429, "busy")) as server,
        pytest.raises(EndpointFailed, match=r"HTTP 429: busy \(20 attempts\)"),
    ):
        _ask(server.url)


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        pytest.param(
            Raw(200, b'data: {"choices": []}\n\ndata: [DONE]\n\n',
                {"Content-Type": "text/event-stream"}), "is a stream", id="stream",
        ),
        pytest.param(Raw(200, b"data: {}\n\n"), "is a stream", id="stream-said-to-be-json"),
        pytest.param(Raw(200, b"[" * 100_000), r"not JSON: '\[\[", id="too-deep"),
        pytest.param(Raw(200, b"<html>", {"Content-Type": "text/html"}), "<html>", id="page"),
    ],
)  # fmt: skip
def test_garbage_is_named(raw: Raw, hint: str):
    with Loopback(lambda body: raw) as server, pytest.raises(BadReply, match=hint) as caught:
        _ask(server.url)
    assert caught.value.reason == "garbled"
    assert len(server.requests) == 3


def test_half_a_character_cannot_be_sent():
    async def work(client: ChatClient) -> None:
        with pytest.raises(EndpointFailed, match="no text"):
            await client.complete([{"role": "user", "content": "\ud83d"}])

    with Loopback() as server:
        _run(server.url, work)
    assert server.requests == []


@pytest.mark.parametrize("finish", ["length", "content_filter", "stop"])
def test_a_plain_completion_is_given_as_it_is(finish: str):
    whole = make_completion("")
    whole["choices"][0]["finish_reason"] = finish
    with Loopback(lambda body: Raw(200, whole)) as server:
        assert _ask(server.url) == Completion("", "", (), finish, tokens_in=10)


@pytest.mark.parametrize(
    "body", [b"{not json", b"", b"[]", b'{"choices": []}', b'{"error": "busy"}', b'"text"']
)
def test_a_reply_that_is_none_is_an_error_and_never_kept(body: bytes, tmp_path: Path):
    with Replies(tmp_path / "r.sqlite") as replies:
        with Loopback(lambda _: Raw(200, body)) as server, pytest.raises(EndpointFailed):
            _ask(server.url, replies=replies)
        with Loopback(port=server.port) as again:
            assert _ask(again.url, replies=replies).text == "Done."


def test_a_garbled_reply_is_asked_for_again():
    answers = iter([Raw(200, b"{not json"), "fine"])
    with Loopback(lambda body: next(answers)) as server:
        assert _ask(server.url).text == "fine"


@pytest.mark.parametrize("finish", ["error", "Network_Error", "abort"])
def test_a_reply_that_its_server_broke_off_is_asked_for_again(finish: str):
    whole = make_completion("Half an ans")
    whole["choices"][0]["finish_reason"] = finish
    answers = iter([Raw(200, whole), "fine"])
    with Loopback(lambda body: next(answers)) as server:
        assert _ask(server.url).text == "fine"


def test_an_answered_request_is_not_sent_again(tmp_path: Path):
    with Loopback() as server:
        for _ in range(2):
            with Replies(tmp_path / "r.sqlite") as replies:
                assert _ask(server.url, replies=replies).text == "Done."
    assert len(server.requests) == 1


def test_the_same_asked_at_a_time_is_sent_once(tmp_path: Path):
    async def work(client: ChatClient) -> list[Completion]:
        return await asyncio.gather(*(client.complete(HELLO) for _ in range(8)))

    with Loopback(latency=0.02) as server, Replies(tmp_path / "r.sqlite") as replies:
        bill = Bill()
        assert len(_run(server.url, work, replies=replies, bill=bill)) == 8
    assert len(server.requests) == 1
    assert (bill.requests, bill.cached) == (1, 7)


def test_a_reply_that_nobody_waits_for_any_more_is_kept(tmp_path: Path):
    async def work(client: ChatClient) -> None:
        asking = asyncio.create_task(client.complete(HELLO))
        while not server.requests:
            await asyncio.sleep(0.005)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    with Loopback(latency=0.1) as server:
        with Replies(tmp_path / "r.sqlite") as replies:
            _run(server.url, work, replies=replies)
        with Replies(tmp_path / "r.sqlite") as replies:
            _run(server.url, lambda client: client.complete(HELLO), replies=replies)
    assert len(server.requests) == 1


def test_errors_that_nobody_waits_for_any_more_are_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async def work(client: ChatClient) -> None:
        async with asyncio.TaskGroup() as group:
            for seed in range(4):
                group.create_task(client.complete(HELLO, seed=seed))

    with Loopback(_raw(401, "no"), latency=0.02) as server, Replies(tmp_path / "r") as replies:
        with pytest.raises(ExceptionGroup):
            _run(server.url, work, replies=replies)
        gc.collect()
    assert "never retrieved" not in caplog.text


def test_the_pace_is_kept_by_retries_too():
    answers = iter([_raw(500, "no"), _raw(500, "no"), lambda body: "fine"])

    async def work(client: ChatClient) -> float:
        start = asyncio.get_running_loop().time()
        await client.complete(HELLO)
        return asyncio.get_running_loop().time() - start

    with Loopback(lambda body: next(answers)(body)) as server:
        assert _run(server.url, work, pace=Pace(requests=600)) >= 0.2


@pytest.mark.slow
def test_a_killed_run_loses_nothing_doubles_nothing_and_pays_nothing_again(tmp_path: Path):
    report = kill_and_resume(tmp_path, count=120, kills=4, seed=1)
    assert (report.lost, report.doubled, report.paid_again, report.other_bytes) == (0, 0, 0, 0)
    assert report.answered_again <= report.in_flight
    assert report.requests_when_finished == 0


def test_the_key_is_sent_and_neither_kept_nor_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    path = tmp_path / "r.sqlite"
    caplog.set_level(logging.DEBUG)
    with Loopback(_raw(401, "no")) as server, pytest.raises(EndpointRefused) as caught:
        _ask(server.url)
    with Loopback() as good, Replies(path) as replies:
        _ask(good.url, replies=replies)
    assert server.keys == {"bearer sk-secret"}
    assert "sk-secret" not in str(caught.value)
    assert caplog.text
    assert "sk-secret" not in caplog.text
    assert all(b"sk-secret" not in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize("status", [401, 402, 404, 400])
def test_a_password_in_the_address_is_used_and_never_shown(status: int):
    with Loopback(_raw(status, "no tool")) as server:
        url = server.url.replace("://", "://me:CANARY-pw@")
        with pytest.raises(EndpointFailed) as raised:
            _ask(url, TOOLS)
    assert "CANARY" not in str(raised.value)
    assert server.keys == {f"basic {'bWU6Q0FOQVJZLXB3'.lower()}"}


def test_a_password_is_not_shown_when_nobody_answers():
    with pytest.raises(EndpointRefused, match=r"http://\*\*\*@127\.0\.0\.1:9/v1") as raised:
        _ask("http://me:CANARY-pw@127.0.0.1:9/v1")
    assert "CANARY" not in str(raised.value)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("max_tokens", "Unsupported parameter: 'max_tokens' is not supported with this model. "
                       "Use 'max_completion_tokens' instead."),
        ("temperature", "Unsupported value: 'temperature' does not support 0 with this model."),
        ("seed", "this model does not take seed"),
        ("seed", "Unrecognized request argument supplied: seed"),
        ("seed", "Unknown parameter: 'seed'."),
        ("seed", "VertexAI doesn't support parameters: {'seed': 3}"),
        ("seed", {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"],
                              "msg": "Extra inputs are not permitted"}]}),
        ("temperature", "`temperature` is deprecated for this model."),
        ("temperature", "invalid temperature: only 1 is allowed for this model"),
    ],
)  # fmt: skip
def test_a_setting_that_is_not_taken_is_learnt_by_asking_once(setting: str, message: object):
    def answer(body: Body) -> str | Raw:
        return Raw(400, {"error": {"message": message}}) if setting in body else "Done."

    settings = {"max_tokens": 9, "temperature": 0, "seed": 3}

    async def ask(url: str) -> list[str]:
        async with ChatClient(Endpoint(url, "m")) as client:
            said = [
                await client.complete([{"role": "user", "content": str(n)}], **settings)
                for n in range(3)
            ]
            assert client.not_taken == {setting}
            return [completion.text for completion in said]

    with Loopback(answer) as server:
        assert asyncio.run(ask(server.url)) == ["Done."] * 3
    assert len(server.requests) == 4
    sent = server.requests[-1]
    assert sent.get("max_completion_tokens") == (9 if setting == "max_tokens" else None)
    assert set(settings) - {setting} <= set(sent)


def test_a_run_that_is_continued_knows_which_settings_are_not_taken(tmp_path: Path):
    def answer(body: Body) -> str | Raw:
        if "max_tokens" in body:
            return Raw(400, {"error": {"message": "Unsupported parameter: 'max_tokens'"}})
        return "Done."

    async def ask(url: str, replies: Replies) -> list[str]:
        async with ChatClient(Endpoint(url, "m"), replies=replies, first=1) as client:
            requests = [
                client.make_request([{"role": "user", "content": str(n)}], max_tokens=9)
                for n in range(3)
            ]
            return [(await client.answer(request)).text for request in requests]

    with Loopback(answer) as server:
        for asked in (4, 4):
            with Replies(tmp_path / "r.sqlite") as replies:
                assert asyncio.run(ask(server.url, replies)) == ["Done."] * 3
            assert len(server.requests) == asked


def test_a_request_is_known_as_it_would_be_sent(tmp_path: Path):
    with Replies(tmp_path / "r.sqlite") as replies:
        client = ChatClient(Endpoint("http://127.0.0.1:9/v1", "m"), replies=replies)
        client.not_taken = {"max_tokens", "seed"}
        request = client.make_request([], max_tokens=9, seed=3)
    assert request.body == {"model": "m", "messages": [], "max_completion_tokens": 9}
    assert request.longest == 9


def test_a_server_that_takes_neither_name_of_the_limit_is_not_asked_for_ever():
    def answer(body: Body) -> Raw:
        name = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
        return Raw(400, {"error": {"message": f"Unsupported parameter: '{name}'"}})

    async def ask(url: str) -> None:
        async with ChatClient(Endpoint(url, "m")) as client:
            await client.complete([{"role": "user", "content": "hello"}], max_tokens=9)

    with Loopback(answer) as server, pytest.raises(NotTaken, match="max_completion_tokens"):
        asyncio.run(ask(server.url))
    assert len(server.requests) == 2


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking"])
def test_a_thought_is_read_from_whichever_field_it_stands_in(name: str):
    message = {"role": "assistant", "content": "yes", name: "hm"}
    found = read_completion({"choices": [{"message": message}], "usage": {"prompt_tokens": 7}})
    assert (found.text, found.thought, found.tokens_in) == ("yes", "hm", 7)


def test_a_refusal_in_parts_is_read():
    message = {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}
    assert read_completion({"choices": [{"message": message}]}).text == "no"
