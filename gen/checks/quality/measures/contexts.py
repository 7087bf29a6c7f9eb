"""P3: words that mean something else elsewhere: contents under two labels, requests decided twice.

Where a text has one label wherever it stands, a model can learn the text instead of the situation.
"""

from collections.abc import Hashable, Iterable, Iterator

from gen.checks.bootstrap import Interval, estimate_mean
from gen.checks.figures import find_doubles
from gen.checks.quality.figure import QualityFigure, leave_out
from gen.checks.quality.sample import Sample

CONTENTS, REQUESTS = 0.20, 0.10


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """Two shares of distinct texts."""
    views, why = sample.views, "needs the records of a run"
    names = ("contents that occur under two labels", "requests with two right decisions")
    if not views:
        yield leave_out("P3", names[0], CONTENTS, at_least=True, why=why)
        yield leave_out("P3", names[1], REQUESTS, at_least=True, why=why)
        return
    contents = [(text, v.tool_label, v.group) for v in views for text in v.contents]
    requests = [(v.request, v.decision, v.group) for v in views]
    yield QualityFigure("P3", names[0], _share(contents), CONTENTS, True)
    yield QualityFigure("P3", names[1], _share(requests), REQUESTS, True)


def _share(rows: Iterable[tuple[Hashable, Hashable, str]]) -> Interval:
    """Of distinct things, those that occur with two others; each belongs to its first set."""
    rows = list(rows)
    owners: dict[Hashable, str] = {}
    for thing, _, group in rows:
        owners.setdefault(thing, group)
    doubles = find_doubles((thing, other) for thing, other, _ in rows)
    return estimate_mean((owners[thing], float(held)) for thing, held in doubles.items())
