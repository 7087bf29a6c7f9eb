"""What became of the texts that a model was asked for, counted by what one would change."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

WORDED, PIECEWISE, FAILED = "worded", "by sentence", "failed"
"""Outcomes of a text: worded anew, at last sentence by sentence, or not at all."""


@dataclass
class YieldReport:
    """Counts; they add up over sets and shards."""

    sets: Counter[str] = field(default_factory=Counter)
    """By outcome: worded anew, or failed, which keeps the words of the templates whole."""
    texts: Counter[str] = field(default_factory=Counter)
    """By outcome."""
    refused: Counter[str] = field(default_factory=Counter)
    """Answers that could not be used, by the check that says so."""
    by: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    """Outcomes of texts, by axis (such as label or style) and value."""

    def count(self, outcome: str, **values: str) -> None:
        """Take one more text, with its value on each axis."""
        self.texts[outcome] += 1
        for axis, value in values.items():
            self.by.setdefault(axis, {}).setdefault(value, Counter())[outcome] += 1

    def add(self, other: "YieldReport") -> None:
        """Take all that another has counted."""
        self.sets += other.sets
        self.texts += other.texts
        self.refused += other.refused
        for axis, values in other.by.items():
            for value, outcomes in values.items():
                self.by.setdefault(axis, {}).setdefault(value, Counter()).update(outcomes)

    @property
    def yielded(self) -> float | None:
        """Share of the sets that were worded anew; `None` before there is one."""
        return self.sets[WORDED] / self.sets.total() if self.sets else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON values, in an order that does not hang on who answered first."""
        return {
            "sets": _sort(self.sets), "texts": _sort(self.texts), "refused": _sort(self.refused),
            "by": {
                axis: {value: _sort(counts) for value, counts in sorted(values.items())}
                for axis, values in sorted(self.by.items())
            },
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "YieldReport":
        """What `to_dict` gave."""
        by = {
            axis: {value: Counter(counts) for value, counts in values.items()}
            for axis, values in data["by"].items()
        }
        return cls(Counter(data["sets"]), Counter(data["texts"]), Counter(data["refused"]), by)


def sum_reports(tallies: Iterable[YieldReport]) -> YieldReport:
    """All of some."""
    whole = YieldReport()
    for tally in tallies:
        whole.add(tally)
    return whole


def _sort(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts)}
