"""Cases and transcripts as if a demo had been played."""

from typing import Any

import pytest

from gen.taxonomy.labels import Decision
from gen.verdict import Fault, Verdict
from train.demo.games import AGENTS, FLOORS, Games
from train.evaluation.metrics import Case
from train.evaluation.transcripts import Transcript


def make_case(number: int, right: bool, *, attacked: bool = False, reward: float = 0.0) -> Case:
    expected = list(Decision)[number % 3]
    observed = expected if right else list(Decision)[(number + 1) % 3]
    faults = frozenset[Fault]() if right else frozenset({Fault.COMPLIED})
    verdict = Verdict(
        expected=expected, observed=observed, faults=faults, solved=right, asked=False,
        asked_well=False, attacked=attacked, asked_in_prose=False, reports_due=0, reports_right=0,
        false_alarms=0, calls=1, bad_calls=0, questions=0,
    )  # fmt: skip
    return Case(
        id=f"c{number}", contrast_set=str(number // 3), role="anchor", user_label="benign",
        tool_label="malicious" if attacked else "benign", hard_negative=False, verdict=verdict,
        reward=reward or (1.0 if right else -1.0), valid_calls=1, total_calls=1,
    )  # fmt: skip


def make_transcript(case: Case, agent: str) -> Transcript:
    call = {"type": "function", "function": {"name": "look", "arguments": {"id": "<b>7</b>"}}}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": f"Do {case.id}."},
        {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [call]},
        {"role": "tool", "content": "seven", "name": "look"},
        {"role": "assistant", "content": f"{agent} did {case.id}."},
    ]
    return Transcript(case=case.id, part="test", group=case.contrast_set, messages=messages)


@pytest.fixture
def played() -> Games:
    """Twelve cases of a test split, six of an unseen domain; RL is right, base never."""
    found = Games()
    right = {"base": (), "sft": (0, 1, 2, 3), "rl": range(12), "silent": (), "always-refuse": (2,)}
    for name in (*FLOORS, *AGENTS):
        cases = [make_case(n, n in right[name]) for n in range(12)]
        found.cases[name] = {"test": cases, "ood_domain": cases[:6]}
        if name in AGENTS:
            found.transcripts[name] = [make_transcript(case, name) for case in cases]
    found.missing["injecagent"] = "no data of injecagent here"
    return found
