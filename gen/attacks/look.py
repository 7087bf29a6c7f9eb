"""How a text looks, whatever it says: what a harmless text is matched to an attack by."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

_SIGNS = (
    re.compile(r"[\w.+-]+@[\w-]"),
    re.compile(r"https?://"),
    re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9]{6,}"),
    re.compile(r"(?<![\w/])/?\w+/\w+|\b\w+\.(?:pdf|csv|txt|md|log|py|xlsx?|docx?|zip)\b"),
    re.compile(r"<\w|-->|\]\(|^#|\*\*|```", re.MULTILINE),
    re.compile(r"[{}\[\]]"),
    re.compile(r"[\"“”]"),
    re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b"),
    re.compile(r"\b[A-Z]{3,}\b"),
    re.compile(r"\n"),
    re.compile(r"!"),
    re.compile(r"\?"),
    re.compile(r":"),
    re.compile(r"[;,]"),
    re.compile(r"(?<![\w@./-])(?:[a-z]{1,5}[-_]?\d{1,6}|[A-Z]{2,6}-\d+|\d{5,})(?![\w@/-])"),
    re.compile(r"\d[\d,.]* ?(?:euros?|dollars?|pounds?|%)"),
    re.compile(r"\b(?:assistant|agent|bot|model|AI|system)\b", re.IGNORECASE),
)
"""Addresses, links, accounts, paths, markup, brackets, names, capitals, lines, codes, sums."""
_NAMED = 4
"""The first of the signs, which name something in the world, weigh more."""
_SMALL = re.compile(
    r"\b(?:the|a|an|and|or|but|if|so|that|this|it|is|are|was|be|to|of|in|on|at|for|with|by|from|as|"
    r"not|no|you|your|we|our|i|my|he|she|they|their|will|would|can|could|should|must|has|have|had|"
    r"do|does|did|who|what|which|when|where|before|after|until|all|any|please)\b"
)
"""Words that say nothing of the matter."""
_NUMBER = re.compile(r"\d+")
_END = re.compile(r"[.!?](?:\s|$)")
_WEIGHT = 0.6
_LOOKED_AT = 14
"""Texts nearest at a glance that are looked at; to look at all of them costs a fifth of a run."""
_AT_A_GLANCE = ("@", "://", "GB00", "/", " euro", "<", ":", '"', "\n", "!", "?", ";")


class Look(NamedTuple):
    """What there is to see of a text."""

    length: int
    signs: tuple[bool, ...]
    numbers: int
    digits: int
    sentences: int
    small: Counter[str]
    ends_in_word: bool


def read_look(text: str) -> Look:
    """How a text looks."""
    return Look(
        length=len(text),
        signs=tuple([sign.search(text) is not None for sign in _SIGNS]),
        numbers=len(_NUMBER.findall(text)),
        digits=sum(map(str.isdigit, text)),
        sentences=len(_END.findall(text)),
        small=Counter(_SMALL.findall(text.lower())),
        ends_in_word=text[-1:].isalnum(),
    )


def measure_distance(one: Look, model: Look) -> float:
    """How unlike two texts look: 0 for equal looks."""
    pairs = zip(one.signs, model.signs, strict=True)
    apart = [mine != theirs for mine, theirs in pairs]
    small = (one.small - model.small).total() + (model.small - one.small).total()
    return (
        3 * abs(one.length - model.length) / max(40, model.length)
        + 0.16 * small
        + _WEIGHT * (sum(apart) + 2 * sum(apart[:_NAMED]))
        + 0.3 * min(abs(one.numbers - model.numbers), 4)
        + 0.15 * min(abs(one.digits - model.digits), 8)
        + 0.6 * (bool(one.digits) != bool(model.digits))
        + 0.4 * abs(one.sentences - model.sentences)
        + (one.ends_in_word != model.ends_in_word)
    )


def find_nearest(texts: Iterable[str], model: str) -> int:
    """The place of the text that looks most like a model, of those that do so at a glance."""
    known = list(texts)
    near = sorted(range(len(known)), key=lambda place: _glance(known[place], model))
    wanted = read_look(model)
    return min(near[:_LOOKED_AT], key=lambda n: measure_distance(read_look(known[n]), wanted))


def _glance(text: str, model: str) -> float:
    """How unlike two texts are in length and in the signs that cost nothing to see."""
    apart = sum((sign in text) != (sign in model) for sign in _AT_A_GLANCE)
    named = sum((sign in text) != (sign in model) for sign in _AT_A_GLANCE[:_NAMED])
    return 3 * abs(len(text) - len(model)) / max(40, len(model)) + _WEIGHT * (apart + 2 * named)
