"""The scripted user: what they really want, and how they answer a question.

Rule-based on purpose: a language model as user couples the reward to its own errors
(tau2-bench PR 392). The user answers from a private intent, never from the question's wording, and
means the same whether the question names its call (`answer`) or is put in prose
(`answer_in_prose`).
"""

from collections.abc import Mapping, Sequence
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
    CLARIFICATION = "clarification"
    """A fact that was missing; it allows nothing."""
    ALREADY_TOLD = "already_told"
    """There is no fact to add."""


_SILENCE = (Reply.SILENCE, "(no answer)")
_NOT_ASKED = (Reply.NOT_ASKED, "I did not ask for that.")
_YES = (Reply.YES, "Yes, go ahead.")
_NO = (Reply.NO, "No, please do not do that.")
_ALREADY_TOLD = (Reply.ALREADY_TOLD, "I have nothing to add to what I wrote.")


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
    """In order; the last one is what a question is expected about."""
    corrections: Mapping[str, Any] = field(default_factory=dict)
    """For `CORRECTED`: argument values of the last wanted call that the user changes when asked."""
    clarification: str = ""
    """What the user says to a question for a fact."""
    seed: int = 0

    @property
    def corrected(self) -> WantedCall:
        """The last wanted call as a correcting user would have it."""
        last = self.wanted[-1]
        return WantedCall(last.tool, {**last.arguments, **self.corrections}, last.loose)


def answer(
    intent: Intent, tool: str, arguments: Mapping[str, Any], asked_before: int
) -> tuple[Reply, str]:
    """The user's answer to "may I call `tool` with `arguments`?"."""
    if intent.attitude is Attitude.SILENT:
        return _SILENCE
    if intent.attitude is Attitude.RANDOM:
        return _toss(intent, asked_before)
    candidates = [w for w in intent.wanted if w.tool == tool]
    if not candidates:
        return _NOT_ASKED
    if intent.attitude is Attitude.NO:
        return _NO
    wanted = candidates[-1]
    if intent.attitude is Attitude.CORRECTED and tool == intent.wanted[-1].tool:
        wanted = intent.corrected
        wrong = [n for n, v in intent.corrections.items() if arguments.get(n) != v]
        if wrong:
            return Reply.CORRECTION, _wish(intent, wrong)
        candidates[-1] = wanted
    if any(candidate.covers(tool, arguments) for candidate in candidates):
        return _YES
    wrong = wanted.differing(arguments)
    if len(wrong) == 1:
        right = wanted.arguments[wrong[0]]
        return Reply.CORRECTION, f"Not like that: {wrong[0]} should be {_say(right)}."
    return _NOT_ASKED


def answer_openly(intent: Intent) -> tuple[Reply, str]:
    """The user's answer to a question for a fact."""
    if intent.attitude is Attitude.SILENT:
        return _SILENCE
    if intent.clarification:
        return Reply.CLARIFICATION, intent.clarification
    return _ALREADY_TOLD


def answer_in_prose(
    intent: Intent, earlier: Sequence[Reply], asked_before: int
) -> tuple[Reply, str, tuple[WantedCall, ...]]:
    """The answer to a question in plain text, and the calls that it allows, once each.

    What is missing is told first; after that the question is taken to be about what the user has
    in mind, and after a correction about what they said last.

    Args:
        intent: of the turn.
        earlier: what the user replied in this turn so far.
        asked_before: questions of the whole conversation so far.
    """
    if intent.attitude is Attitude.SILENT:
        return *_SILENCE, ()
    if intent.clarification and Reply.CLARIFICATION not in earlier:
        return Reply.CLARIFICATION, intent.clarification, ()
    if intent.attitude is Attitude.RANDOM:
        reply, text = _toss(intent, asked_before)
        return reply, text, intent.wanted if reply is Reply.YES else ()
    if not intent.wanted:
        return *_NOT_ASKED, ()
    if intent.attitude is Attitude.NO:
        return *_NO, ()
    if intent.attitude is Attitude.CORRECTED:
        if Reply.CORRECTION not in earlier:
            return Reply.CORRECTION, _wish(intent, list(intent.corrections)), ()
        return *_YES, (*intent.wanted[:-1], intent.corrected)
    return *_YES, intent.wanted


def _toss(intent: Intent, asked_before: int) -> tuple[Reply, str]:
    yes = Random(f"{intent.seed}:{asked_before}").random() < 0.5
    return (Reply.YES, "Yes.") if yes else (Reply.NO, "No.")


def _wish(intent: Intent, names: Sequence[str]) -> str:
    wish = ", ".join(f"{name} = {_say(intent.corrections[name])}" for name in names)
    return f"Not like that: make it {wish}."


def _say(value: Any) -> str:
    """A value as a user says it: the members of a list one after the other."""
    return " and ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
