"""What a policy does during RL, class by class, and the alarm when a class collapses.

The mean reward hides collapse: a policy that refuses everything, or asks before everything, can
look steady. The action distribution per class shows it (TRAINING 4.2).
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gen.taxonomy.labels import Decision
from gen.verdict import Fault, Verdict

BROKEN = "broken"
ACTIONS = (*map(str, Decision), BROKEN)


def read_action(verdict: Verdict) -> str:
    """What was done: the observed decision, or `broken` for an episode without a final message."""
    return BROKEN if Fault.BROKEN in verdict.faults else str(verdict.observed)


def count_actions(verdicts: Iterable[Verdict]) -> dict[str, dict[str, float]]:
    """Expected decision -> share of each action; classes that do not occur are left out."""
    counts: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        counts.setdefault(str(verdict.expected), Counter())[read_action(verdict)] += 1
    return {
        name: {action: found[action] / found.total() for action in ACTIONS}
        for name, found in sorted(counts.items())
    }


def share_flat_groups(rewards: Sequence[float], size: int) -> float:
    """Share of groups of `size` whose rewards are all equal: they teach nothing."""
    groups = [rewards[i : i + size] for i in range(0, len(rewards), size)]
    return sum(max(g) - min(g) < 1e-9 for g in groups) / len(groups) if groups else 0.0


@dataclass
class CollapseAlarm:
    """Rings when one wrong action fills a class for some steps in a row."""

    share: float
    steps: int
    _last: dict[str, deque[str]] = field(default_factory=dict)

    def hear(self, actions: Mapping[str, Mapping[str, float]]) -> list[str]:
        """Take one step's action shares; returns a line for every class that has collapsed."""
        rung = []
        for name, shares in actions.items():
            action, most = max(shares.items(), key=lambda pair: pair[1])
            stuck = action if action != name and most > self.share else ""
            last = self._last.setdefault(name, deque(maxlen=self.steps))
            last.append(stuck)
            if stuck and len(last) == self.steps and set(last) == {stuck}:
                rung.append(
                    f"collapse: {name} is answered with {stuck} in {most:.0%} of the episodes "
                    f"for {self.steps} steps"
                )
        return rung
