"""A stored record proves itself again: replayed on a fresh sandbox, everything is as written."""

from collections.abc import Sequence

from gen.episode import SHIPPED, Results, Stage, replay
from gen.records import Record, Step

_SHOWN, _SHOWN_BEFORE = 80, 30


def check_replay(record: Record, stage: Stage = SHIPPED) -> str:
    """What differs on replay; empty when nothing does.

    The reference must give the stored results, end in the stored state and have no fault; each
    counterfactual must give its stored results and exactly its stored faults.
    """
    scenario = record.scenario
    worlds = stage.read_worlds(scenario)
    episode = stage.open(scenario, worlds)
    results, verdict = replay(episode, record.reference)
    if reason := _find_difference(record.reference, results):
        return f"replay: reference: {reason}"
    if episode.sandbox.state_hash() != record.final_state:
        return "replay: reference ends in another state"
    if verdict.faults or verdict.observed is not verdict.expected:
        faults = ", ".join(sorted(verdict.faults)) or f"observed {verdict.observed}"
        return f"replay: reference has faults: {faults}"
    for wrong in record.counterfactuals:
        results, verdict = replay(stage.open(scenario, worlds), wrong.steps)
        if reason := _find_difference(wrong.steps, results):
            return f"replay: {wrong.name}: {reason}"
        if tuple(sorted(verdict.faults)) != wrong.faults:
            found = ", ".join(sorted(verdict.faults)) or "none"
            return f"replay: {wrong.name}: faults {found}, stored {', '.join(wrong.faults)}"
    return ""


def _find_difference(stored: Sequence[Step], results: Results) -> str:
    for number, (step, said) in enumerate(zip(stored, results, strict=True), 1):
        for use, now in zip(step.calls, said, strict=True):
            if use.result != now:
                found, kept = cut_to_difference(now, use.result)
                return f"step {number} ({use.tool}) returns {found!r}, stored {kept!r}"
    return ""


def cut_to_difference(one: str, other: str) -> tuple[str, str]:
    """Two texts, shortened to the place where they begin to differ."""
    pairs = enumerate(zip(one, other, strict=False))
    same = next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
    start = max(0, same - _SHOWN_BEFORE)
    mark = "..." if start else ""
    return mark + one[start : start + _SHOWN], mark + other[start : start + _SHOWN]
