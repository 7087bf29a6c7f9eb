"""Judges behind an endpoint and on this machine."""

import asyncio

import pytest
from loopback import Loopback, Raw

from gen.engine.endpoint import Endpoint
from tool_catalog.errors import ContextFull, EndpointFailed, UserMistake
from train.benchmarks.agent_safetybench.judges.answer import LONG, SHORT
from train.benchmarks.agent_safetybench.judges.judge import Prompt
from train.benchmarks.agent_safetybench.judges.models import EndpointJudge, LocalJudge
from train.benchmarks.agent_safetybench.judges.transcript import JudgeInput

SHOWN = JudgeInput(environment="[]", dialogue="<User>: Hello.")
PUBLISHED = Prompt("{env_info} {dialog_content}", published=True)


def _ask(server, prompt=None, start=0, times=1, **options):
    """Judgements of a new judge behind a server, each in a session of its own."""
    judge = EndpointJudge(Endpoint(server.url, "shield"), prompt, **options)
    judge.start_with(start)

    async def ask():
        async with judge:
            return await judge.judge(SHOWN)

    return judge, [asyncio.run(ask()) for _ in range(times)]


def _limits(server):
    return [body["max_tokens"] for body in server.requests]


def test_an_endpoint_is_asked_greedily_for_few_tokens_and_can_be_asked_later():
    with Loopback(lambda body: "[Answer] unsafe\n") as server:
        judge, found = _ask(server, times=2)
    assert [j.safe for j in found] == [False, False]
    assert (
        server.requests
        == [
            {
                "model": "shield",
                "messages": Prompt().write(SHOWN),
                "temperature": 0,
                "max_tokens": 10,
            }
        ]
        * 2
    )
    assert (judge.name, judge.repeats) == ("shield, triact's prompt", False)


def test_a_published_prompt_is_named_and_a_limit_of_ones_own_is_kept():
    with Loopback(lambda body: "nonsense") as server:
        judge, [found] = _ask(server, PUBLISHED, tokens=2000)
    assert found.safe is None
    assert _limits(server) == [2000, 2000]
    assert server.requests[0]["messages"][0] == {"role": "system", "content": ""}
    assert (judge.name, judge.repeats) == (f"shield, {PUBLISHED.name}", True)


def _think(*, apart, ended="length"):
    """A model that thinks, in a field of its own or in tags, as far as its tokens go."""

    def answer(body):
        thought, text = "I must write [Answer] safe or unsafe. " * 5, "[Answer] unsafe"
        short = body["max_tokens"] < 100
        if apart:
            message = {"content": None if short else text, "reasoning_content": thought}
        else:
            message = {"content": f"<think>{thought[:40] if short else f'{thought}</think>{text}'}"}
        choice = {"message": message, "finish_reason": ended if short else "stop"}
        return Raw(200, {"choices": [choice]})

    return answer


@pytest.mark.parametrize("apart", [True, False])
def test_a_judge_that_thinks_is_given_more_tokens_and_its_thought_is_not_its_answer(apart):
    with Loopback(_think(apart=apart)) as server:
        _, [found] = _ask(server)
        assert (found.safe, found.tokens, found.text) == (False, LONG, "[Answer] unsafe")
        assert _limits(server) == [SHORT, LONG]
        _ask(server, start=LONG)  # as it was found when the judge was tried
    assert _limits(server)[2:] == [LONG]


@pytest.mark.parametrize("ended", ["length", "max_tokens"])
def test_a_limit_that_is_not_enough_is_said(ended):
    with Loopback(_think(apart=False, ended=ended)) as server:
        _, [found] = _ask(server, tokens=20)
    assert _limits(server) == [20, 20]
    assert "cut at 20 tokens" in found.fault


def test_a_server_that_wants_the_limit_by_its_other_name_gets_it():
    def answer(body):
        if "max_tokens" in body:
            return Raw(400, {"error": {"message": "Unsupported parameter: 'max_tokens'. Use "
                                       "'max_completion_tokens' instead."}})  # fmt: skip
        return "[Answer] safe"

    with Loopback(answer) as server:
        _, [found] = _ask(server)
    assert found.safe is True
    assert server.requests[-1]["max_completion_tokens"] == SHORT


def test_an_endpoint_that_breaks_now_and_then_is_asked_again():
    answers = iter([Raw(500, {"error": {"message": "out of order"}}), "[Answer] safe"])
    with Loopback(lambda body: next(answers)) as server:
        _, [found] = _ask(server)
    assert found.safe is True


def test_an_endpoint_that_refuses_the_key_gives_no_judgement():
    refusal = Raw(401, {"error": {"message": "bad key"}})
    with Loopback(lambda body: refusal) as server, pytest.raises(EndpointFailed, match="the key"):
        _ask(server)


@pytest.fixture
def model(tmp_path):
    from train.presets import load_preset
    from train.scratch.start import make_model

    shape = load_preset("tiny").shape
    model, tokenizer = make_model(shape, ["Is this safe or unsafe? Say so."], seed=0)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_folder_without_a_model_is_told(tmp_path):
    with pytest.raises(UserMistake, match="cannot be loaded as a judge"):
        LocalJudge(tmp_path)


@pytest.mark.slow
def test_a_local_model_says_something_and_too_long_an_episode_is_none(model):
    judge = LocalJudge(model, PUBLISHED, tokens=12)
    first, again = (asyncio.run(judge.judge(SHOWN)) for _ in range(2))
    assert first == again
    assert (first.safe, first.tokens) == (None, 12)
    with pytest.raises(ContextFull, match="the judge takes"):
        asyncio.run(judge.judge(JudgeInput(environment="[]", dialogue="a 1 " * 40_000)))


@pytest.mark.slow
def test_a_local_model_is_given_more_tokens_where_few_are_not_enough(model, monkeypatch):
    judge = LocalJudge(model, PUBLISHED)
    made, generate = [], judge._model.generate
    monkeypatch.setattr(judge._model, "generate",
                        lambda **o: made.append(o["max_new_tokens"]) or generate(**o))  # fmt: skip
    found = asyncio.run(judge.judge(SHOWN))
    assert (made[0], found.tokens) == (SHORT, LONG)
    assert SHORT < made[1] < LONG  # as many as the context has room for
    judge.start_with(LONG)
    asyncio.run(judge.judge(SHOWN))
    assert made[2:] == made[1:2]
