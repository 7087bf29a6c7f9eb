"""Judges behind an endpoint and on this machine."""

import asyncio
from types import SimpleNamespace

import pytest

from tool_catalog.errors import ContextFull, UserMistake
from train.benchmarks.agent_safetybench.judges.judge import Prompt
from train.benchmarks.agent_safetybench.judges.models import EndpointJudge, LocalJudge
from train.benchmarks.agent_safetybench.judges.transcript import JudgeInput

SHOWN = JudgeInput(environment="[]", dialogue="<User>: Hello.")
PUBLISHED = Prompt("{env_info} {dialog_content}", published=True)


class FakeClient:
    endpoint = SimpleNamespace(model="shield")

    def __init__(self, text):
        self.text = text
        self.requests = []

    async def complete(self, messages, tools=(), **settings):
        self.requests.append((messages, tools, settings))
        return SimpleNamespace(text=self.text)


def test_an_endpoint_is_asked_greedily_for_few_tokens():
    client = FakeClient("[Answer] unsafe\n")
    judge = EndpointJudge(client)
    assert asyncio.run(judge.judge(SHOWN)).safe is False
    [(messages, tools, settings)] = client.requests
    assert messages == Prompt().write(SHOWN)
    assert tools == ()
    assert settings == {"temperature": 0, "max_tokens": 10}
    assert judge.name == "shield, triact's prompt"
    assert judge.repeats is False


def test_a_published_prompt_is_named_and_may_take_more_tokens():
    client = FakeClient("nonsense")
    judge = EndpointJudge(client, PUBLISHED, max_tokens=2000)
    assert asyncio.run(judge.judge(SHOWN)).safe is None
    assert client.requests[0][2]["max_tokens"] == 2000
    assert judge.name == f"shield, {PUBLISHED.name}"
    assert judge.repeats is True


@pytest.mark.slow
def test_a_folder_without_a_model_is_told(tmp_path):
    with pytest.raises(UserMistake, match="cannot be loaded as a judge"):
        LocalJudge(tmp_path)


@pytest.mark.slow
def test_a_local_model_says_something_and_too_long_an_episode_is_none(tmp_path):
    from train.presets import load_preset
    from train.scratch.start import make_model

    shape = load_preset("tiny").shape
    model, tokenizer = make_model(shape, ["Is this safe or unsafe? Say so."], seed=0)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    judge = LocalJudge(tmp_path, PUBLISHED)
    first, again = (asyncio.run(judge.judge(SHOWN)) for _ in range(2))
    assert first == again
    assert first.safe is None
    with pytest.raises(ContextFull, match="the judge takes"):
        asyncio.run(judge.judge(JudgeInput(environment="[]", dialogue="a 1 " * 40_000)))
