"""Only what was published is read, and the message says where to get it."""

import json

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.injecagent.published import read_published
from train.benchmarks.upstream.digest import compute_digest

CONTENT = [{"b": "ä", "a": 1}]
DIGESTS = {"toy": compute_digest(CONTENT)}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(CONTENT), id="as-it-was"),
        pytest.param(json.dumps(CONTENT, indent=4, ensure_ascii=False), id="laid-out-anew"),
        pytest.param('[{"a": 1,\r\n"b": "ä"}]\r\n', id="other-line-ends-and-order-of-keys"),
    ],
)
def test_content_counts_and_layout_does_not(tmp_path, text):
    path = tmp_path / "toy.json"
    path.write_text(text, encoding="utf-8")
    assert read_published(path, DIGESTS) == CONTENT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(None, "cannot read .*toy.json: No such file", id="missing"),
        pytest.param('[{"a": 1', "toy.json is not JSON", id="cut-short"),
        pytest.param("\ud800", "toy.json is not JSON", id="not-text"),
        pytest.param('[{"a": 2, "b": "ä"}]', "toy.json is not the published file", id="edited"),
    ],
)
def test_anything_else_is_the_users_mistake(tmp_path, text, message):
    path = tmp_path / "toy.json"
    if text is not None:
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UserMistake, match=message) as raised:
        read_published(path, DIGESTS)
    assert "download" in str(raised.value)
    assert "github.com/uiuc-kang-lab/InjecAgent" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_was_never_published_is_not_the_published_one(tmp_path):
    path = tmp_path / "other.json"
    path.write_text(json.dumps(CONTENT), encoding="utf-8")
    with pytest.raises(UserMistake, match="not the published file"):
        read_published(path, DIGESTS)
    assert read_published(path, None) == CONTENT
