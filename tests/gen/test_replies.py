"""The cache of replies."""

from pathlib import Path

import pytest

from gen.replies import Replies, make_key
from tool_catalog.errors import BadRun


def test_a_kept_reply_is_found_again_by_a_later_process(tmp_path: Path):
    key = make_key("http://a/v1", {"model": "m"})
    with Replies(tmp_path / "r.sqlite") as replies:
        assert replies.find(key) is None
        replies.keep(key, {"choices": ["ä"]})
    with Replies(tmp_path / "r.sqlite") as replies:
        assert replies.find(key) == {"choices": ["ä"]}


def test_the_key_hangs_on_the_content_and_not_on_its_order():
    key = make_key("http://a/v1", {"model": "m", "seed": 1})
    assert key == make_key("http://a/v1", {"seed": 1, "model": "m"})
    assert key != make_key("http://b/v1", {"model": "m", "seed": 1})
    assert key != make_key("http://a/v1", {"model": "m", "seed": 2})


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    path = tmp_path / "r.sqlite"
    path.write_text("hello " * 500)
    with pytest.raises(BadRun, match=r"r\.sqlite: no cache"):
        Replies(path)
