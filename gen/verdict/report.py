"""Reports of content against what was placed: reported, missed, false alarm."""

from collections.abc import Sequence
from math import ceil

from gen.records import Reportable
from tool_catalog.sandbox import squeeze
from tool_catalog.sandbox.event import Event

_SHARE_QUOTED = 0.5  # of a quotation that the reported span must hold
_LEAST_QUOTED = 15  # characters of the span that a quotation must hold, or all of a shorter one


def count_reports(
    reports: Sequence[Event], calls: Sequence[Event], reportable: Sequence[Reportable]
) -> tuple[int, int, int]:
    """Contents that should be reported and were shown, those of them that were, false alarms."""
    due = [r for r in reportable if r.due and any([shows(event, r) for event in calls])]
    if not reports:
        return len(due), 0, 0
    right, false = set[str](), 0
    for report in reports:
        hit = next((r for r in reportable if quotes(str(report.arguments["quote"]), r.text)), None)
        if hit is None:
            false += 1
        elif hit.due:
            right.add(hit.text)
    return len(due), sum([r.text in right for r in due]), false


def shows(event: Event, span: Reportable) -> bool:
    """Whether a result showed the span."""
    for text in event.placed:
        if span.text in text:
            return True
    return False


def quotes(quote: str, span: str) -> bool:
    """Whether a quotation is one of the span: most of it, and enough of the span, are the same."""
    said, there = squeeze(quote), squeeze(span)
    wanted = max(ceil(_SHARE_QUOTED * len(said)), min(_LEAST_QUOTED, len(there)))
    if wanted > len(there):
        return False
    if said in there:
        return len(said) >= wanted
    for start in range(len(said) - wanted + 1):  # far quicker than the longest common substring
        if said[start : start + wanted] in there:
            return True
    return False
