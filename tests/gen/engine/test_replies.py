"""The file of replies: found again by what was asked, whoever asks, and never without its cost."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import make_call, make_completion

from gen.engine.replies import Replies, Request, Tally, Usage, read_completion, read_usage
from tool_catalog.errors import BadReply, BadRun

URL = "http://a/v1"
USAGE = Usage(10, 5)


def _request(attempt: int = 0, **body: Any) -> Request:
    return Request({"model": "m", **body}, attempt)


def test_a_kept_reply_is_found_again_by_a_later_process(tmp_path: Path):
    request, reply = _request(), {"choices": ["ä", "\ud83d"]}
    with Replies(tmp_path / "r.sqlite") as replies:
        assert replies.find(request.key(URL)) is None
        replies.keep(URL, request, reply, USAGE)
    with Replies(tmp_path / "r.sqlite") as replies:
        assert replies.find(request.key(URL)) == reply


def test_the_key_hangs_on_the_content_and_not_on_its_order():
    key = _request(seed=1, top_p=1).key(URL)
    assert key == Request({"top_p": 1, "seed": 1, "model": "m"}).key(URL)
    others = [_request(seed=2, top_p=1), _request(1, seed=1, top_p=1)]
    assert key not in {_request(seed=1, top_p=1).key("http://b/v1"), *(o.key(URL) for o in others)}


def test_what_was_paid_is_counted_by_model_and_way(tmp_path: Path):
    with Replies(tmp_path / "r.sqlite") as replies:
        assert replies.count(URL, "m") == []
        for seed in range(3):
            replies.keep(URL, _request(seed=seed), {}, USAGE, batched=seed == 2)
        replies.keep(URL, Request({"model": "other"}), {}, USAGE)
        assert replies.count(URL, "m") == [
            Tally(2, Usage(20, 10), batched=False),
            Tally(1, Usage(10, 5), batched=True),
        ]


def test_a_note_is_remembered_until_it_is_forgotten(tmp_path: Path):
    with Replies(tmp_path / "r.sqlite") as replies:
        replies.note("batches", {"a": "1"})
    with Replies(tmp_path / "r.sqlite") as replies:
        assert replies.recall("batches") == {"a": "1"}
        replies.note("batches", None)
        assert replies.recall("batches") is None


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    path = tmp_path / "r.sqlite"
    path.write_text("hello " * 500)
    with pytest.raises(BadRun, match=r"r\.sqlite: no cache"):
        Replies(path)


def test_a_full_disk_says_that_what_was_kept_is_safe(tmp_path: Path):
    with Replies(tmp_path / "r.sqlite") as replies:
        replies.keep(URL, _request(), {"a": 1}, USAGE)
        replies._database.execute("PRAGMA max_page_count = 1")
        with pytest.raises(BadRun, match=r"full; what was kept is safe: --resume"):
            replies.keep(URL, _request(seed=1), {"a": "x" * 100_000}, USAGE)
        assert replies.find(_request().key(URL)) == {"a": 1}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param({"content": "hi"}, "hi", id="text"),
        pytest.param({"content": None}, "", id="nothing"),
        pytest.param({"content": "ä \ud83d \U0001f600"}, "ä ? \U0001f600", id="half-a-character"),
        pytest.param({"content": [{"type": "text", "text": "a"}, {"text": "b"}]}, "ab", id="parts"),
    ],
)
def test_the_text_of_a_reply(message: Any, text: str):
    assert read_completion(make_completion(message)).text == text


def test_calls_thought_and_refusal_are_read():
    message = {**make_call("look", {}), "reasoning": "hm", "refusal": "no"}
    completion = read_completion(make_completion(message))
    assert completion.tool_calls[0]["function"]["name"] == "look"
    assert (completion.thought, completion.refusal) == ("hm", "no")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param({"error": {"message": "busy"}}, "is an error: .*busy", id="error"),
        pytest.param({"choices": []}, "no chat completion", id="no-choice"),
        pytest.param({"choices": [{"text": "old"}]}, "no chat completion", id="no-message"),
        pytest.param([], "no chat completion", id="list"),
        pytest.param("<html>", "no chat completion: '<html>'", id="page"),
        pytest.param(None, "no chat completion", id="null"),
    ],
)
def test_what_is_no_completion_is_garbled(reply: Any, why: str):
    with pytest.raises(BadReply, match=why) as caught:
        read_completion(reply)
    assert caught.value.reason == "garbled"


def test_usage_is_the_servers_or_estimated_and_says_so():
    request = _request(messages=[{"role": "user", "content": "x" * 400}])
    reply = make_completion("y" * 40)
    assert read_usage(reply, request) == Usage(10, 5)
    for usage in (None, {}, {"prompt_tokens": None, "completion_tokens": 3}):
        found = read_usage({**reply, "usage": usage}, request)
        assert found == Usage(request.size, 10, estimated=True)
        assert 100 < found.tokens_in < 120


def test_calls_and_thoughts_are_estimated_too():
    plain = read_usage({**make_completion(""), "usage": None}, _request())
    call = read_usage({**make_completion(make_call("look", {})), "usage": None}, _request())
    assert plain.tokens_out == 0 < call.tokens_out


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_request_knows_its_longest_reply(name: str):
    assert _request(**{name: 7}).longest == 7
    assert _request().longest is None


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.none())))
def test_any_body_has_a_key_and_comes_back(body: dict[str, Any]):
    request = Request(body)
    assert len(request.key(URL)) == 32
    with Replies(Path(":memory:")) as replies:
        replies.keep(URL, request, body, USAGE)
        assert replies.find(request.key(URL)) == body
