"""What comes back over the wire: JSON or none, refusals in every dress, and nothing at all."""

import asyncio
import json
from typing import Any

import pytest
from loopback import Loopback, Raw

from gen.engine.wire import NoAnswer, Response, Wire, show_url

BODY = {"model": "m", "messages": [{"role": "user", "content": "héllo"}]}


def _post(url: str, body: dict[str, Any] = BODY, timeout: float = 5.0) -> Response:
    async def post() -> Response:
        from openai import AsyncOpenAI

        async with AsyncOpenAI(base_url=url, api_key="sk-x", organization="org") as sdk:
            wire = Wire(sdk, timeout)
            await wire.open()
            try:
                return await wire.post(body)
            finally:
                await wire.close()

    return asyncio.run(post())


def _reply(status: int, body: Any) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {}, raw)


def test_a_body_arrives_as_it_is_with_the_key():
    with Loopback() as server:
        reply = _post(server.url)
    assert (reply.status, reply.read()["choices"][0]["message"]["content"]) == (200, "Done.")
    assert server.requests == [BODY]
    assert server.keys == {"bearer sk-x"}


def test_a_slash_at_the_end_of_the_address_changes_nothing():
    with Loopback() as server:
        assert _post(f"{server.url}/").status == 200


def test_headers_are_read_in_any_case():
    with Loopback(lambda body: Raw(429, {}, {"Retry-After": "7"})) as server:
        assert _post(server.url).headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        pytest.param({"error": {"message": "no\nway", "code": 7}}, "no way", "7", id="openai"),
        pytest.param({"error": "busy"}, "busy", "", id="ollama"),
        pytest.param({"message": "too long", "code": "big"}, "too long", "big", id="vllm"),
        pytest.param({"detail": "Not Found"}, "Not Found", "", id="fastapi"),
        pytest.param({"detail": [{"msg": "x"}]}, '{"detail": [{"msg": "x"}]}', "", id="fields"),
        pytest.param(b"<h1>Bad\xff Gateway</h1>", "<h1>Bad\ufffd Gateway</h1>", "", id="page"),
        pytest.param(b"", "", "", id="nothing"),
        pytest.param({"error": None}, '{"error": null}', "", id="null"),
        pytest.param([1], "[1]", "", id="list"),
    ],
)
def test_what_a_refusal_says_is_found(body: Any, message: str, code: str):
    refusal = _reply(400, body).read_refusal()
    assert (refusal.status, refusal.message, refusal.code) == (400, message, code)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'data: {"a": 1}\n\n', "is a stream"),
        (b"event: x\n", "is a stream"),
        (b"<html>", "not JSON: '<html>'"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"", "not JSON: ''"),
    ],
)
def test_what_is_no_json_is_described(body: bytes, said: str):
    with pytest.raises(ValueError, match=said):
        _reply(200, body).read()


def test_time_that_runs_out_is_told_from_a_server_that_is_not_there():
    with Loopback(latency=1.0) as server:
        with pytest.raises(NoAnswer, match=r"no answer in 0\.05 s") as late:
            _post(server.url, timeout=0.05)
        gone = server.url
    with pytest.raises(NoAnswer, match="Cannot connect") as absent:
        _post(gone)
    assert (late.value.slow, late.value.sent) == (True, True)
    assert (absent.value.slow, absent.value.sent, absent.value.tls) == (False, False, False)


def test_a_server_without_tls_is_told():
    with Loopback() as server, pytest.raises(NoAnswer) as caught:
        _post(server.url.replace("http", "https"))
    assert (caught.value.tls, caught.value.sent) == (True, False)


@pytest.mark.parametrize("content", ["\ud83d", float("nan")])
def test_what_json_cannot_say_is_not_sent(content: Any):
    with Loopback() as server, pytest.raises(ValueError, match=r"surrogate|Out of range"):
        _post(server.url, {"model": "m", "messages": content})
    assert server.requests == []


@pytest.mark.parametrize(("bypass", "by_proxy"), [("", True), ("127.0.0.1", False)])
def test_a_proxy_of_the_environment_is_used(
    bypass: str, by_proxy: bool, monkeypatch: pytest.MonkeyPatch
):
    with Loopback() as server, Loopback() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", bypass)
        _post(server.url)
    assert bool(proxy.keys) is by_proxy
    assert bool(server.requests) is not by_proxy


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://x.test/v1", "http://x.test/v1"),
        ("https://me:CANARY-pw@x.test:8000/v1", "https://***@x.test:8000/v1"),
        ("https://me@x.test/v1", "https://***@x.test/v1"),
        ("https://me:CANARY/p@w@x.test/v1", "https://***@x.test/v1"),
        ("me:CANARY-pw@x.test", "***@x.test"),
        ("http://x.test/v1?key=CANARY-key", "http://x.test/v1?***"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url, shown):
    assert show_url(url) == shown


def test_a_refusal_in_a_list_is_read():
    body = b'[{"error": {"code": 400, "message": "Unknown name \\"seed\\": Cannot find field."}}]'
    refusal = Response(400, {}, body).read_refusal()
    assert refusal.message == 'Unknown name "seed": Cannot find field.'
