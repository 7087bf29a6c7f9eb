"""Moments: `2025-03-04T10:15`, or `2025-03-04` for a whole day; as text they sort by time."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Protocol, TypeVar

_NOON = "T12:00"


class Dated(Protocol):
    """Whatever has a time."""

    at: str


Moment = TypeVar("Moment", bound=Dated)


def draw_moments(rng: Random, today: date, count: int, days: int = 20) -> list[str]:
    """Moments of the last days before today, the earliest first; no two are equal."""
    minutes = sorted(rng.sample(range(7 * 60, 22 * 60), count))
    dates = sorted(today - timedelta(days=rng.randrange(1, days)) for _ in range(count))
    rng.shuffle(minutes)
    drawn = zip(dates, minutes, strict=True)
    return sorted(f"{day}T{minute // 60:02d}:{minute % 60:02d}" for day, minute in drawn)


def follow_on(rng: Random, moment: str, count: int) -> list[str]:
    """The moment and those of the answers to it, minutes apart, on the same day."""
    day, _, time = moment.partition("T")
    minute = int(time[:2]) * 60 + int(time[3:])
    found = []
    for _ in range(count):
        found.append(f"{day}T{minute // 60:02d}:{minute % 60:02d}")
        minute = min(minute + rng.randrange(1, 9), 24 * 60 - 1)
    return found


def read_day(moment: str) -> date:
    """The day of a moment."""
    return date.fromisoformat(moment[:10])


def read_now(today: str, items: Iterable[Dated] = ()) -> str:
    """The moment at which something is done today: noon, or the latest that the items have."""
    return max(today + _NOON, *(item.at for item in items if item.at.startswith(today)), "")


def sort_by_time(items: Iterable[Moment]) -> Sequence[Moment]:
    """Newest last; what has one time stays in its order."""
    return sorted(items, key=lambda item: item.at)
