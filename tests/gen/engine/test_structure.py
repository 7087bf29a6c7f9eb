"""Answers of a form: how they are asked for, asked for again, and end in a named error."""

import asyncio
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from loopback import Answer, Body, Loopback, Raw, fill_schema, make_completion
from pydantic import BaseModel, Field

from gen.engine.bill import Bill
from gen.engine.endpoint import ChatClient, Endpoint
from gen.engine.replies import Replies
from gen.engine.structure import Asker, Mode
from tool_catalog.errors import BadReply, BadReplyReason, EndpointRefused

ASKED = [{"role": "user", "content": "Name a bird."}]


class Bird(BaseModel):
    name: str = Field(min_length=2)
    legs: int = 2


GOOD = '{"name": "wren", "legs": 2}'
WREN = Bird(name="wren")


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ChatClient, "_choose_wait", lambda self, attempt: 0.0)


def _ask(
    server: Loopback,
    *,
    schema: type[BaseModel] = Bird,
    replies: Replies | None = None,
    bill: Bill | None = None,
    mode: Mode | None = Mode.SCHEMA,
    times: int = 1,
    **settings: Any,
) -> Any:
    async def ask() -> Any:
        endpoint = Endpoint(server.url, "m", timeout=5.0, attempts=2)
        async with ChatClient(endpoint, replies=replies, bill=bill) as client:
            asker = Asker(client, mode=mode)
            found = [await asker.ask(ASKED, schema, **settings) for _ in range(times)]
            return found[0]

    return asyncio.run(ask())


def _in_turn(*answers: Body | str | Raw) -> Answer:
    left = iter(answers)
    return lambda body: next(left)


def _cut(text: str) -> Raw:
    whole = make_completion(text)
    whole["choices"][0]["finish_reason"] = "length"
    return Raw(200, whole)


def _format(body: Body) -> str:
    return str((body.get("response_format") or {}).get("type"))


def _taking(*modes: str, answer: Answer = lambda body: GOOD) -> Answer:
    """A server that knows some ways to ask for a form, and refuses the others."""

    def serve(body: Body) -> Body | str | Raw:
        if "response_format" in body and _format(body) not in modes:
            return Raw(400, {"error": {"message": f"response_format {_format(body)} unknown"}})
        if "Name one colour." in body["messages"][0]["content"] and "response_format" in body:
            return '{"colour": "red", "warm": true}'
        return answer(body)

    return serve


@pytest.mark.parametrize(
    ("answer", "mode", "probes"),
    [
        pytest.param(_taking("json_schema", "json_object"), Mode.SCHEMA, 1, id="schema"),
        pytest.param(_taking("json_object"), Mode.OBJECT, 2, id="json-mode"),
        pytest.param(_taking(), Mode.TEXT, 3, id="neither"),
        pytest.param(lambda body: GOOD if len(str(body)) > 300 else "Red.", Mode.TEXT, 3,
                     id="ignored"),
    ],
)  # fmt: skip
def test_what_the_server_can_is_asked_once_and_remembered(
    answer: Answer, mode: Mode, probes: int, tmp_path: Path
):
    with Loopback(answer) as server:
        for _ in range(2):
            with Replies(tmp_path / "r.sqlite") as replies:
                assert _ask(server, replies=replies, mode=None, times=2) == WREN
    assert len(server.requests) == probes + 1
    assert _format(server.requests[-1]) == ("None" if mode is Mode.TEXT else mode.value)


def test_many_at_a_time_ask_what_the_server_can_once():
    async def ask(url: str) -> None:
        async with ChatClient(Endpoint(url, "m")) as client:
            asker = Asker(client)
            await asyncio.gather(*(asker.ask(ASKED, Bird, seed=n) for n in range(8)))

    with Loopback(_taking("json_object")) as server:
        asyncio.run(ask(server.url))
    assert len(server.requests) == 2 + 8


def test_a_wrong_key_is_not_taken_for_a_server_without_schemas(tmp_path: Path):
    refuse = Raw(401, {"error": {"message": "no"}})
    with Replies(tmp_path / "r.sqlite") as replies:
        with Loopback(lambda body: refuse) as server, pytest.raises(EndpointRefused):
            _ask(server, replies=replies, mode=None)
        with Loopback(_taking("json_schema"), port=server.port) as again:
            assert _ask(again, replies=replies, mode=None) == WREN
    assert _format(again.requests[-1]) == "json_schema"


