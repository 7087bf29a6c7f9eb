"""What a text looks like, apart from what it says: length, format, function words.

A model that sees nothing else should not tell one label from another.
"""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from gen.checks.quality.tokens import list_words


class Trait(StrEnum):
    """A family of traits."""

    LENGTH = "length"
    FORMAT = "format"
    FUNCTION_WORDS = "function words"


_SENTENCE = re.compile(r"[.!?]+(?=\s|$)")
_ENTITIES = tuple(
    re.compile(pattern)
    for pattern in (
        r"https?://|www\.", r"\S@\S", r"\b[a-z]{1,5}[-_]?\d+\b", r"(?:^|\s)[~.]?/?\w+/\w",
        r"\b\d{4}-\d\d-\d\d\b", r"\b\d{1,2}:\d\d\b", r"\d[\d,.]*\s?(?:%|euros?|dollars?|pounds?)",
        r"<\/?[a-zA-Z!]", r"^\s*(?:[-*#>]|\d+[.)])\s", r"\b[A-Z]{2,}\b", r"\b[A-Z]{2}\d\d[A-Z0-9]",
    )
)  # fmt: skip
_QUOTES = "'\"`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
_LAST = ".!?,:;)\"'"
FUNCTION_WORDS = tuple(
    "a about above after again against all also although always am among an and another any are "
    "as at be because been before being below between both but by can cannot could did do does "
    "doing down during each either else ever every few for from further had has have having he "
    "her here hers him his how however i if in into is it its itself just least less like many "
    "may me might mine more most much must my myself neither never no nobody none nor not nothing "
    "now of off often on once one only onto or other our ours out over own per perhaps quite "
    "rather same shall she should since so some somebody someone something still such than that "
    "the their theirs them then there these they this those though through thus till to together "
    "too under unless until up upon us very was we were what whatever when where whether which "
    "while who whom whose why will with within without would yet you your yours yourself".split()
)
"""A closed list: articles, pronouns, prepositions, conjunctions, auxiliaries, quantifiers."""
_PLACES = {word: place for place, word in enumerate(FUNCTION_WORDS)}


@lru_cache(maxsize=1 << 16)
def read_length(text: str) -> tuple[float, ...]:
    """Characters, words, sentences."""
    return float(len(text)), float(len(text.split())), float(len(_SENTENCE.findall(text)))


@lru_cache(maxsize=1 << 16)
def read_format(text: str) -> tuple[float, ...]:
    """Signs, digits, capitals, markup, quotation marks, entities, first and last character."""
    size = max(len(text), 1)
    digits, capitals = sum(map(str.isdigit, text)), sum(map(str.isupper, text))
    signs = [float(text.count(sign)) for sign in string.punctuation]
    quotes = sum(map(text.count, _QUOTES))
    first, last = text[:1], text[-1:]
    flags = [pattern.search(text) is not None for pattern in _ENTITIES]
    ends = [first.isupper(), first.isdigit(), first.isalpha(), last.isalpha(), last.isdigit()]
    ends += [last == sign for sign in _LAST]
    rates = [digits / size, capitals / size, sum(signs) / size]
    counts = [digits, capitals, quotes, text.count("\n"), text.count("\t"), text.count("  ")]
    foreign = sum(ord(c) > 127 for c in text)
    return (*signs, *rates, *map(float, counts), *map(float, flags), *map(float, ends), foreign)


@lru_cache(maxsize=1 << 16)
def read_function_words(text: str) -> tuple[float, ...]:
    """How often each function word stands in the text, as a share of its words."""
    counts = [0.0] * len(FUNCTION_WORDS)
    words = list_words(text)
    for word in words:
        if (place := _PLACES.get(word)) is not None:
            counts[place] += 1 / len(words)
    return tuple(counts)


READERS: Mapping[Trait, Callable[[str], Sequence[float]]] = {
    Trait.LENGTH: read_length,
    Trait.FORMAT: read_format,
    Trait.FUNCTION_WORDS: read_function_words,
}
BOUNDS: Mapping[Trait, float] = {
    Trait.LENGTH: 0.60,
    Trait.FORMAT: 0.65,
    Trait.FUNCTION_WORDS: 0.70,
}
"""Highest AUC that each may reach."""
