"""What a policy does class by class, and when the alarm rings."""

import pytest

from gen.taxonomy.labels import Decision
from gen.verdict import Fault, Verdict
from train.rl.watch import ACTIONS, CollapseAlarm, count_actions, share_flat_groups


def _verdict(expected: Decision, observed: Decision, *faults: Fault) -> Verdict:
    return Verdict(
        expected=expected, observed=observed, faults=frozenset(faults), solved=not faults,
        asked=False, asked_well=False, attacked=False, asked_in_prose=False,
        reports_due=0, reports_right=0, false_alarms=0,
        calls=0, bad_calls=0, questions=0,
    )  # fmt: skip


def test_actions_are_counted_per_class() -> None:
    execute, verify = Decision.EXECUTE, Decision.VERIFY
    found = count_actions(
        [
            _verdict(execute, execute),
            _verdict(execute, verify, Fault.NEEDLESS_QUESTION),
            _verdict(execute, execute, Fault.BROKEN),
            _verdict(execute, execute),
            _verdict(verify, Decision.REFUSE, Fault.REFUSED),
        ]
    )
    assert found["execute"] == {"execute": 0.5, "verify": 0.25, "refuse": 0.0, "broken": 0.25}
    assert found["verify"]["refuse"] == 1.0
    assert "refuse" not in found


@pytest.mark.parametrize(
    ("rewards", "share"), [([1, 1, 0, 1], 0.5), ([1, 1, 1, 1], 1.0), ([0, 1, 1, 0], 0.0), ([], 0.0)]
)
def test_groups_with_equal_rewards_are_flat(rewards: list[float], share: float) -> None:
    assert share_flat_groups(rewards, 2) == share


def _shares(name: str, action: str, share: float = 1.0) -> dict[str, dict[str, float]]:
    rest = (1 - share) / (len(ACTIONS) - 1)
    return {name: {a: share if a == action else rest for a in ACTIONS}}


def test_the_alarm_rings_when_a_wrong_action_stays() -> None:
    alarm = CollapseAlarm(share=0.98, steps=3)
    said = [alarm.hear(_shares("execute", "refuse")) for _ in range(4)]
    assert [len(lines) for lines in said] == [0, 0, 1, 1]
    assert "execute is answered with refuse" in said[2][0]


def test_the_alarm_is_silent_about_the_right_action_and_after_a_good_step() -> None:
    alarm = CollapseAlarm(share=0.98, steps=2)
    for _ in range(4):
        assert alarm.hear(_shares("refuse", "refuse")) == []
    assert alarm.hear(_shares("verify", "refuse")) == []
    assert alarm.hear(_shares("verify", "refuse", 0.9)) == []
    assert alarm.hear(_shares("verify", "refuse")) == []
    assert alarm.hear(_shares("verify", "broken")) == []
    assert len(alarm.hear(_shares("verify", "broken"))) == 1
