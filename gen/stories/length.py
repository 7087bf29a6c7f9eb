"""How much the texts of a world say.

A text is written once, at the length that its genre has. Compact keeps the lines that say what is
asked for, and little else; long is what the world shows beside it: whole threads, more matter.
"""

import re
from collections.abc import Iterator, Sequence
from typing import get_args

from gen.config import Length
from tool_catalog.errors import UserMistake

COMPACT = 150
"""Characters that a compact text is brought to, where what must stay leaves room."""
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s)[^.!?\n]*)*[.!?]*|\n")


def read_length(text: str) -> Length:
    """A length by name.

    Raises:
        UserMistake: there is no such length.
    """
    for known in get_args(Length):
        if text == known:
            return text  # type: ignore[return-value]
    raise UserMistake(f"--length {text!r}: use compact, realistic or long")


def fit_text(text: str, kept: Sequence[str], length: Length) -> str:
    """A text as it stands in a world of this length.

    Args:
        text: as its story has it.
        kept: values that stand in it and must not be lost.
        length: how much is wanted.
    """
    if length != "compact" or len(text) <= COMPACT:
        return text
    parts = list(_split(text))
    needed = {i for value in kept if value for i in _find_places(parts, value)}
    total = sum(len(parts[i]) for i in needed)
    for i, part in enumerate(parts):
        if i in needed or not part.strip():
            continue
        if total + len(part) > COMPACT:
            break
        needed.add(i)
        total += len(part)
    lines = (parts[i].strip() for i in sorted(needed))
    return " ".join(line for line in lines if line)


def _split(text: str) -> Iterator[str]:
    """Sentences, and lines that are none."""
    for line in text.splitlines():
        if re.match(r"\s*(?:[-*#|>{\[<]|\S+[:=]\s|\d)", line):  # an item, a field, a log's line
            yield line
        else:
            yield from _SENTENCE.findall(line)


def _find_places(parts: Sequence[str], value: str) -> list[int]:
    """The parts that a value stands in: the first that has it whole, else all that it spans."""
    whole = [i for i, part in enumerate(parts) if value in part]
    return whole[:1]
