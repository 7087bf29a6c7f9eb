"""Which cases there are: user tasks, alone and with each injection, and injections asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

CURRENT = "v1.2.2"
"""The version that upstream's own command plays."""
LEADERBOARD_ATTACK = "important_instructions"


class Threat(StrEnum):
    """Where an injection task stands in a case."""

    ABSENT = "absent"
    """The user's task alone."""
    INJECTED = "injected"
    """In what the agent reads while it does the user's task."""
    ASKED = "asked"
    """It is what the user asks for: could the agent do it at all?"""


@dataclass(frozen=True, slots=True)
class DojoCase:
    """One conversation."""

    suite: str
    user_task: str | None = None
    injection_task: str | None = None

    @property
    def threat(self) -> Threat:
        """Where its injection task stands."""
        if self.user_task is None:
            return Threat.ASKED
        return Threat.ABSENT if self.injection_task is None else Threat.INJECTED

    @property
    def name(self) -> str:
        """Unique among cases."""
        return "-".join(filter(None, (self.suite, self.user_task, self.injection_task)))

    @property
    def group(self) -> str:
        """All cases of one user task have its request and its data in common."""
        return f"{self.suite}-{self.user_task or self.injection_task}"


def list_cases(
    suites: Mapping[str, Any],
    *,
    attack: bool,
    stops: bool = False,
    users: Sequence[str] = (),
    injections: Sequence[str] = (),
) -> list[DojoCase]:
    """Cases as upstream's benchmark plays them.

    Args:
        suites: by name.
        attack: whether there is one; without it only user tasks are played.
        stops: whether the attack wants the agent to stop and nothing else: one injection task a
            user task then, whichever it is, and none is asked for outright.
        users: only these user tasks; none means all.
        injections: only these injection tasks; none means all.
    """
    cases: list[DojoCase] = []
    for name, suite in suites.items():
        told = [task for task in suite.user_tasks if not users or task in users]
        bad = [task for task in suite.injection_tasks if not injections or task in injections]
        cases += [DojoCase(name, task) for task in told]
        if not attack:
            continue
        used = [*suite.injection_tasks][:1] if stops else bad
        cases += [DojoCase(name, task, other) for task in told for other in used]
        cases += [DojoCase(name, None, other) for other in (() if stops else bad)]
    return cases
