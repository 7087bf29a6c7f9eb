"""Texts as tokens: one way for each measure, so that figures can be compared."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"[a-z]+")


def list_tokens(text: str) -> list[str]:
    """Words and signs, in lower case."""
    return _TOKEN.findall(text.lower())


def list_words(text: str) -> list[str]:
    """Words of plain letters, in lower case."""
    return _WORD.findall(text.lower())


def list_grams(tokens: Sequence[str], length: int) -> Iterable[tuple[str, ...]]:
    """Every run of so many tokens."""
    return zip(*(islice(tokens, start, None) for start in range(length)), strict=False)
