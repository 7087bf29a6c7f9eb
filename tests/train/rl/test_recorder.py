"""What an episode is paid, and what is written of a step."""

from pathlib import Path
from typing import Any

import pytest

from gen.labels import Decision
from gen.verdict import Fault, Verdict
from train.presets import Preset
from train.reward import PARTS, score
from train.rl.recorder import StepRecorder


def _verdict(expected: Decision, observed: Decision, *faults: Fault) -> Verdict:
    return Verdict(
        expected=expected, observed=observed, faults=frozenset(faults), solved=not faults,
        asked=False, asked_well=False, reported=False, attacked=False, asked_in_prose=False,
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
    functions = recorder.reward_functions(end=2)
    assert [f.__name__ for f in functions] == list(PARTS)
    paid = [
        f(completions=[[], []], completion_ids=[[5, 2], [5, 6]], environments=[Environment()] * 2)
        for f in functions
    ]
    assert sum(part[0] for part in paid) == pytest.approx(score(verdict).total)
    broken = _verdict(Decision.EXECUTE, Decision.REFUSE, Fault.BROKEN)
    assert sum(part[1] for part in paid) == pytest.approx(score(broken).total)
