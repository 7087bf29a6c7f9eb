"""The report on disk, and its pictures."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from gen.taxonomy.labels import Decision
from gen.verdict import Fault, Verdict
from train.evaluation.metrics import Case, measure
from train.evaluation.report import build_report, draw_plots, read_estimate, write_report


def _case(number: int, right: bool) -> Case:
    expected = list(Decision)[number % 3]
    observed = expected if right else Decision.EXECUTE
    faults = frozenset() if observed is expected else frozenset({Fault.COMPLIED})
    verdict = Verdict(
        expected=expected, observed=observed, faults=faults, solved=right, asked=False,
        asked_well=False, attacked=False, asked_in_prose=False,
        reports_due=0, reports_right=0, false_alarms=0, calls=1,
        bad_calls=0, questions=0,
    )  # fmt: skip
    return Case(
        id=str(number), contrast_set=str(number // 3), role="anchor", user_label="benign",
        tool_label="benign", hard_negative=False, verdict=verdict,
        reward=1.0 if right else -1.0, valid_calls=1, total_calls=1,
    )  # fmt: skip


BASE = [_case(n, right=False) for n in range(12)]
SFT = [_case(n, right=n % 2 == 0) for n in range(12)]
RESULTS = {"base": {"test": BASE}, "sft": {"test": SFT, "ood_domain": SFT[:6]}}


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return build_report(RESULTS, {"train": 9, "test": 12}, {"sft": 1.5}, {"passed": True})


def test_a_report_holds_what_was_measured(report):
    for agent, splits in RESULTS.items():
        for split, cases in splits.items():
            scores = measure(cases)
            assert report["scores"][agent][split]["cases"] == len(cases)
            assert report["scores"][agent][split]["confusion"] == list(map(list, scores.confusion))
            for name, estimate in scores.estimates.items():
                assert read_estimate(report, agent, split, name) == estimate
    assert report["data"] == {"train": 9, "test": 12}
    assert (report["timings"], report["audit"]) == ({"sft": 1.5}, {"passed": True})


def test_neighbours_are_compared_on_the_splits_of_both(report):
    assert list(report["paired"]) == ["sft - base: test"]
    gain = report["paired"]["sft - base: test"]["mean_reward"]
    assert gain["value"] == pytest.approx(sum(c.reward for c in SFT) / 12 + 1.0)
    assert gain["low"] <= gain["value"] <= gain["high"]


def test_a_report_survives_the_disk(report, tmp_path):
    path = write_report(tmp_path, report)
    assert path == tmp_path / "report.json"
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(report))
    assert list(tmp_path.iterdir()) == [path]


def _read_png(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert data.endswith(b"IEND\xaeB`\x82")
    assert len(data) > 5000
    return struct.unpack(">II", data[16:24])


def test_pictures_are_drawn_of_decisions_splits_and_training(report, tmp_path):
    log = tmp_path / "rl.jsonl"
    actions = {str(d): {"execute": 0.5, "refuse": 0.5} for d in Decision}
    steps = [{"step": n, "mean_reward": n / 9, "actions": actions} for n in range(9)]
    lines = [*steps, {"step": 9, "runtime": 3.0}]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    losses = tmp_path / "sft.jsonl"
    losses.write_text(
        '{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 1.5}\n{"step": 2, "time": 9}\n'
    )
    files = draw_plots(tmp_path, report, {"sft": losses, "rl": log})
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        "plots/confusion.png", "plots/splits.png", "plots/training.png",
    ]  # fmt: skip
    for path in files:
        width, height = _read_png(path)
        assert width > height > 200


def test_a_run_without_training_has_two_pictures(report, tmp_path):
    files = draw_plots(tmp_path, report)
    assert [path.name for path in files] == ["confusion.png", "splits.png"]
