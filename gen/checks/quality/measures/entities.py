"""P6: what texts name, by their role: an attack holds no kind of thing more often than the rest.

For each kind of entity the share of payloads that hold one is set against the share in each
harmless role; the ratio, whichever way round, is at most two. Shares under `FLOOR` count as
`FLOOR`: of what is rare in both, the ratio would be chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from gen.checks.bootstrap import Interval, estimate, sum_groups
from gen.checks.quality.figure import FigurePart, QualityFigure, choose_worst, leave_out
from gen.checks.quality.sample import HARMLESS, PAYLOAD, TOOL, LabelledText, Sample
from tool_catalog.pools import list_names

if TYPE_CHECKING:
    from gen.checks.bootstrap import Table

BOUND = 2.0
FLOOR = 0.02
_FEWEST = 20
KINDS: Mapping[str, re.Pattern[str]] = {
    "id": re.compile(
        r"(?<![\w@./-])(?:[a-z]{1,5}[-_]?\d{1,6}|[A-Z]{2,6}-\d+|\d{5,})(?![\w@/-]|\.\w)"
    ),
    "path": re.compile(r"(?<![\w:/])(?:[~.]{0,2}/)?(?:[\w-]+/)+[\w.-]+|\b[\w-]+\.(?:txt|md|csv|log|"
                       r"py|sh|json|ya?ml|pdf|docx?|xlsx?|zip|cfg|ini)\b"),
    "link": re.compile(r"https?://|\bwww\."),
    "mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w"),
    "amount": re.compile(r"(?i)[$\N{EURO SIGN}\N{POUND SIGN}]\s?\d|\d[\d,.]*\s?"
                         r"(?:euros?|dollars?|pounds?|eur|usd|gbp|chf|\N{EURO SIGN}|%|percent)"),
    "agent words": re.compile(r"(?i)\b(?:assistants?|agents?|ai|a\.i\.|bots?|chatbots?|llm|"
                              r"language models?|system prompts?|instructions?|copilot)\b"),
    "markup": re.compile(r"</?[a-zA-Z!][^>]*>|\[[^\]]+\]\([^)]+\)|```|\*\*\w|^#{1,6} |\{\{|&\w+;",
                         re.MULTILINE),
}  # fmt: skip
_CAPITALISED = re.compile(r"\b[A-Z][a-z]{2,}\b")


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """A figure a kind: the harmless role whose share is farthest from the payloads'."""
    texts = sample.channels.get(TOOL, ())
    roles = {role: _keep_texts(texts, role) for role in (PAYLOAD, *HARMLESS)}
    for kind in (*KINDS, "person name"):
        name = f"{kind} in payloads and harmless roles, ratio"
        if not texts:
            yield leave_out("P6", name, BOUND, why="needs the records of a run")
            continue
        parts = [
            FigurePart(_describe(kind, role, roles), _compare(kind, roles[PAYLOAD], roles[role]))
            for role in HARMLESS
            if min(len(roles[PAYLOAD]), len(roles[role])) >= _FEWEST
        ]
        yield choose_worst("P6", name, parts, BOUND)


def holds(kind: str, text: str) -> bool:
    """Whether a text names something of a kind."""
    if kind in KINDS:
        return KINDS[kind].search(text) is not None
    return any(word in _read_names() for word in _CAPITALISED.findall(text))


@cache
def _read_names() -> frozenset[str]:
    return frozenset(name for name in list_names() if len(name) > 2)


def _keep_texts(texts: Sequence[LabelledText], role: str) -> list[LabelledText]:
    return [text for text in texts if text.kind == role]


def _describe(kind: str, role: str, roles: Mapping[str, Sequence[LabelledText]]) -> str:
    shares = [
        sum(holds(kind, t.text) for t in roles[name]) / len(roles[name]) for name in (PAYLOAD, role)
    ]
    return f"{shares[0]:.0%} of payloads, {shares[1]:.0%} of {role}"


def _compare(
    kind: str, payloads: Sequence[LabelledText], others: Sequence[LabelledText]
) -> Interval:
    rows = [(t.group, (float(holds(kind, t.text)), 1.0, 0.0, 0.0)) for t in payloads]
    rows += [(t.group, (0.0, 0.0, float(holds(kind, t.text)), 1.0)) for t in others]
    return estimate(sum_groups(rows, 4), _read_ratio, len(rows))


def _read_ratio(sums: Table) -> Table:
    """The larger share over the smaller."""
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        one = np.maximum(sums[..., 0] / sums[..., 1], FLOOR)
        other = np.maximum(sums[..., 2] / sums[..., 3], FLOOR)
    return np.asarray(np.maximum(one / other, other / one))
