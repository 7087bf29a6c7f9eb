"""Articles: a value that brings its own stands after none."""

import re
from collections.abc import Iterator, Mapping

from gen.stories.slot import StorySlot

_FIRST = r"(?i:no|the|a|an|my|your)"
_DOUBLE = re.compile(rf"\b{_FIRST} (?:[Tt]he|a|[Aa]n|[Mm]y|[Yy]our)\b(?!-)")
"""The A of an orchestra and the No of a name begin something of their own."""
_OWN = re.compile(r"(?:the|a|an|my|your) ", re.IGNORECASE)


def find_double(text: str) -> str:
    """The first two articles in a row, as a text has them; empty where there are none."""
    found = _DOUBLE.search(text)
    return found[0] if found else ""


def find_doubled(text: str, slots: Mapping[str, StorySlot]) -> Iterator[tuple[int, str]]:
    """Where a file puts an article before a slot some value of which has one: line and reason."""
    owned = {name: value for name, slot in slots.items() for value in slot.choice or ()
             if isinstance(value, str) and _OWN.match(value)}  # fmt: skip
    names = "|".join([*owned, r"[a-z_.]+\.short"])
    before = re.compile(rf"\b({_FIRST}) \{{\{{ ?({names}) ?\}}\}}")
    for number, line in enumerate(text.splitlines(), 1):
        for found in before.finditer(line):
            value = owned.get(found[2], "the 4th")  # what else stands there is a day, in short
            yield number, f"{found[0]!r} gives {found[1]} {value!r}; drop one article"