def test_a_server_that_takes_no_question_at_all_is_not_remembered(tmp_path: Path):
    bad = Raw(422, {"error": {"message": "odd field: response_format"}})
    with Replies(tmp_path / "r.sqlite") as replies:
        with (
            Loopback(lambda body: bad) as server,
            pytest.raises(EndpointRefused, match=r"plain question.*422"),
        ):
            _ask(server, replies=replies, mode=None)
        with Loopback(_taking("json_schema"), port=server.port) as again:
            assert _ask(again, replies=replies, mode=None) == WREN


def test_a_server_that_stumbles_is_told_in_words_and_asked_again_another_time(tmp_path: Path):
    broken = Raw(500, {"error": {"message": "oh"}})
    answers = [broken] * 6 + [GOOD]  # three probes of two attempts
    with Replies(tmp_path / "r.sqlite") as replies:
        with Loopback(_in_turn(*answers)) as server:
            assert _ask(server, replies=replies, mode=None) == WREN
            assert _format(server.requests[-1]) == "None"
        with Loopback(_taking("json_schema"), port=server.port) as again:
            assert _ask(again, replies=replies, mode=None, seed=2) == WREN
    assert _format(again.requests[-1]) == "json_schema"


def test_a_schema_that_the_server_does_not_take_is_told_in_words(tmp_path: Path):
    def answer(body: Body) -> Body | str | Raw:
        if "Bird" in str(body.get("response_format")):
            return Raw(400, {"error": {"message": "Invalid schema for response_format"}})
        return GOOD

    with Loopback(answer) as server:
        for _ in range(2):
            with Replies(tmp_path / "r.sqlite") as replies:
                assert _ask(server, replies=replies, times=2) == WREN
    assert [_format(body) for body in server.requests] == ["json_schema", "None"]


