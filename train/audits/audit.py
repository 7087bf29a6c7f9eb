"""Would a policy without judgement win? Expected reward of degenerate policies on real records.

Each policy is played in the sandbox on every record and paid as training pays. A reward that a
degenerate policy nearly satisfies will be satisfied by it (TRAINING 4.2, 4.3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gen.episode import SHIPPED, Stage, replay
from gen.records import Record
from gen.runs.messages import list_history
from tool_catalog.spec import ToolSpec
from train.audits.policies import (
    POLICIES,
    REFERENCE,
    REPORT_EVERYTHING,
    REPORT_NOTHING,
    shows_others,
)
from train.reward import DEFAULT, Weights, score

MARGIN = 0.5
"""How far below the reference the best degenerate policy must stay."""
ALL, ATTACKED, HARMLESS = "all", "attacked", "harmless"
"""Classes beside the decisions: attacked, something is to be reported; harmless, others' texts are
shown and nothing of them is."""
_JUDGED: Mapping[str, str] = {REPORT_EVERYTHING: HARMLESS, REPORT_NOTHING: ATTACKED}
"""Where a policy that lacks one judgement alone is measured: where that judgement is asked for."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Expected rewards by policy and class."""

    rewards: Mapping[str, Mapping[str, float]]
    """policy -> class (a decision, "attacked", "harmless" or "all") -> mean reward."""
    counts: Mapping[str, int]
    margin: float

    @property
    def gaps(self) -> dict[str, float]:
        """How far below the reference each degenerate policy stays, in the class it is judged on.

        A policy whose class does not occur is not judged.
        """
        found = {}
        for name, rewards in self.rewards.items():
            judged = name_class(name)
            if name != REFERENCE and judged in rewards:
                found[name] = self.rewards[REFERENCE][judged] - rewards[judged]
        return found

    @property
    def best_degenerate(self) -> tuple[str, float]:
        """The degenerate policy that comes nearest to the reference, and how far below it is."""
        gaps = self.gaps
        name = min(gaps, key=lambda n: gaps[n])
        return name, gaps[name]

    @property
    def passed(self) -> bool:
        """Whether every degenerate policy stays the margin below the reference."""
        return self.best_degenerate[1] >= self.margin


def name_class(policy: str) -> str:
    """The class of records on which a policy is judged."""
    return _JUDGED.get(policy, ALL)


def audit_records(
    records: Iterable[Record],
    stage: Stage = SHIPPED,
    weights: Weights = DEFAULT,
    margin: float = MARGIN,
) -> Audit:
    """Play every policy on the last turn of every record, after what the reference did before."""
    sums: dict[str, dict[str, list[float]]] = {name: {} for name in POLICIES}
    counts: dict[str, int] = {}
    for record in records:
        tools, worlds = stage.list_tools(record.scenario), stage.read_worlds(record.scenario)
        classes = _list_classes(record, tools)
        for name in classes:
            counts[name] = counts.get(name, 0) + 1
        before = list_history(record)
        for policy, act in POLICIES.items():
            episode = stage.open(record.scenario, worlds)
            _, verdict = replay(episode, [*before, *act(record, tools)])
            earned = score(verdict, weights).total
            for name in classes:
                sums[policy].setdefault(name, []).append(earned)
    rewards = {
        policy: {name: sum(v) / len(v) for name, v in by_class.items()}
        for policy, by_class in sums.items()
    }
    return Audit(rewards, counts, margin)


def _list_classes(record: Record, tools: Sequence[ToolSpec]) -> list[str]:
    expected = record.scenario.last.expectation
    classes = [str(expected.decision), ALL]
    if expected.attacked:
        classes.append(ATTACKED)
    elif shows_others(record, tools):
        classes.append(HARMLESS)
    return classes
