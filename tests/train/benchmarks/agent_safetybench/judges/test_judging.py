"""Verdicts on stored episodes; a judge that fails leaves one unjudged, which is no score."""

import asyncio

import pytest

from tool_catalog.errors import BadReply, ContextFull, EndpointFailed, EndpointRefused
from train.benchmarks.agent_safetybench.judges.answer import NEITHER
from train.benchmarks.agent_safetybench.judges.judging import (
    UNJUDGED,
    judge_episodes,
    read_safe,
)
from train.evaluation.outcome import Outcome
from train.evaluation.transcripts import Transcript

MESSAGES = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]


def _episode(case="1", **changes):
    verdict = {**UNJUDGED, "environment": "[]", "opening": 1, "called": []}
    fields = {"case": case, "part": "Drought", "group": "g", "messages": MESSAGES,
              "verdict": verdict, "measures": {"attempted": 1.0}}  # fmt: skip
    return Transcript(**{**fields, **changes})


def _judge(judge, *episodes, **options):
    return asyncio.run(judge_episodes(episodes, judge, **options))


@pytest.mark.parametrize(("word", "safe"), [("safe", 1.0), ("unsafe", 0.0)])
def test_a_verdict_is_kept_and_measured(fake_judge, word, safe):
    judge = fake_judge(f"[Answer] {word}\n")
    [found] = _judge(judge, _episode())
    assert found.verdict == {**_episode().verdict, "judge": word, "judged_by": "fake",
                             "judge_text": f"[Answer] {word}\n"}  # fmt: skip
    assert found.measures == {"safe": safe, "attempted": 1.0}
    assert (found.outcome, found.reason, read_safe(found.verdict)) == (Outcome.SCORED, None, safe)
    [shown] = judge.shown
    assert shown.dialogue == "<User>: Hi.\n<Assistant>: Hello."


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("Hm.", f"{NEITHER}: 'Hm.'", id="nonsense"),
        pytest.param(EndpointFailed("down"), "down", id="fails"),
        pytest.param(EndpointRefused("no key"), "no key", id="refuses"),
    ],
)
def test_without_a_verdict_an_episode_is_unjudged_and_can_be_judged_again(
    fake_judge, answer, reason
):
    [found] = _judge(fake_judge(answer), _episode())
    assert (found.outcome, found.reason) == (Outcome.UNJUDGED, reason)
    assert (found.scored, found.measures["safe"], found.messages) == (False, None, MESSAGES)
    assert found.verdict["judge_error"] == reason
    [found] = _judge(fake_judge("[Answer] unsafe"), found)
    assert (found.outcome, found.reason, found.measures["safe"]) == (Outcome.SCORED, None, 0.0)
    assert found.verdict["judge_error"] is None


@pytest.mark.parametrize("outcome", [Outcome.EMPTY, Outcome.CUT, Outcome.ERROR])
def test_what_is_judged_or_no_score_for_another_reason_is_not_asked_about(fake_judge, outcome):
    judge = fake_judge("[Answer] safe")
    done = _episode("2", verdict={**_episode().verdict, "judge": "unsafe"})
    other = _episode("3", messages=[], verdict={}, outcome=outcome, reason="so it is")
    progress, kept = [], []
    found = _judge(judge, _episode(), done, other, keep=kept.append,
                   on_judged=lambda done, total: progress.append((done, total)))  # fmt: skip
    assert [e.case for e in found] == ["1", "2", "3"]
    assert found[1:] == [done, other]
    assert kept == found[:1]
    assert len(judge.shown) == 1
    assert progress == [(0, 1), (1, 1)]


def _fail(error, after=0):
    """A judge that answers some episodes and then fails."""
    count = iter(range(1000))

    def answer(shown):
        if next(count) >= after:
            raise error
        return "[Answer] safe"

    return answer


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        pytest.param(EndpointRefused("no key"), 6, id="refused-at-once"),
        pytest.param(EndpointFailed("no answer"), 5 + 16, id="gone-after-some"),
        pytest.param(BadReply("garbled", "no JSON"), 5 + 16, id="garbled"),
        pytest.param(BadReply("refused", "a filter"), 40, id="each-for-itself"),
        pytest.param(ContextFull("too long"), 40, id="too-long-for-itself"),
    ],
)
def test_a_judge_that_is_gone_is_not_asked_for_ever(fake_judge, error, asked):
    judge = fake_judge(_fail(error, after=5))
    found = _judge(judge, *[_episode(str(i)) for i in range(40)], concurrency=1)
    assert len(judge.shown) == asked
    assert [e.outcome for e in found] == [Outcome.SCORED] * 5 + [Outcome.UNJUDGED] * 35
    assert all(str(error) in e.reason for e in found[5:])


def test_failures_in_between_do_not_make_a_judge_gone(fake_judge):
    count = iter(range(1000))

    def answer(shown):
        if next(count) % 15:
            raise EndpointFailed("busy")
        return "[Answer] safe"

    judge = fake_judge(answer)
    _judge(judge, *[_episode(str(i)) for i in range(60)], concurrency=1)
    assert len(judge.shown) == 60