def test_a_schema_is_sent_as_strict_servers_take_it():
    class Nest(BaseModel):
        birds: list[Bird] = []
        default: str | None = None  # a name that is also a keyword

    with Loopback(fill_schema) as server:
        _ask(server, schema=Nest)
    sent = server.requests[0]["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["required"] == ["birds", "default"]
    bird = sent["schema"]["$defs"]["Bird"]
    assert bird["additionalProperties"] is False
    assert bird["required"] == ["name", "legs"]
    assert bird["properties"]["name"] == {"type": "string"}


def test_a_free_map_is_asked_for_without_strictness():
    class Free(BaseModel):
        counts: dict[str, int]

    with Loopback(lambda body: '{"counts": {"a": 1}}') as server:
        assert _ask(server, schema=Free).counts == {"a": 1}
    assert server.requests[0]["response_format"]["json_schema"]["strict"] is False


def test_choices_and_words_of_closed_sets_are_read():
    class Colour(StrEnum):
        RED = "red"

    class Flower(BaseModel):
        colour: Colour
        size: Literal["big", "small"]

    with Loopback(fill_schema) as server:
        assert _ask(server, schema=Flower).colour is Colour.RED


@pytest.mark.parametrize("mode", [Mode.OBJECT, Mode.TEXT])
def test_without_schemas_the_model_is_told_in_words(mode: Mode):
    with Loopback(lambda body: GOOD) as server:
        _ask(server, mode=mode, temperature=0)
    body = server.requests[0]
    assert body["messages"][0]["content"].startswith("Name a bird.\n\nReply with one JSON object")
    assert '"legs"' in body["messages"][0]["content"]
    assert body["temperature"] == 0


@pytest.mark.parametrize(
    ("messages", "last"),
    [
        pytest.param(
            [{"role": "user", "content": [{"type": "text", "text": "a"}]}], list, id="parts"
        ),
        pytest.param([{"role": "assistant", "content": "a"}], str, id="not-the-user"),
        pytest.param([{"role": "system", "content": "a"}], str, id="system"),
    ],
)
def test_words_are_added_to_any_conversation(messages: Any, last: type):
    client = ChatClient(Endpoint("http://x/v1", "m"))
    request = Asker(client, mode=Mode.TEXT).make_request(messages, Bird)
    said = request.body["messages"][-1]
    assert said["role"] == "user"
    assert isinstance(said["content"], last)
    assert "JSON schema" in str(said["content"])
    assert "JSON schema" not in str(messages)


def test_a_misfit_is_asked_for_again_with_its_error():
    bill = Bill()
    with Loopback(_in_turn('{"name": "x"}', GOOD)) as server:
        assert _ask(server, bill=bill) == WREN
    first, second = (body["messages"] for body in server.requests)
    assert second[: len(first)] == first
    assert [m["role"] for m in second] == ["user", "assistant", "user"]
    assert second[1]["content"] == '{"name": "x"}'
    assert "name: String should have at least 2 characters" in second[2]["content"]
    assert bill.bad == {"misfit": 1}


def test_half_a_character_is_a_misfit_and_can_be_shown():
    half = '{"name": "wren \\ud83d"}'
    with Loopback(_in_turn(half, GOOD)) as server:
        assert _ask(server) == WREN
    assert server.requests[1]["messages"][1]["content"] == half


def test_a_reply_that_was_cut_off_is_asked_for_shorter():
    with Loopback(_in_turn(_cut('{"name": "' + "wren " * 100), GOOD)) as server:
        assert _ask(server, max_tokens=50) == WREN
    assert "Be shorter" in server.requests[1]["messages"][-1]["content"]
    assert len(server.requests[1]["messages"][1]["content"]) <= 200


def test_an_empty_reply_is_asked_for_again_as_it_was(tmp_path: Path):
    with Loopback(_in_turn("", GOOD)) as server:
        for _ in range(2):
            with Replies(tmp_path / "r.sqlite") as replies:
                assert _ask(server, replies=replies) == WREN
    assert len(server.requests) == 2
    assert server.requests[0] == server.requests[1]


@pytest.mark.parametrize(
    ("answer", "reason", "requests"),
    [
        pytest.param(lambda: _in_turn("a", "b", "c"), "misfit", 3, id="never-fits"),
        pytest.param(lambda: lambda body: "a", "repeated", 2, id="repeats-itself"),
        pytest.param(lambda: lambda body: "", "empty", 3, id="empty"),
        pytest.param(lambda: lambda body: _cut("{"), "truncated", 3, id="cut-off"),
        pytest.param(lambda: lambda body: {"content": "", "refusal": "No."}, "refused", 1,
                     id="refused"),
        pytest.param(lambda: lambda body: Raw(200, "data: {}"), "garbled", 2, id="garbled"),
    ],
)  # fmt: skip
def test_what_never_fits_is_given_up_and_not_paid_for_again(
    answer: Callable[[], Answer], reason: BadReplyReason, requests: int, tmp_path: Path
):
    said = []
    with Loopback(answer()) as server:
        for _ in range(2):
            with (
                Replies(tmp_path / "r.sqlite") as replies,
                pytest.raises(BadReply) as caught,
            ):
                _ask(server, replies=replies)
            said.append(str(caught.value))
            if reason == "garbled":
                break
    assert caught.value.reason == reason
    assert len(server.requests) == requests
    assert len(set(said)) == 1


def test_a_bad_reply_is_kept_with_its_usage(tmp_path: Path):
    with (
        Loopback(_in_turn("a", GOOD)) as server,
        Replies(tmp_path / "r.sqlite") as replies,
    ):
        _ask(server, replies=replies)
        [tally] = replies.count(server.url, "m")
    assert tally.replies == 2
    assert tally.usage.tokens_in == 20


def test_a_request_foreseen_is_the_one_sent(tmp_path: Path):
    def requests() -> Iterator[Body]:
        client = ChatClient(Endpoint("http://x/v1", "m"))
        for mode in Mode:
            yield dict(Asker(client, mode=mode).make_request(ASKED, Bird, seed=1).body)

    with Loopback(lambda body: GOOD) as server:
        for mode in Mode:
            _ask(server, mode=mode, seed=1)
    assert server.requests == [*requests()]
