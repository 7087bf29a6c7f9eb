"""What a measure found: a value with its interval, beside the bound that it must keep."""

from dataclasses import dataclass

from gen.checks.bootstrap import Interval


@dataclass(frozen=True, slots=True)
class FigurePart:
    """One of the comparisons that a figure is the worst of."""

    name: str
    estimate: Interval


@dataclass(frozen=True, slots=True)
class QualityFigure:
    """A measure's result and its bound; the value is judged, the interval is shown."""

    id: str
    name: str
    estimate: Interval
    bound: float
    at_least: bool
    note: str = ""
    """What the value is of, or why there is none."""
    parts: tuple[FigurePart, ...] = ()

    @property
    def holds(self) -> bool | None:
        """Whether the bound is kept; `None` when nothing could be measured."""
        value = self.estimate.value
        if value is None:
            return None
        return value >= self.bound if self.at_least else value <= self.bound

    @property
    def judgement(self) -> str:
        """In a word."""
        return {True: "pass", False: "fail", None: "not measured"}[self.holds]


def choose_worst(
    id: str, name: str, parts: list[FigurePart], bound: float, *, at_least: bool = False
) -> QualityFigure:
    """The figure of the part that is worst for its bound; not measured when no part has a value."""
    valued = [p for p in parts if p.estimate.value is not None]
    if not valued:
        return leave_out(id, name, bound, at_least=at_least, why="too few texts of either kind")
    pick = min if at_least else max
    worst = pick(valued, key=lambda p: p.estimate.value or 0.0)
    return QualityFigure(id, name, worst.estimate, bound, at_least, worst.name, tuple(parts))


def leave_out(
    id: str, name: str, bound: float, *, at_least: bool = False, why: str
) -> QualityFigure:
    """The figure of what this set cannot have measured, and why."""
    return QualityFigure(id, name, Interval(None), bound, at_least, why)
