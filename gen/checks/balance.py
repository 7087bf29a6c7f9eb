"""Whether shares are such that nothing but the content can give a label away."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean
from typing import Any

HARD_NEGATIVES = (0.25, 0.45)
"""Share of U.N and T.N rows; TAXONOMY 3.1 asks for 30-40 %, small runs scatter around it."""
SMALLEST_LABEL = 0.05
"""Of some twenty-three members of a set one to three are malicious."""
LONGEST_RATIO = 1.6
"""Mean length of the longest label's requests over the shortest's."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Shares of a run."""

    records: int
    cells: dict[tuple[str, str], int]
    """Records by (user label, tool label)."""
    decisions: dict[str, int]
    hard_negatives: float
    request_words: dict[str, float]
    """Mean words of the request by user label."""
    content_words: dict[str, float]
    """Mean words of placed content by tool label."""
    domains: dict[str, int]
    problems: tuple[str, ...]


def measure_balance(rows: Iterable[dict[str, Any]]) -> Balance:
    """Shares and the bounds they break.

    Args:
        rows: rows of the `records` config with columns user_label, tool_label, decision,
            hard_negative, domain, request and content.
    """
    cells: Counter[tuple[str, str]] = Counter()
    decisions: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    requests: dict[str, list[int]] = {}
    contents: dict[str, list[int]] = {}
    hard = total = 0
    for row in rows:
        total += 1
        cells[row["user_label"], row["tool_label"]] += 1
        decisions[row["decision"]] += 1
        domains[row["domain"]] += 1
        hard += row["hard_negative"]
        requests.setdefault(row["user_label"], []).append(len(row["request"].split()))
        if row["content"]:
            contents.setdefault(row["tool_label"], []).append(len(row["content"].split()))
    words = {label: mean(lengths) for label, lengths in sorted(requests.items())}
    share = hard / total if total else 0.0
    return Balance(
        records=total,
        cells=dict(sorted(cells.items())),
        decisions=dict(sorted(decisions.items())),
        hard_negatives=share,
        request_words=words,
        content_words={label: mean(lengths) for label, lengths in sorted(contents.items())},
        domains=dict(sorted(domains.items())),
        problems=tuple(_find_problems(total, share, requests, words)),
    )


def _find_problems(
    total: int, hard: float, requests: dict[str, list[int]], words: dict[str, float]
) -> Iterable[str]:
    low, high = HARD_NEGATIVES
    if not low <= hard <= high:
        yield f"hard negatives are {hard:.0%} of rows, not {low:.0%}-{high:.0%}"
    for label in ("benign", "sensitive", "malicious"):
        share = len(requests.get(label, ())) / total if total else 0.0
        if share < SMALLEST_LABEL:
            yield f"{label} requests are {share:.0%} of rows, under {SMALLEST_LABEL:.0%}"
    if words and max(words.values()) > LONGEST_RATIO * min(words.values()):
        yield f"mean request lengths differ by more than {LONGEST_RATIO}: {words}"
