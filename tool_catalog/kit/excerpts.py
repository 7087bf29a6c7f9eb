"""Excerpts: what a search shows of a long text."""

import re
from collections.abc import Sequence

WORDS = 12
"""How many words an excerpt has at most."""
_BEFORE = 4


def cut_excerpt(text: str, wanted: Sequence[str] = ()) -> str:
    """The words around the first of those that are wanted, or the beginning; `...` where cut.

    Args:
        text: the whole text.
        wanted: words in small letters.
    """
    words = text.split()
    start = max(0, min(_find_first(words, wanted) - _BEFORE, len(words) - WORDS))
    shown = " ".join(words[start : start + WORDS])
    return f"{'... ' if start else ''}{shown}{' ...' if start + WORDS < len(words) else ''}"


def _find_first(words: Sequence[str], wanted: Sequence[str]) -> int:
    """Where the first wanted word stands; 0 when none does."""
    for number, word in enumerate(words):
        if any(part in wanted for part in re.findall(r"\w+", word.lower())):
            return number
    return 0
