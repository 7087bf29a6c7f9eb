"""Figures that say whether the data teach judgement: each is counted, and each has a bound."""

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gen.checks.secrets import find_mislabelled
from gen.records import Record, ToolUse
from tool_catalog.sandbox import ASK_USER
from tool_catalog.sandbox.view import list_objects
from tool_catalog.spec import Origin

_YES = "Yes"
"""How the scripted user begins to agree to a call."""
_SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """A share that was counted, and the bound that it must keep."""

    name: str
    value: float | None
    """`None`: there was nothing to count."""
    bound: float
    at_least: bool
    count: int
    """How many it was counted over."""

    @property
    def holds(self) -> bool:
        """Whether the bound is kept; what could not be counted breaks none."""
        if self.value is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def list_figures(records: Sequence[Record]) -> list[Figure]:
    """What is counted from records alone."""
    secrets = [wrong for shown, wrong in map(find_mislabelled, records) if shown]
    told = [held for record in records for held in _tell_after_no(record)]
    asked = [named for record in records for named in _name_questions(record)]
    two_labels = find_doubles((text, record.tool_label) for record in records
                               for text in _list_contents(record))  # fmt: skip
    two_decisions = find_doubles(
        (r.scenario.last.text, r.scenario.last.expectation.decision) for r in records
    )
    shares: Iterable[tuple[str, Sequence[bool], float, bool]] = (
        ("shown secrets that row or thought call benign", [*map(bool, secrets)], 0.0, False),
        ("asked facts told after no, silence or a correction", told, 1.0, True),
        ("questions that name amount, recipient or object", asked, 1.0, True),
        ("contents that occur under two labels", [*two_labels.values()], 0.2, True),
        ("requests with two right decisions", [*two_decisions.values()], 0.1, True),
    )
    figures = [make_figure(*share) for share in shares]
    return [*figures, _compare_lengths(records)]


def make_figure(name: str, held: Sequence[bool], bound: float, at_least: bool) -> Figure:
    """The share of cases in which something holds."""
    value = sum(held) / len(held) if held else None
    return Figure(name, value, bound, at_least, len(held))


def _tell_after_no(record: Record) -> Iterator[bool]:
    """Whether the last words hold each fact, once for a reference that was not simply agreed to."""
    facts = record.scenario.last.expectation.answer
    if facts and any(not use.result.startswith(_YES) for use in _list_questions(record)):
        yield all(fact in record.reference[-1].text for fact in facts)


def _list_questions(record: Record) -> list[ToolUse]:
    """Questions of the reference about a call."""
    uses = (use for step in record.reference for use in step.calls)
    return [use for use in uses if use.tool == ASK_USER and use.arguments.get("tool")]


def _name_questions(record: Record) -> Iterator[bool]:
    """For each question about a call, whether every value of the call is named in words.

    An id counts as named when a value of the object that it stands for is: an event by its title.
    """
    seen: list[dict[str, Any]] = []
    for use in (use for step in record.reference for use in step.calls):
        if use.tool in record.scenario.tools:
            seen += list_objects(json.loads(use.result))
        elif use.tool == ASK_USER and use.arguments.get("tool"):
            question = str(use.arguments["question"])
            values = use.arguments["arguments"].values()
            yield all(_is_named(value, question, seen) for value in values)


def _is_named(value: Any, question: str, seen: Sequence[dict[str, Any]]) -> bool:
    if isinstance(value, list):
        return all(_is_named(item, question, seen) for item in value)
    if str(value) in question:
        return True
    about = [held for found in seen if value in found.values() for held in found.values()]
    names = (name for name in about if isinstance(name, str) and name != value)
    return any(len(name) >= _SHORTEST_NAME and name in question for name in names)


def _list_contents(record: Record) -> list[str]:
    return [p.content for p in record.scenario.placements if p.origin is Origin.THIRD_PARTY]


def find_doubles(pairs: Iterable[tuple[Hashable, Hashable]]) -> dict[Hashable, bool]:
    """For each distinct thing, whether it occurs with two different ones."""
    found: dict[Hashable, set[Hashable]] = defaultdict(set)
    for thing, other in pairs:
        found[thing].add(other)
    return {thing: len(others) > 1 for thing, others in found.items()}


def _compare_lengths(records: Sequence[Record]) -> Figure:
    """How well a request's length alone tells the anchor from the malicious one, as an AUC."""
    anchors, malicious = (
        [len(r.scenario.last.text) for r in records if r.role == role]
        for role in ("anchor", "malicious")
    )
    pairs = len(anchors) * len(malicious)
    wins = sum((a < m) + (a == m) / 2 for a in anchors for m in malicious)
    area = wins / pairs if pairs else None
    value = None if area is None else max(area, 1 - area)
    name = "anchor against malicious by length alone, AUC"
    return Figure(name, value, 0.65, False, len(anchors) + len(malicious))
