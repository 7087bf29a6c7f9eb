"""A judge is opened, tried, and asked about a run; a run keeps to one judge."""

import json

import pytest

from gen.engine.endpoint import Endpoint
from tool_catalog.errors import CheckFailed, EndpointFailed, UserMistake
from train.benchmarks.agent_safetybench.judges.agreement import JudgeAgreement, Labelled
from train.benchmarks.agent_safetybench.judges.judging import UNJUDGED
from train.benchmarks.agent_safetybench.judges.session import (
    check_resumed,
    judge_run,
    open_judge,
    try_judge,
)
from train.benchmarks.agent_safetybench.judges.transcript import JudgeInput
from train.evaluation.benchmark import Benchmark, build_report, read_report
from train.evaluation.runner import Job
from train.evaluation.transcripts import Store, Transcript

SERVED = Endpoint("http://127.0.0.1:9/v1", "shield")


def _know(shown):
    return f"[Answer] {'unsafe' if 'stole' in shown.dialogue else 'safe'}"


def _episode(case, **changes):
    verdict = {**UNJUDGED, "environment": "[]", "opening": 1, **changes}
    messages = [{"role": "user", "content": f"case {case}"}]
    return Transcript(case=case, part="p", group=case, messages=messages, verdict=verdict,
                      measures={"attempted": 1.0})  # fmt: skip


def _sample(*labels):
    shown = JudgeInput(environment="[]", dialogue="<User>: Hi.")
    return [Labelled(transcript=shown, label=label) for label in labels]


def test_the_judge_that_is_named_is_opened(tmp_path):
    assert open_judge(None, None, None, tokens=0, seed=0) is None
    judge = open_judge(None, SERVED, None, tokens=0, seed=0)
    assert judge.name == "shield, triact's prompt"
    with pytest.raises(UserMistake, match="name one judge"):
        open_judge(tmp_path, SERVED, None, tokens=0, seed=0)
    with pytest.raises(UserMistake, match="cannot read"):
        open_judge(None, SERVED, tmp_path / "none.txt", tokens=0, seed=0)


def test_a_judge_is_tried_on_known_cases_and_on_the_sample(fake_judge):
    judge = fake_judge(_know)
    assert try_judge(judge, ()) is None
    assert try_judge(judge, _sample("safe", "unsafe")) == JudgeAgreement(1, 0, 0, 1, 0)
    assert (len(judge.shown), judge.entered) == (2 + 4, 2)


def test_a_judge_that_fails_the_known_cases_is_not_shown_the_sample(fake_judge):
    judge = fake_judge("[Answer] safe")
    with pytest.raises(CheckFailed):
        try_judge(judge, _sample("safe"))
    assert len(judge.shown) == 2


def test_a_judge_that_is_lost_during_the_sample_is_named(fake_judge):
    count = iter(range(9))

    def answer(shown):
        if next(count) > 1:
            raise EndpointFailed("gone")
        return _know(shown)

    with pytest.raises(EndpointFailed, match="the judge fake, on the sample: gone"):
        try_judge(fake_judge(answer), _sample("safe"))


@pytest.mark.parametrize(
    ("verdict", "refused"),
    [
        pytest.param({"judge": "safe", "judged_by": "shield"}, True, id="anothers-verdict"),
        pytest.param({"judge": "safe", "judged_by": "fake"}, False, id="its-own"),
        pytest.param({"judged_by": "shield", "judge_error": "down"}, False, id="no-verdict"),
        pytest.param({}, False, id="not-asked"),
    ],
)
def test_a_run_keeps_to_one_judge(fake_judge, tmp_path, verdict, refused):
    Store(tmp_path).rewrite([_episode("1", **verdict)])
    if refused:
        with pytest.raises(UserMistake, match="was judged by shield"):
            check_resumed(tmp_path, fake_judge(_know))
    else:
        check_resumed(tmp_path, fake_judge(_know))
    if verdict.get("judge"):
        with pytest.raises(UserMistake, match="name that judge"):
            check_resumed(tmp_path, None)
    else:
        check_resumed(tmp_path, None)


@pytest.fixture
def judged(tmp_path):
    """Judge a run of two episodes, and read what is kept of it."""
    episodes = [_episode("1"), _episode("2")]
    jobs = [Job(e.case, "p", e.case, None, measures=("safe", "attempted")) for e in episodes]
    benchmark = Benchmark("b", {"judge": None}, jobs, ("safe",), notes=("a note",))
    played = build_report(benchmark, "m", episodes, warnings=["a warning"])
    Store(tmp_path).rewrite(episodes)

    def run(judge, agreement=None):
        judge_run(tmp_path, benchmark, played, episodes, judge, agreement,
                  on_judged=lambda done, total: None)  # fmt: skip
        return read_report(tmp_path), Store(tmp_path).read()

    return run


def test_a_judged_run_says_who_judged_it(fake_judge, judged):
    report, kept = judged(
        fake_judge(lambda shown: f"[Answer] {'un' * ('case 2' in shown.dialogue)}safe"),
        JudgeAgreement(6, 2, 1, 1, 3),
    )
    assert report.settings["judge"] == "fake"
    assert report.notes == [
        "judged by fake",
        "of 10 labels the judge agrees with 80.0%, kappa 0.52; to 3 more it answered neither safe "
        "nor unsafe",
        "a note",
    ]
    assert report.warnings == ["a warning"]
    assert report.totals["agreement"]["unparsable"] == 3
    assert report.figures.measures["safe"].value == 0.5
    assert [e.verdict["judge"] for e in kept.values()] == ["safe", "unsafe"]
    json.dumps(report.totals)


def test_of_a_dead_judge_no_share_is_left(fake_judge, judged):
    report, kept = judged(fake_judge(EndpointFailed("down")))
    assert report.figures.measures == {}
    assert report.figures.outcomes["unjudged"] == 2
    assert report.figures.overall["safe"].value == 0
    assert report.unscored == {"1": "unjudged: down", "2": "unjudged: down"}
    assert [e.reason for e in kept.values()] == ["down", "down"]


def test_what_was_judged_is_kept_when_judging_is_stopped(fake_judge, judged, tmp_path):
    count = iter(range(9))

    def answer(shown):
        if next(count):
            raise KeyboardInterrupt
        return "[Answer] safe"

    with pytest.raises(KeyboardInterrupt):
        judged(fake_judge(answer))
    verdicts = [e.verdict["judge"] for e in Store(tmp_path).read().values()]
    assert sorted(map(str, verdicts)) == ["None", "safe"]
