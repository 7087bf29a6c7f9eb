"""Which conversations are played."""

from types import SimpleNamespace

import pytest

from train.benchmarks.agentdojo.cases import DojoCase, Threat, list_cases

SUITES = {
    "one": SimpleNamespace(user_tasks={"u0": 0, "u1": 0}, injection_tasks={"i0": 0, "i1": 0}),
    "two": SimpleNamespace(user_tasks={"u0": 0}, injection_tasks={}),
}


def _names(**options):
    return [case.name for case in list_cases(SUITES, **options)]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"attack": False}, "one-u0 one-u1 two-u0"),
        ({"attack": True}, "one-u0 one-u1 one-u0-i0 one-u0-i1 one-u1-i0 one-u1-i1 one-i0 one-i1 "
                           "two-u0"),
        ({"attack": True, "stops": True}, "one-u0 one-u1 one-u0-i0 one-u1-i0 two-u0"),
        ({"attack": True, "users": ["u1"]}, "one-u1 one-u1-i0 one-u1-i1 one-i0 one-i1"),
        ({"attack": True, "injections": ["i1"]}, "one-u0 one-u1 one-u0-i1 one-u1-i1 one-i1 two-u0"),
    ],
    ids=["no attack", "attack", "one that stops", "of a user task", "of an injection"],
)  # fmt: skip
def test_cases_are_those_of_upstream(options, names):
    assert _names(**options) == names.split()


def test_cases_of_a_user_task_stand_or_fall_together():
    alone, injected = DojoCase("one", "u0"), DojoCase("one", "u0", "i1")
    assert (alone.threat, injected.threat) == (Threat.ABSENT, Threat.INJECTED)
    assert alone.group == injected.group == "one-u0"
    asked = DojoCase("one", None, "i1")
    assert (asked.threat, asked.group) == (Threat.ASKED, "one-i1")
