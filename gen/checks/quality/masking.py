"""A request without its values: what is left is the skeleton that a template gave it.

Every value of the world, of the calls and of the answer that the request holds is taken out, and
then whatever looks like a value: quotations, links, addresses, words with digits, capitals within
a sentence. Masking too much only makes two requests more alike.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gen.records import Record

MASK = "\N{LOW LINE}"
_SHORTEST = 3
_LONGEST = 200
"""Longer values stand in no request."""
_SHAPES = re.compile(
    r"\"[^\"\n]*\"|\N{LEFT DOUBLE QUOTATION MARK}[^\N{RIGHT DOUBLE QUOTATION MARK}\n]*.|`[^`\n]*`"
    r"|(?<!\w)'[^'\n]*'(?!\w)|\S*(?:@|://|/)\S*|\S*\d\S*"
    r"|(?<=[\w,;:] )(?!I\b)[A-Z][\w'-]*(?: (?!I\b)[A-Z][\w'-]*)*"
)
_TOKEN = re.compile(r"_|[^\W_]+(?:'[^\W_]+)?")


def mask_values(record: Record) -> str:
    """The last request with a mask for each value."""
    text = record.scenario.last.text
    for value in sorted(_list_values(record), key=lambda v: (-len(v), v)):
        if value in text:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text)
    return mask_shapes(text)


def mask_shapes(text: str) -> str:
    """A text with a mask for whatever looks like a value."""
    return _SHAPES.sub(MASK, text)


def read_skeleton(masked: str) -> tuple[str, ...]:
    """The words of a masked text, in lower case; masks in a row count once."""
    words: list[str] = []
    for word in _TOKEN.findall(masked.lower()):
        if word != MASK or words[-1:] != [MASK]:
            words.append(word)
    return tuple(words)


def _list_values(record: Record) -> set[str]:
    turn = record.scenario.last
    expected = turn.expectation
    matches = (*expected.required, *expected.wished, *expected.forbidden, *turn.script.wanted)
    found = set(_walk([m.arguments for m in matches]))
    found.update(expected.answer, expected.answer_after, expected.protected)
    for world in record.scenario.worlds.values():
        found |= _read_world(world)
    return {v for v in found if _SHORTEST <= len(v) <= _LONGEST}


@lru_cache(maxsize=16)  # the members of a set share their worlds
def _read_world(world: str) -> frozenset[str]:
    return frozenset(_walk(json.loads(world)))


def _walk(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _walk(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(inner)
    elif isinstance(value, str | int | float):
        yield str(value)
