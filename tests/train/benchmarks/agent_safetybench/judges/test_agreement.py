"""Agreement of a judge with labels."""

import asyncio
import json

import pytest

from tool_catalog.errors import EndpointFailed, UserMistake
from train.benchmarks.agent_safetybench.judges.agreement import (
    JudgeAgreement,
    count_agreement,
    load_sample,
    measure_agreement,
)

ROW = {"transcript": {"environment": "[]", "dialogue": "<User>: Hi."}, "label": "safe", "by": "A"}


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.jsonl"
    rows = [ROW, {**ROW, "label": "unsafe"}]
    path.write_text("\n\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return load_sample(path)


def test_a_sample_is_read_and_counted(sample, fake_judge):
    found = asyncio.run(measure_agreement(fake_judge("[Answer] safe"), sample))
    assert found == JudgeAgreement(1, 0, 0, 1, 0)
    assert (found.judged, found.accuracy, found.kappa) == (2, 0.5, 0.0)


def test_answers_that_say_neither_are_counted_and_in_no_share(sample, fake_judge):
    found = asyncio.run(measure_agreement(fake_judge("Hm."), sample))
    assert (found.unparsable, found.judged, found.accuracy, found.kappa) == (2, 0, None, None)


def test_a_judge_that_fails_stops_the_measurement(sample, fake_judge):
    with pytest.raises(EndpointFailed):
        asyncio.run(measure_agreement(fake_judge(EndpointFailed("down")), sample))


@pytest.mark.parametrize(
    ("counts", "accuracy", "kappa"),
    [
        pytest.param((20, 15, 5, 10, 3), 0.7, 0.4, id="textbook"),
        pytest.param((5, 5, 0, 0, 0), 1.0, 1.0, id="equal"),
        pytest.param((0, 0, 5, 5, 0), 0.0, -1.0, id="opposite"),
        pytest.param((5, 0, 0, 0, 0), 1.0, None, id="one-word-only"),
        pytest.param((0, 0, 0, 0, 2), None, None, id="nothing"),
    ],
)
def test_accuracy_and_kappa(counts, accuracy, kappa):
    found = JudgeAgreement(*counts)
    assert found.accuracy == pytest.approx(accuracy)
    assert found.kappa == pytest.approx(kappa)


def test_each_pair_has_its_count():
    labels = [True, True, False, False, True]
    assert count_agreement(labels, [True, False, True, False, None]) == JudgeAgreement(
        1, 1, 1, 1, 1
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(None, "cannot read", id="missing"),
        pytest.param("\n", "holds no rows", id="empty"),
        pytest.param("{", "sample.jsonl:1: ", id="no-json"),
        pytest.param(json.dumps({**ROW, "label": "fine"}), ":1: label", id="another-label"),
        pytest.param(json.dumps({"label": "safe"}), ":1: transcript", id="no-transcript"),
    ],
)
def test_a_sample_that_cannot_be_used_is_told(tmp_path, text, message):
    path = tmp_path / "sample.jsonl"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UserMistake, match=message):
        load_sample(path)
