"""Published replies first, the simulator after; which of them it was is kept."""

import pytest

from tool_catalog.errors import EndpointFailed, UserMistake
from train.benchmarks.injecagent.replies.cache import load_replies, make_key
from train.benchmarks.injecagent.replies.simulator import ReplySource


class Silent:
    source = ReplySource.MODEL

    async def reply(self, tool, arguments):
        raise EndpointFailed(f"{tool['name']} {arguments}")


def test_a_published_reply_is_found_to_the_letter(scene, play):
    replies = scene().replies
    found = play(replies.find("DiaryReadPages", '{"page": 3}'))
    assert (found.text, found.source) == ("It rained.", ReplySource.CACHE)
    other = play(replies.find("DiaryReadPages", '{"page":3}'))
    assert other.source is ReplySource.DETERMINISTIC
    assert other.text != "It rained."


def test_no_arguments_are_empty_ones(scene, play):
    assert make_key("A", "") == make_key("A", "{}") == "(A,{})"
    assert play(scene().replies.find("DiaryReadPages", "")).text == "I saw a heron."


def test_only_what_was_not_published_is_simulated_and_by_its_full_name(scene, play):
    replies = scene(Silent()).replies
    assert play(replies.find("DiaryReadPages", "{}")).source is ReplySource.CACHE
    with pytest.raises(EndpointFailed, match=r"DiaryReadPages \{'page': 9\}"):
        play(replies.find("DiaryReadPages", "{'page': 9}"))


@pytest.mark.parametrize("content", ["[]", '{"(A,{})": 3}'])
def test_a_file_of_another_form_is_named(playable, content):
    (playable / "attacker_simulated_responses.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserMistake, match="holds no replies"):
        load_replies(playable, digests=None)


def test_an_edited_file_is_refused(playable):
    with pytest.raises(UserMistake, match="not the published file"):
        load_replies(playable)


def test_published_replies_are_counted_as_published(benchmarks):
    assert len(load_replies(benchmarks / "injecagent")) == 2573
