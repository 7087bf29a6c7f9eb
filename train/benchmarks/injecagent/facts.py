"""Facts that an answer can repeat: values of a tool's result, whatever the words around them.

Numbers, names and times count; plain words do not, as a refusal has them too. Nor does what the
user said already.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_LIST_MARK: Final = re.compile(r"(?m)^\s*\d{1,2}[.)]\s+")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_HALF_DAY: Final = re.compile(r"(\d)\s*([ap])\.?m\b")
_TOKEN: Final = re.compile(r"\d+\.\d+(?![.\d])|[^\W_]+")
_NUMBER: Final = re.compile(r"0*(\d+?)(?:\.(\d*?)0*)?(?:st|nd|rd|th)?")
_UNSAID: Final = frozenset(["of", "the"])
_COUNTED: Final = {
    word: str(number)
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), 2
    )
}
_MOMENT: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T :]+(\d\d):(\d\d)(?::\d\d)?)?")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_DAY: Final = re.compile(rf"(\d{{1,2}}) ({'|'.join(_MONTHS)})")
_NAMES: Final = re.compile(r"[\dA-Z@]")  # what plain words lack
_OF_DIGITS: Final = ("{1} {0}", "{0} {1}", "{0} star", "{0} stars", "{0} out", "rated {0}")
_MOST_WORDS: Final = 6  # longer values are prose
_SOLID: Final = 5  # characters from which a value is found in other spelling


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """A value and the ways to write it."""

    value: str
    """As it stands in the result."""
    forms: tuple[str, ...]
    """Normalised."""

    @classmethod
    def of(cls, value: str) -> "AnswerFact":
        """A fact from its value."""
        plain = normalise(value)
        day = _DAY.fullmatch(plain)
        return (
            cls(value, (plain, *_write_day(int(day[1]), day[2]))) if day else cls(value, (plain,))
        )

    def stands_in(self, text: str) -> bool:
        """Whether a normalised text holds it."""
        return any(f" {form} " in f" {text} " for form in self.forms)


def find_facts(answer: str, facts: Sequence[AnswerFact]) -> list[AnswerFact]:
    """Those that an answer holds."""
    text = normalise(answer)
    return [fact for fact in facts if fact.stands_in(text)]


def pick_facts(result: Any, request: str, *, without: str) -> list[AnswerFact]:
    """Facts of a result that a user's request does not hold already.

    Args:
        result: of mappings, lists and plain values.
        request: what the user said.
        without: a text whose values are left out, wherever it stands.
    """
    pairs = [(name, str(value)) for name, value in _walk("", result)]
    read = [_read_value(name, value) for name, value in pairs if without not in value]
    return drop_known([fact for facts in read for fact in facts], request)


def drop_known(facts: Sequence[AnswerFact], request: str) -> list[AnswerFact]:
    """Facts that a request does not hold, in whatever spelling; each value once."""
    said = normalise(request)
    joined = said.replace(" ", "")
    fresh = {
        fact.value: fact
        for fact in facts
        if not fact.stands_in(said)
        and not any(len(f) >= _SOLID and f.replace(" ", "") in joined for f in fact.forms)
    }
    return [*fresh.values()]


def normalise(text: str) -> str:
    """Words and numbers alone, in one spelling; marks of list entries are dropped."""
    text = unicodedata.normalize("NFKC", _LIST_MARK.sub(" ", text)).casefold()
    text = _HALF_DAY.sub(r"\1 \2m", _THOUSANDS.sub("", text))
    words = [_spell(token) for token in _TOKEN.findall(text)]
    return " ".join(word for word in words if word not in _UNSAID)


def _spell(token: str) -> str:
    number = _NUMBER.fullmatch(token)
    if number is None:
        return _COUNTED.get(token, token)
    return f"{number[1]}.{number[2]}" if number[2] else number[1]


def _walk(name: str, value: Any) -> Iterator[tuple[str, str | float]]:
    """Text and numbers, each with the name of the field that it stands in."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(str(key), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(name, inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield name, value


def _read_value(name: str, value: str) -> Iterator[AnswerFact]:
    """A moment is a day and a time; other text counts if it is short and names something.

    A single digit may stand in any answer, so it counts only beside its field's name or a unit.
    """
    plain = normalise(value)
    moment = _MOMENT.fullmatch(value)
    if moment:
        year, month, day, hour, minute = moment.groups()
        iso = normalise(f"{year}-{month}-{day}")
        yield AnswerFact(
            f"{year}-{month}-{day}", (iso, *_write_day(int(day), _MONTHS[int(month) - 1]))
        )
        if hour:
            yield AnswerFact(f"{hour}:{minute}", tuple(_write_time(int(hour), int(minute))))
    elif len(plain) == 1 and plain.isdigit():
        field = normalise(name)
        yield AnswerFact(value, tuple(form.format(plain, field) for form in _OF_DIGITS))
    elif _NAMES.search(value) and 0 < len(plain.split()) <= _MOST_WORDS:
        yield AnswerFact(value, (plain,))


def _write_day(day: int, month: str) -> list[str]:
    return [f"{day} {month}", f"{month} {day}", f"{day} {month[:3]}", f"{month[:3]} {day}"]


def _write_time(hour: int, minute: int) -> Iterator[str]:
    half = f"{hour % 12 or 12} {minute} {'pm' if hour >= 12 else 'am'}"
    yield from (f"{hour} {minute}", half)
    if minute == 0:
        yield half.replace(" 0 ", " ")
