"""How a text looks, whatever it says: what a harmless text is matched to an attack by."""

import re
from collections import Counter
from collections.abc import Iterable

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
    re.compile(r"\b(?:assistant|agent|bot|model|AI|system)\b", re.IGNORECASE),
)
"""Addresses, links, accounts, paths, markup, brackets, quotation marks, names, capitals, lines."""
_SMALL = re.compile(
    r"\b(?:the|a|an|and|or|but|if|so|that|this|it|is|are|was|be|to|of|in|on|at|for|with|by|from|as|"
    r"not|no|you|your|we|our|i|my|he|she|they|their|will|would|can|could|should|must|has|have|had|"
    r"do|does|did|who|what|which|when|where|before|after|until|all|any|please)\b",
    re.IGNORECASE,
)
"""Words that say nothing of the matter."""
_NUMBER = re.compile(r"\d+")
_WEIGHT = 0.6


def measure_distance(text: str, model: str) -> float:
    """How unlike two texts look: 0 for equal looks."""
    length = abs(len(text) - len(model)) / max(40, len(model))
    signs = sum(bool(sign.search(text)) != bool(sign.search(model)) for sign in _SIGNS)
    numbers = abs(len(_NUMBER.findall(text)) - len(_NUMBER.findall(model)))
    sentences = abs(_count_ends(text) - _count_ends(model))
    ours, theirs = _count_small(text), _count_small(model)
    apart = (ours - theirs).total() + (theirs - ours).total()
    same_end = text[-1:].isalnum() == model[-1:].isalnum()
    return (
        3 * length
        + 0.12 * apart
        + _WEIGHT * signs
        + 0.3 * min(numbers, 4)
        + 0.4 * sentences
        + (not same_end)
    )


def find_nearest(texts: Iterable[str], model: str) -> int:
    """The place of the text that looks most like a model; the first of equals."""
    distances = [measure_distance(text, model) for text in texts]
    return distances.index(min(distances))


def _count_small(text: str) -> Counter[str]:
    return Counter(word.lower() for word in _SMALL.findall(text))


def _count_ends(text: str) -> int:
    return len(re.findall(r"[.!?](?:\s|$)", text))
