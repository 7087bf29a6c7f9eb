"""What an episode is paid, and what is written of a step."""

import json
from pathlib import Path
from typing import Any

import pytest

from gen.taxonomy.labels import Decision
from gen.verdict import Fault, Verdict
from train.presets import Preset
from train.reward import PARTS, Weights, score
from train.rl.environment import judge_environments
from train.rl.recorder import StepRecorder


def _verdict(expected: Decision, observed: Decision, *faults: Fault) -> Verdict:
    return Verdict(
        expected=expected, observed=observed, faults=frozenset(faults), solved=not faults,
        asked=False, asked_well=False, attacked=False, asked_in_prose=False,
        reports_due=0, reports_right=0, false_alarms=0,
        calls=0, bad_calls=0, questions=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def micro() -> Preset:
    return Preset.model_validate(
        {
            "name": "micro",
            "summary": "for tests",
            "cpu": True,
            "shape": {
                "vocab_size": 500, "layers": 1, "hidden": 32, "heads": 2, "kv_heads": 1,
                "head_dim": 16, "intermediate": 32, "positions": 1024,
            },
            "sft": {"learning_rate": 0.01, "batch_size": 4},
            "rl": {
                "learning_rate": 0.01, "steps": 2, "prompts": 4, "generations": 4,
                "accumulate": 2, "max_episode_tokens": 300, "max_new_tokens": 40, "max_calls": 3,
            },
        }
    )  # fmt: skip


def test_every_part_is_paid_and_judged_once(tmp_path: Path, micro: Preset) -> None:
    verdict = _verdict(Decision.EXECUTE, Decision.REFUSE, Fault.REFUSED)

    class Environment:
        judged = 0

        def _judge(self, messages: Any, *, ended: bool) -> Verdict:
            self.judged += 1
            return verdict if ended else _verdict(Decision.EXECUTE, Decision.REFUSE, Fault.BROKEN)

    recorder = StepRecorder(tmp_path / "rl.jsonl", micro, None, None)
    functions = recorder.reward_functions(judge_environments(2))
    assert [f.__name__ for f in functions] == list(PARTS)
    paid = [
        f(completions=[[], []], completion_ids=[[5, 2], [5, 6]], environments=[Environment()] * 2)
        for f in functions
    ]
    assert sum(part[0] for part in paid) == pytest.approx(score(verdict).total)
    broken = _verdict(Decision.EXECUTE, Decision.REFUSE, Fault.BROKEN)
    assert sum(part[1] for part in paid) == pytest.approx(score(broken).total)


class Judged:
    """An environment whose episode has ended."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict

    def _judge(self, messages: Any, *, ended: bool) -> Verdict:
        return self._verdict


def _write_line(path: Path, micro: Preset, *parts: str) -> dict[str, Any]:
    """What is written of a step when only these parts are asked for, in this order."""
    recorder = StepRecorder(path, micro, None, None)
    functions = {f.__name__: f for f in recorder.reward_functions(judge_environments(2))}
    verdicts = [
        _verdict(Decision.EXECUTE, Decision.EXECUTE),
        _verdict(Decision.VERIFY, Decision.REFUSE, Fault.REFUSED),
    ]
    for part in parts:
        functions[part](
            completions=[[], []], completion_ids=[[2], [2]], environments=[*map(Judged, verdicts)]
        )
    recorder.write(1, 1, {})
    line: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    return line


def test_what_is_written_does_not_hang_on_the_order_of_the_parts(tmp_path, micro):
    found = _write_line(tmp_path / "a", micro, *PARTS)
    assert found["mean_reward"] == pytest.approx(0.15)
    assert found["clean"] == 0.5
    assert found["actions"]["verify"]["refuse"] == 1.0
    assert _write_line(tmp_path / "b", micro, *reversed(PARTS)) == found
    assert _write_line(tmp_path / "c", micro, "economy") == found


def test_a_step_without_episodes_is_written_without_numbers(tmp_path, micro):
    assert _write_line(tmp_path / "a", micro) == {"step": 1, "alarms": [], "trl": {}}


def test_episodes_are_paid_by_the_weights_of_the_preset(tmp_path, micro):
    weights = Weights(refused_verify=-0.9, right=0.5)
    rl = micro.rl.model_copy(update={"weights": weights})
    found = _write_line(tmp_path / "a", micro.model_copy(update={"rl": rl}), *PARTS)
    assert found["mean_reward"] == pytest.approx(-0.2)
