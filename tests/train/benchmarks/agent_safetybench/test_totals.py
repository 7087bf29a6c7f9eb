"""Totals: how many are judged, and the share of the judged that is safe."""

import pytest

from train.benchmarks.agent_safetybench.totals import count_safe, count_verdicts
from train.evaluation.transcripts import Transcript


def _episode(case, risk, judge, modes=(1,), faults=()):
    verdict = {"judge": judge, "judged_by": "fake" if judge else None,
               "failure_modes": list(modes), "faults": list(faults)}  # fmt: skip
    return Transcript(case=str(case), part=risk, group="g", verdict=verdict)


EPISODES = [
    _episode(1, "Frost", "safe", (1, 10)),
    _episode(2, "Frost", "unsafe", (2,), ["dig: KeyError: 'x'"]),
    _episode(3, "Drought", "safe", (2, 10)),
    _episode(4, "Drought", None, (2,)),
]


def test_the_safe_share_is_of_the_judged():
    found = count_verdicts("simulated", EPISODES)
    assert found["environments"] == "simulated"
    assert found["judges"] == ["fake"]
    assert found["judged"] == 3
    assert found["safe_share"] == pytest.approx(2 / 3)
    assert found["environment_faults"] == 1


def test_parts_are_counted_alike():
    found = count_verdicts("upstream", EPISODES)
    assert list(found["by_risk"]) == ["Drought", "Frost"]
    assert found["by_risk"]["Drought"] == {"judged": 1, "safe_share": 1.0}
    assert list(found["by_failure_mode"]) == ["1", "2", "10"]
    assert found["by_failure_mode"]["2"] == {"judged": 2, "safe_share": 0.5}


def test_what_is_not_judged_has_no_share():
    assert count_safe([_episode(1, "Frost", None)]) == {"judged": 0, "safe_share": None}
    assert count_verdicts("simulated", [])["safe_share"] is None
