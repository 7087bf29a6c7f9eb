"""Other values of the same kind and shape, for what an outsider claims in place of the truth."""

import re
from calendar import day_name, month_name
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random

from tool_catalog.pools import Pools

_ATTEMPTS = 30
_MINUTES = (-120, -90, -60, -45, -30, -15, 15, 30, 45, 60, 75, 90, 120)
_FEW_MINUTES = (-25, -20, -15, -10, 10, 15, 20, 25)
_DAY = 24 * 60
_NEAR = (-9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9)
_MONTHS, _WEEKDAYS = tuple(month_name)[1:], tuple(day_name)
_MONTH = "|".join(_MONTHS)
_TIME = r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)\b"

Change = Callable[[re.Match[str], Random], str]


def contradict(value: str, rng: Random, pools: Pools) -> str | None:
    """Another value that could stand in a value's place, as near and as well formed.

    Knows numbers, sums, dates, times, account numbers, addresses of e-mail, telephone numbers,
    canary codes, weekdays, months, labels with a number, and the people, companies, cities and
    streets of the pools. Everything it gives is as inert as what it was given.

    Returns:
        `None` when no kind is recognised.
    """
    for _ in range(_ATTEMPTS):
        other = _change(value, rng, pools)
        if other is None or other != value:
            return other
    return None


def _change(value: str, rng: Random, pools: Pools) -> str | None:
    """The first kind that the value is, changed; it may come out as it was."""
    for pattern, drawn in _list_inert(pools):
        if found := re.search(pattern, value):
            return _put(value, found, rng.choice(drawn))
    for pattern, change in _SHAPES.items():
        if found := re.search(pattern, value):
            return _put(value, found, change(found, rng))
    named = _change_name(value, rng, pools)
    if named is not None:
        return named
    numbers = list(re.finditer(r"\d+", value))
    return _put(value, numbers[-1], _change_number(numbers[-1], rng)) if numbers else None


def _put(value: str, found: re.Match[str], text: str) -> str:
    return value[: found.start()] + text + value[found.end() :]


def _list_inert(pools: Pools) -> Iterator[tuple[str, Sequence[str]]]:
    """Kinds that only the pools may fill."""
    yield r"\bGB00TEST\d{6}\b", pools.ibans
    yield r"\bCANARY-[A-Z]+\b", pools.secrets
    yield r"[\w.+-]+@[\w.-]+\w", [person.email for person in pools.people]
    yield r"\b\d{3}-555-01\d\d\b", [person.phone for person in pools.people]
    yield r"\b555-01\d\d\b", [person.phone[4:] for person in pools.people]


def _change_date(found: re.Match[str], rng: Random) -> str:
    try:
        day = date.fromisoformat(found[0])
    except ValueError:
        return found[0]
    return (day + timedelta(days=rng.choice(_NEAR))).isoformat()


def _change_time(found: re.Match[str], rng: Random) -> str:
    """All times of a value move together, so that what ends still ends after it begins.

    A lone one may be the beginning of what ends elsewhere, and moves by less than that lasts.
    """
    alone = len(re.findall(_TIME, found.string)) == 1
    by = rng.choice(_FEW_MINUTES if alone else _MINUTES)
    return re.sub(_TIME, lambda time: _move_time(time, by), found[0])


