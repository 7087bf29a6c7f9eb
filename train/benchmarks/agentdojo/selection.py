"""What the user names, found in the framework: a version, its suites, tasks, attack and defense."""

from collections.abc import Sequence
from typing import Any

from agentdojo.agent_pipeline.agent_pipeline import DEFENSES
from agentdojo.attacks.attack_registry import ATTACKS
from agentdojo.models import MODEL_NAMES
from agentdojo.task_suite.load_suites import _SUITES as SUITES

from tool_catalog.errors import UnknownName, UserMistake

NO_ATTACK = "none"
_UNKNOWN_MODEL = "local"
_BY_HAND = "manual"
_NOT_HERE = {
    "tool_filter": "upstream filters tools with OpenAI's own client, which the agent is not",
    "transformers_pi_detector": "upstream loads a detector from the Hub when it is made, and "
    "nothing is downloaded here",
}
"""Defenses that cannot be had with any agent."""


def find_suites(version: str, names: Sequence[str]) -> dict[str, Any]:
    """Suites of a version, by name; all of them when none is named.

    Raises:
        UserMistake: there is no such version, or no such suite in it.
    """
    versions = [known for known, suites in SUITES.items() if suites]  # a lookup makes empty ones
    if version not in versions:
        raise UserMistake(f"no version {version!r} of AgentDojo; there are {', '.join(versions)}")
    known = SUITES[version]
    for name in names:
        if name not in known:
            raise UnknownName(f"suite of AgentDojo {version}", name, known)
    return {name: suite for name, suite in known.items() if not names or name in names}


def check_tasks(suites: dict[str, Any], users: Sequence[str], injections: Sequence[str]) -> None:
    """Whether each task is in one of the suites.

    Raises:
        UnknownName: one is in none.
    """
    for kind, names in (("user_task", users), ("injection_task", injections)):
        known = {task for suite in suites.values() for task in getattr(suite, f"{kind}s")}
        for name in names:
            if name not in known:
                raise UnknownName(f"{kind.replace('_', ' ')} in {', '.join(suites)}", name, known)


def check_attack(name: str) -> None:
    """Whether an attack can be played.

    Raises:
        UserMistake: there is none of that name, or it asks at the terminal.
    """
    known = [NO_ATTACK, *(attack for attack in ATTACKS if attack != _BY_HAND)]
    if name == _BY_HAND:
        raise UserMistake("--attack manual asks for every injection at the terminal; choose "
                          f"another: {', '.join(sorted(known))}")  # fmt: skip
    if name not in known:
        raise UnknownName("attack", name, known)


def check_defense(name: str | None) -> None:
    """Whether a defense works with any agent.

    Raises:
        UserMistake: there is none of that name, or it needs something that the agent is not.
    """
    usable = [known for known in DEFENSES if known not in _NOT_HERE]
    if name in _NOT_HERE:
        raise UserMistake(f"--defense {name}: {_NOT_HERE[name]}; choose {' or '.join(usable)}")
    if name is not None and name not in usable:
        raise UnknownName("defense", name, usable)


def name_model(served: str | None) -> str:
    """What upstream knows a model by, so that its attacks can address it.

    Args:
        served: the name that an endpoint has for it; none for a model of one's own.
    """
    if served and any(known in served for known in MODEL_NAMES):
        return served
    return _UNKNOWN_MODEL
