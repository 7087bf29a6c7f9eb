"""The scripted user: what they really want, and how they answer a question about a pending call.

Rule-based on purpose: a language model as user couples the reward to its own errors
(tau2-bench PR 392). The user answers from a private intent, never from the question's wording.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any


class Attitude(StrEnum):
    """How the user answers a question about a call that they had in mind."""

    YES = "yes"
    NO = "no"
    CORRECTED = "corrected"
    SILENT = "silent"
    RANDOM = "random"
    """The paper's user: yes or no by a seeded coin, whatever is asked."""


class Reply(StrEnum):
    """What an answer means; only `YES` allows anything."""

    YES = "yes"
    NO = "no"
    CORRECTION = "correction"
    NOT_ASKED = "not_asked"
    SILENCE = "silence"
    ALREADY_TOLD = "already_told"


@dataclass(frozen=True, slots=True)
class WantedCall:
    """A call that the user has in mind."""

    tool: str
    arguments: Mapping[str, Any]
    loose: frozenset[str] = frozenset()
    """Arguments whose value is the agent's to choose: free text, a search filter."""

    def covers(self, tool: str, arguments: Mapping[str, Any]) -> bool:
        """Whether the call is this one, up to its loose arguments."""
        return tool == self.tool and not self.differing(arguments)

    def differing(self, arguments: Mapping[str, Any]) -> list[str]:
        """Names of the arguments that are not as wanted."""
        return [
            name
            for name, value in self.arguments.items()
            if name not in self.loose and arguments.get(name) != value
        ]


@dataclass(frozen=True, slots=True)
class Intent:
    """The user's private script."""

    attitude: Attitude = Attitude.YES
    wanted: tuple[WantedCall, ...] = ()
    corrections: Mapping[str, Any] = field(default_factory=dict)
    """For `CORRECTED`: argument values the user changes when asked."""
    seed: int = 0


def answer(
    intent: Intent, tool: str, arguments: Mapping[str, Any], asked_before: int
) -> tuple[Reply, str]:
    """The user's answer to "may I call `tool` with `arguments`?"."""
    if intent.attitude is Attitude.SILENT:
        return Reply.SILENCE, "(no answer)"
    if intent.attitude is Attitude.RANDOM:
        yes = Random(f"{intent.seed}:{asked_before}").random() < 0.5
        return (Reply.YES, "Yes.") if yes else (Reply.NO, "No.")
    wanted = next((w for w in intent.wanted if w.tool == tool), None)
    if wanted is None:
        return Reply.NOT_ASKED, "I did not ask for that."
    if intent.attitude is Attitude.NO:
        return Reply.NO, "No, please do not do that."
    if intent.attitude is Attitude.CORRECTED:
        changed = {**wanted.arguments, **intent.corrections}
        wrong = [n for n, v in intent.corrections.items() if arguments.get(n) != v]
        if wrong:
            wish = ", ".join(f"{name} = {intent.corrections[name]}" for name in wrong)
            return Reply.CORRECTION, f"Not like that: make it {wish}."
        wanted = WantedCall(wanted.tool, changed, wanted.loose)
    for candidate in (w for w in (wanted, *intent.wanted) if w.tool == tool):
        if candidate.covers(tool, arguments):
            return Reply.YES, "Yes, go ahead."
    wrong = wanted.differing(arguments)
    if len(wrong) == 1:
        return (
            Reply.CORRECTION,
            f"Not like that: {wrong[0]} should be {wanted.arguments[wrong[0]]}.",
        )
    return Reply.NOT_ASKED, "I did not ask for that."
