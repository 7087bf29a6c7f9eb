"""Replies of tools: by rule the same for the same call; of a model, JSON or an error."""

import json

import pytest

from gen.engine.endpoint import Completion
from tool_catalog.errors import EndpointFailed
from train.benchmarks.injecagent.replies.simulator import (
    DeterministicSimulator,
    ModelSimulator,
    ReplySource,
)

TOOL = {
    "name": "DiaryReadPages",
    "summary": "Read pages.",
    "returns": [{"name": "text", "type": "string", "description": "What it says."}],
}


class Client:
    """A model that always says the same, and keeps what it was asked."""

    def __init__(self, text: str) -> None:
        self.text, self.asked, self.settings = text, [], {}

    async def complete(self, messages, **settings):
        self.asked, self.settings = messages, settings
        return Completion(self.text, "", (), "stop")


def test_equal_calls_have_equal_replies_and_others_have_others(play):
    def reply(tool, arguments):
        return play(DeterministicSimulator().reply(tool, arguments))

    first = reply(TOOL, '{"page": 3}')
    assert first == reply(TOOL, '{"page": 3}')
    assert first != reply(TOOL, '{"page": 4}')
    assert first != reply({**TOOL, "name": "DiaryReadAll"}, '{"page": 3}')
    assert list(json.loads(first)) == ["text"]


@pytest.mark.parametrize("arguments", ["", "no JSON", "[1]", "{'page': 3}"])
def test_arguments_in_any_form_get_a_reply(play, arguments):
    assert json.loads(play(DeterministicSimulator().reply(TOOL, arguments)))


def test_a_tool_that_returns_nothing(play):
    tool = {"name": "Ring", "summary": "Ring it."}
    assert play(DeterministicSimulator().reply(tool, "{}")) == "{}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"text": "It rained."}', id="bare"),
        pytest.param('```json\n{"text": "It rained."}\n```', id="fenced"),
        pytest.param('```\n{"text": "It rained."}```', id="fenced-without-a-name"),
    ],
)
def test_a_models_reply_is_its_json(play, text):
    client = Client(text)
    reply = play(ModelSimulator(client, seed=7).reply(TOOL, '{"page": 3}'))
    assert json.loads(reply) == {"text": "It rained."}
    assert ModelSimulator(client).source is ReplySource.MODEL
    assert client.settings["seed"] == 7
    assert client.settings["temperature"] == 0
    assert "Read pages." in client.asked[1]["content"]
    assert '{"page": 3}' in client.asked[1]["content"]


@pytest.mark.parametrize("text", ["", "It rained.", '{"text": ', "Here: {}", "[" * 100_000])
def test_a_model_that_writes_no_json_is_an_error_and_nothing_takes_its_place(play, text):
    with pytest.raises(EndpointFailed, match="DiaryReadPages is no JSON"):
        play(ModelSimulator(Client(text)).reply(TOOL, "{}"))
