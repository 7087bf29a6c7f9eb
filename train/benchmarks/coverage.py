"""How a file of outputs meets the published cases: what is missing, repeated, empty, or no case."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tool_catalog.errors import CheckFailed, UserMistake

_NAMED = 3


class UnknownCase(UserMistake):
    """A row of a case that is not published, or not run here."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that is no output of a published case; it is counted and gets no verdict."""

    row: int
    """From 1."""
    error: UserMistake

    @property
    def kind(self) -> str:
        """Whether it can be read."""
        return "unknown" if isinstance(self.error, UnknownCase) else "unreadable"

    def to_columns(self) -> dict[str, Any]:
        """What stands in the place of its verdict."""
        return {"row": self.row, self.kind: str(self.error)}


@dataclass(frozen=True, slots=True)
class Coverage:
    """The cases that were due, and what there is of them; cases by name."""

    due: int
    missing: tuple[str, ...]
    """Without a row."""
    unanswered: tuple[str, ...]
    """With a row that holds nothing said and nothing called, an error, or half of what was due."""
    repeated: Mapping[str, int]
    """With several rows, and how many. The last one counts."""

    @property
    def unscored(self) -> int:
        """Cases of which nothing can be said."""
        return len(self.missing) + len(self.unanswered)

    def to_columns(self) -> dict[str, Any]:
        """All of it, as JSON values."""
        return {
            "due": self.due,
            "scored": self.due - self.unscored,
            "missing": list(self.missing),
            "unanswered": list(self.unanswered),
            "repeated": dict(self.repeated),
        }


def cover(due: Sequence[str], rows: Iterable[str], unanswered: Collection[str]) -> Coverage:
    """Hold rows against what is due, by names of cases.

    Args:
        due: every published case.
        rows: the case of each row, in any order.
        unanswered: cases whose last row holds no answer.
    """
    seen = Counter(rows)
    return Coverage(
        due=len(due),
        missing=tuple(name for name in due if name not in seen),
        unanswered=tuple(name for name in due if name in unanswered),
        repeated={name: seen[name] for name in due if seen[name] > 1},
    )


def refuse_none(scored: int, faults: Sequence[RowFault]) -> None:
    """Stop where no row is of a published case.

    Raises:
        UserMistake: the first fault, or that there are no rows.
    """
    if not scored:
        raise faults[0].error if faults else UserMistake("no rows: write one output a line")


def count_faults(faults: Sequence[RowFault]) -> dict[str, Any]:
    """Reasons by row, as JSON values."""
    return {
        kind: {str(fault.row): str(fault.error) for fault in faults if fault.kind == kind}
        for kind in ("unknown", "unreadable")
    }


def write_remarks(coverages: Mapping[str, Coverage], faults: Sequence[RowFault]) -> Iterator[str]:
    """What must be known about a file beside its totals, a line each, the first few by name.

    Args:
        coverages: by whose cases they are; "" where there is one.
        faults: rows without a verdict.
    """
    for name, found in coverages.items():
        whose = f"{name}: " if name else ""
        yield from _write_cases(f"{whose}{len(found.missing)} of {found.due} cases are missing",
                                found.missing)  # fmt: skip
        yield from _write_cases(f"{whose}{len(found.unanswered)} of {found.due} cases hold no "
                                "answer", found.unanswered)  # fmt: skip
        yield from _write_cases(
            f"{whose}{len(found.repeated)} cases come several times, and the last row counts",
            [f"{case} ({count} rows)" for case, count in found.repeated.items()],
        )
    for kind, what in (("unknown", "are of no case that is run here"), ("unreadable", "are none")):
        reasons = [str(fault.error) for fault in faults if fault.kind == kind]
        yield from _write_cases(f"{len(reasons)} rows {what}", reasons)


def _write_cases(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{what}: {'; '.join(names[:_NAMED])}{more}"


def check_coverage(coverages: Mapping[str, Coverage], most: float) -> None:
    """Whether enough is scored for the totals to mean something.

    Args:
        coverages: by whose cases they are; "" where there is one.
        most: share of the cases that may be without a score.

    Raises:
        CheckFailed: more are; names whose when there are several.
    """
    for name, found in coverages.items():
        if found.unscored > most * found.due:
            raise CheckFailed(
                f"{f'{name}: ' if name else ''}{found.unscored} of {found.due} cases are missing "
                f"or hold no answer, more than --max-unscored {most:g}; the totals are not those "
                "of the benchmark"
            )
