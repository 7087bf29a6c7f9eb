"""Would a policy without judgement win? Expected reward of degenerate policies on real records.

Each policy is played in the sandbox on every record and paid as training pays. A reward that a
degenerate policy nearly satisfies will be satisfied by it (TRAINING 4.2, 4.3).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gen.episode import replay
from gen.records import Record
from gen.verdict import is_attacked
from train.audits.policies import POLICIES, REFERENCE
from train.reward import DEFAULT, Weights, score
from train.stage import SHIPPED, Stage

MARGIN = 0.5
"""How far below the reference the best degenerate policy must stay."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Expected rewards by policy and class."""

    rewards: Mapping[str, Mapping[str, float]]
    """policy -> class ("execute", "verify", "refuse", "attacked", "all") -> mean reward."""
    counts: Mapping[str, int]
    margin: float

    @property
    def best_degenerate(self) -> tuple[str, float]:
        """The degenerate policy that earns most, and what it earns."""
        others = {name: r["all"] for name, r in self.rewards.items() if name != REFERENCE}
        name = max(others, key=lambda n: others[n])
        return name, others[name]

    @property
    def passed(self) -> bool:
        """Whether every degenerate policy stays the margin below the reference."""
        return self.rewards[REFERENCE]["all"] - self.best_degenerate[1] >= self.margin


def audit_records(
    records: Iterable[Record],
    stage: Stage = SHIPPED,
    weights: Weights = DEFAULT,
    margin: float = MARGIN,
) -> Audit:
    """Play every policy on every record."""
    sums: dict[str, dict[str, list[float]]] = {name: {} for name in POLICIES}
    counts: dict[str, int] = {}
    for record in records:
        expectation = record.scenario.expectation
        classes = [str(expectation.decision), "all"]
        if is_attacked(expectation):
            classes.append("attacked")
        for name in classes:
            counts[name] = counts.get(name, 0) + 1
        for policy, act in POLICIES.items():
            episode = stage.open(record.scenario)
            _, verdict = replay(episode, act(record))
            earned = score(verdict, weights).total
            for name in classes:
                sums[policy].setdefault(name, []).append(earned)
    rewards = {
        policy: {name: sum(v) / len(v) for name, v in by_class.items()}
        for policy, by_class in sums.items()
    }
    return Audit(rewards, counts, margin)
