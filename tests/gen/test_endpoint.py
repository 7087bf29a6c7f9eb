"""Requests to a server that behaves, one that stumbles, and ones that refuse."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from loopback import Answer, Loopback, Raw, make_call

from gen.endpoint import ChatClient, Completion, Endpoint
from gen.replies import Replies
from tool_catalog.errors import ContextFull, EndpointFailed, EndpointRefused

HELLO = [{"role": "user", "content": "hello"}]
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {}}}]


def _ask(url: str, tools: Any = (), attempts: int = 3, **more: Any) -> Completion:
    async def ask() -> Completion:
        async with ChatClient(Endpoint(url, "m", timeout=5.0, attempts=attempts), **more) as client:
            return await client.complete(HELLO, tools, temperature=0)

    return asyncio.run(ask())


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


def test_content_in_parts_is_text():
    parts = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]
    with Loopback(lambda body: {"content": parts}) as server:
        assert _ask(server.url).text == "one two"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_may_pass_is_sent_again(status: int):
    answers = iter([_raw(status, "later"), lambda body: "fine"])
    with Loopback(lambda body: next(answers)(body)) as server:
        assert _ask(server.url).text == "fine"
    assert len(server.requests) == 2


def test_retry_after_is_obeyed(monkeypatch: pytest.MonkeyPatch):
    waits: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(0)

    monkeypatch.setattr("gen.endpoint.asyncio.sleep", sleep)
    answers = iter([_raw(429, "later", **{"Retry-After": "7"}), lambda body: "fine"])
    with Loopback(lambda body: next(answers)(body)) as server:
        _ask(server.url)
    assert 7.0 in waits


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
        pytest.param(422, "odd field", EndpointFailed, "HTTP 422: odd field", id="other"),
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


def test_a_server_that_is_not_there_stops_the_run():
    with Loopback() as server:
        gone = server.url
    with pytest.raises(EndpointRefused, match="is the server up"):
        _ask(gone)


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


def test_an_answered_request_is_not_sent_again(tmp_path: Path):
    with Loopback() as server:
        for _ in range(2):
            with Replies(tmp_path / "r.sqlite") as replies:
                assert _ask(server.url, replies=replies).text == "Done."
    assert len(server.requests) == 1


def test_the_key_is_sent_and_neither_kept_nor_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    path = tmp_path / "r.sqlite"
    with Loopback(_raw(401, "no")) as server, pytest.raises(EndpointRefused) as caught:
        _ask(server.url)
    with Loopback() as good, Replies(path) as replies:
        _ask(good.url, replies=replies)
    assert server.keys == {"bearer sk-secret"}
    assert "sk-secret" not in str(caught.value)
    assert all(b"sk-secret" not in file.read_bytes() for file in tmp_path.iterdir())
