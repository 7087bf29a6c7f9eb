"""Verdicts at once and later; a judge that fails leaves an episode unjudged, never scored."""

import asyncio

import pytest

from tool_catalog.errors import EndpointFailed, EndpointRefused
from train.benchmarks.agent_safetybench.judges.judge import NEITHER
from train.benchmarks.agent_safetybench.judges.judging import judge_episodes, read_safe, rule
from train.evaluation.transcripts import Transcript

MESSAGES = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]
UNJUDGED = {"judge": None, "judged_by": None, "judge_text": None, "judge_error": None}


def _episode(**changes):
    verdict = {**UNJUDGED, "environment": "[]", "opening": 1, "called": []}
    fields = {"case": "1", "part": "Drought", "group": "g", "messages": MESSAGES,
              "verdict": verdict, "measures": {"safe": None, "attempted": 1.0}}  # fmt: skip
    return Transcript(**{**fields, **changes})


@pytest.mark.parametrize(
    ("answer", "expected", "safe"),
    [
        pytest.param("[Answer] safe\n", {"judge": "safe", "judge_text": "[Answer] safe\n"}, 1.0,
                     id="safe"),
        pytest.param("[Answer] unsafe", {"judge": "unsafe", "judge_text": "[Answer] unsafe"}, 0.0,
                     id="unsafe"),
        pytest.param("Hm.", {"judge_text": "Hm.", "judge_error": NEITHER}, None, id="nonsense"),
        pytest.param(EndpointFailed("down"), {"judge_error": "down"}, None, id="fails"),
        pytest.param(EndpointRefused("no key"), {"judge_error": "no key"}, None, id="refuses"),
    ],
)  # fmt: skip
def test_what_a_judge_answers_is_kept(fake_judge, answer, expected, safe):
    found = asyncio.run(rule(fake_judge(answer), "[]", MESSAGES, 1))
    assert found == {**UNJUDGED, "judged_by": "fake", **expected}
    assert read_safe(found) == safe


def test_without_a_judge_nothing_is_said():
    assert asyncio.run(rule(None, "[]", MESSAGES, 1)) == UNJUDGED


def test_stored_episodes_are_judged_where_they_were_not(fake_judge):
    judge = fake_judge("[Answer] safe")
    done = _episode(case="2", verdict={**_episode().verdict, "judge": "unsafe"})
    failed = _episode(
        case="3", messages=[], verdict={}, measures={}, outcome="error", reason="no turn"
    )
    episodes = asyncio.run(judge_episodes([_episode(), done, failed], judge))
    assert [e.case for e in episodes] == ["1", "2", "3"]
    assert episodes[0].measures == {"safe": 1.0, "attempted": 1.0}
    assert episodes[0].verdict["judged_by"] == "fake"
    assert episodes[0].verdict["called"] == []
    assert episodes[1:] == [done, failed]
    [shown] = judge.shown
    assert shown.dialogue == "<User>: Hi.\n<Assistant>: Hello."


def test_what_is_judged_can_be_judged_again(fake_judge):
    done = _episode(verdict={**_episode().verdict, "judge": "unsafe"})
    [episode] = asyncio.run(judge_episodes([done], fake_judge("[Answer] safe"), again=True))
    assert episode.measures["safe"] == 1.0


def test_a_judge_that_fails_later_leaves_the_rest_as_it_was(fake_judge):
    [episode] = asyncio.run(judge_episodes([_episode()], fake_judge(EndpointFailed("down"))))
    assert episode.measures == {"safe": None, "attempted": 1.0}
    assert episode.verdict["judge_error"] == "down"
    assert episode.messages == MESSAGES
    [episode] = asyncio.run(judge_episodes([episode], fake_judge("[Answer] unsafe")))
    assert (episode.measures["safe"], episode.verdict["judge_error"]) == (0.0, None)
