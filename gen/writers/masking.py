"""Values of a text hidden behind places, so that a model that words it anew cannot touch them.

A place names the kind of what stands in it, and has a number, counted within the text: {date 2}. So
a model can neither misspell a value nor tell from it whose text this is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gen.sets.words import QUOTE

_PLACE = re.compile(r"\{(?:[a-z]+ )?(\d{1,3})\}")
"""The number tells which place is meant, also where a model names another kind, or none."""
_KINDS = (
    (re.compile(r"\S+@\S+\.\w+"), "mail"),
    (re.compile(r"https?://\S+"), "link"),
    (re.compile(r"\d{4}-\d\d-\d\d(?:T\S+)?"), "date"),
    (re.compile(r"\d{1,2}:\d\d"), "time"),
    (re.compile(r"[\d.,]+"), "number"),
    (re.compile(r"\S*/\S*|\S+\.\w{2,4}"), "file"),
    (re.compile(r"(?=\S*\d)[\w+#./-]+"), "code"),
    (re.compile(r"[A-Z][\w.'-]*(?: [A-Z][\w.'-]*){0,3}"), "name"),
)
"""The first that a whole value matches; what none matches is a phrase."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with places, and what stands in them."""

    text: str
    values: tuple[str, ...]
    """Of place 1, 2, ..."""


class BadPlaces(ValueError):
    """Words whose places are not those of their text; the message says what is wrong."""


def mask(text: str, kept: Sequence[str], *, any_case: bool = False) -> Masked:
    """Hide the values to keep wherever they stand as words of their own.

    Args:
        text: to be worded anew.
        kept: values; those within others need no place of their own.
        any_case: hide them at the beginning of a sentence too.
    """
    if not kept or _PLACE.search(text):  # with braces of its own it is left to be checked
        return Masked(text, ())
    longest_first = sorted(set(kept), key=lambda value: (-len(value), value))
    pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"
    values: list[str] = []

    def hide(found: re.Match[str]) -> str:
        if found[0] not in values:
            values.append(found[0])
        return f"{{{_name_kind(found[0])} {values.index(found[0]) + 1}}}"

    masked = re.sub(pattern, hide, text, flags=re.IGNORECASE if any_case else 0)
    return Masked(masked, tuple(values))


def fill(words: str, masked: Masked) -> str:
    """Words with the values in their places.

    Raises:
        BadPlaces: a place is missing, doubled, or was never there.
    """
    if not masked.values:
        return words
    found = [int(number) for number in _PLACE.findall(words)]
    meant = [int(number) for number in _PLACE.findall(masked.text)]
    if unknown := sorted(set(found) - set(meant)):
        raise BadPlaces(f"{{{unknown[0]}}} stands for nothing; use only the places of the text")
    if lost := sorted(set(meant) - set(found)):
        raise BadPlaces(f"left {', '.join(f'{{{n}}}' for n in lost)} out")
    if doubled := [n for n in sorted(set(meant)) if found.count(n) > meant.count(n)]:
        raise BadPlaces(f"has {{{doubled[0]}}} more often than the text")
    return _PLACE.sub(lambda place: masked.values[int(place[1]) - 1], words)


def _name_kind(value: str) -> str:
    if value == QUOTE:
        return "quotation"
    return next((name for pattern, name in _KINDS if pattern.fullmatch(value)), "phrase")
