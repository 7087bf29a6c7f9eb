"""A stored record proves itself again: replayed on a fresh sandbox, everything is as written."""

from collections.abc import Sequence
from pathlib import Path

from gen.episode import open_episode, replay
from gen.records import Record, Step
from tool_catalog.catalog import load_domain


def check_replay(record: Record, domain_files: Sequence[Path] = ()) -> str:
    """What differs on replay; empty when nothing does.

    The reference must give the stored results, end in the stored state and have no fault; each
    counterfactual must give its stored results and exactly its stored faults.
    """
    scenario = record.scenario
    world = load_domain(scenario.domain, tuple(domain_files)).read_world(scenario.world)
    episode = open_episode(scenario, domain_files, world)
    results, verdict = replay(episode, record.reference)
    if reason := _find_difference(record.reference, results):
        return f"replay: reference: {reason}"
    if episode.sandbox.state_hash() != record.final_state:
        return "replay: reference ends in another state"
    if verdict.faults or verdict.observed is not verdict.expected:
        faults = ", ".join(sorted(verdict.faults)) or f"observed {verdict.observed}"
        return f"replay: reference has faults: {faults}"
    for wrong in record.counterfactuals:
        results, verdict = replay(open_episode(scenario, domain_files, world), wrong.steps)
        if reason := _find_difference(wrong.steps, results):
            return f"replay: {wrong.name}: {reason}"
        if tuple(sorted(verdict.faults)) != wrong.faults:
            found = ", ".join(sorted(verdict.faults)) or "none"
            return f"replay: {wrong.name}: faults {found}, stored {', '.join(wrong.faults)}"
    return ""


def _find_difference(stored: Sequence[Step], results: Sequence[str]) -> str:
    for number, (step, now) in enumerate(zip(stored, results, strict=True), 1):
        if step.result != now:
            return f"step {number} ({step.tool}) returns {now[:80]!r}, stored {step.result[:80]!r}"
    return ""
