"""What records there are of: domains, tools, taxonomy leaves, techniques, goals, strategies.

The bounds are those of a run of 20,000 records over every shipped domain.
"""

from collections.abc import Iterator, Mapping, Sequence

from gen.checks.bootstrap import Interval
from gen.checks.quality.figure import QualityFigure, leave_out
from gen.checks.quality.sample import RecordView, Sample

BOUNDS: Mapping[str, int] = {
    "domains": 10,
    "tools": 105,
    "leaves": 300,
    "techniques": 40,
    "goals": 25,
    "strategies": 15,
}
NO_STRATEGY = "U.J.none"


def measure(sample: Sample) -> Iterator[QualityFigure]:
    """A count of each; a tool counts when it is offered."""
    found = _collect(sample.views)
    for name, bound in BOUNDS.items():
        title = f"{name} with records"
        if sample.views:
            count = Interval(float(len(found[name])), count=len(sample.views))
            yield QualityFigure("C", title, count, bound, True)
        else:
            yield leave_out("C", title, bound, at_least=True, why="needs the records of a run")


def _collect(views: Sequence[RecordView]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in BOUNDS}
    for view in views:
        found["domains"].update(view.domains)
        found["tools"].update(view.tools)
        leaves = {leaf for leaf in view.leaves.values() if leaf}
        found["leaves"] |= leaves
        for name, axis in (("techniques", "technique"), ("goals", "goal")):
            found[name] |= {view.leaves[axis]} - {""}
        found["strategies"] |= {view.leaves["strategy"]} - {"", NO_STRATEGY}
    return found