def _move_time(found: re.Match[str], by: int) -> str:
    later = (int(found["hour"]) * 60 + int(found["minute"]) + by) % _DAY
    hour = f"{later // 60:02d}" if len(found["hour"]) == 2 else str(later // 60)
    return f"{hour}:{later % 60:02d}"


def _change_day(found: re.Match[str], rng: Random) -> str:
    """The day beside a month's name, with its own ending when it has one."""
    day = int(found["day"])
    number = rng.choice([other for other in range(1, 29) if 0 < abs(other - day) < 12] or [day])
    spelled = f"{number}{_end(number) if found['end'] else ''}"
    return found[0].replace(f"{found['day']}{found['end'] or ''}", spelled, 1)


def _end(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _change_clock(found: re.Match[str], rng: Random) -> str:
    hour = int(found["hour"])
    return f"{rng.choice([n for n in range(1, 13) if 0 < abs(n - hour) < 5])}{found['half']}"


def _change_share(found: re.Match[str], rng: Random) -> str:
    share = int(found["share"])
    near = [n for n in range(1, 101) if 0 < abs(n - share) <= 15]
    return f"{rng.choice(near)}{found['sign']}"


def _change_year(found: re.Match[str], rng: Random) -> str:
    return str(int(found[0]) + rng.choice((-4, -3, -2, -1, 1, 2, 3, 4)))


def _change_sum(found: re.Match[str], rng: Random) -> str:
    """A sum keeps its cents, and its separators when it has any."""
    whole = _change_number(re.fullmatch(r"\d+", found["whole"].replace(",", "")) or found, rng)
    parted = f"{int(whole):,}" if "," in found["whole"] else whole
    return f"{parted}{found['cents']}"


def _change_word(words: Sequence[str]) -> Change:
    return lambda found, rng: rng.choice([word for word in words if word != found[0]])


def _change_number(found: re.Match[str], rng: Random) -> str:
    """Another number with as many digits: within half of it where it counts something."""
    digits = found[0]
    if digits.startswith("0"):
        return "".join(rng.choice("0123456789") for _ in digits)
    low, high = 10 ** (len(digits) - 1), 10 ** len(digits) - 1
    number = int(digits)
    reach = max(number // 2, 3)
    step = 5 if number % 5 == 0 and number > 10 else 1
    first, last = max(low, number - reach), min(high, number + reach)
    near = range(first + -first % step, last + 1, step)
    others = near if len(near) > 1 else range(low, high + 1)
    at = rng.randrange(len(others) - 1)  # among all but the number itself, which is one of them
    return str(others[at + (at >= others.index(number))])


_SHAPES: Mapping[str, Change] = {
    r"\b\d{4}-\d\d-\d\d\b": _change_date,
    rf"{_TIME}(?:.*{_TIME.replace('?P<', '?P<last_')})?": _change_time,
    rf"\b(?P<day>\d{{1,2}})(?P<end>st|nd|rd|th)?(?: of)? (?:{_MONTH})\b": _change_day,
    rf"\b(?:{_MONTH}) (?P<day>\d{{1,2}})(?P<end>st|nd|rd|th)?\b(?!:)": _change_day,
    r"\b(?P<hour>1[0-2]|[1-9])(?P<half> ?[ap]\.?m\b)": _change_clock,
    r"\b(?P<share>\d{1,2}|100)(?P<sign> ?%| percent\b)": _change_share,
    r"^(?:19|20)\d\d$": _change_year,
    r"(?<![\w.])(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<cents>\.\d\d)(?![\d.])": _change_sum,
    r"(?<![\w.])(?P<whole>\d{1,3}(?:,\d{3})+)(?P<cents>)(?![\d.])": _change_sum,
    rf"\b(?:{'|'.join(_WEEKDAYS)})\b": _change_word(_WEEKDAYS),
    rf"\b(?:{_MONTH})\b": _change_word(_MONTHS),
    r"(?<=[a-z] )[A-Z]$": _change_word("ABCDEFGH"),
}
"""How a value is changed, by what it looks like; what counts days and hours goes first."""


def _change_name(value: str, rng: Random, pools: Pools) -> str | None:
    """A value that is, or begins with, a name of the pools; the longest name counts."""
    rest = re.sub(r"^\d+ ", "", value)
    people = [person.name for person in pools.people]
    kinds = (people, pools.companies, pools.cities, pools.streets)
    fitting = [(len(name), kind) for kind in kinds for name in kind
               if rest.startswith(name) and not rest[len(name) :][:1].isalnum()]  # fmt: skip
    if not fitting:
        return None
    length, kind = max(fitting, key=lambda found: found[0])
    return value.replace(rest[:length], rng.choice(kind), 1)
