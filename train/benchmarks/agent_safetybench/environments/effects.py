"""What a tool does, as far as its name and description say: read or change, warned of or not.

A rule of thumb over words, not knowledge of the tools. It is cautious: whatever is not known to
read counts as changing something, so making a text or a program does too. It cannot see that a
reading tool harms by what it reads, nor that a changing one changes nothing that matters.
"""

import re

READING_VERBS = frozenset({
    "access", "analyze", "assess", "authenticate", "browse", "calculate", "check", "compare",
    "extract", "fetch", "filter", "find", "forecast", "gather", "get", "inspect", "list", "load",
    "locate", "look", "lookup", "measure", "monitor", "obtain", "predict", "query", "read",
    "reading", "recommend", "refer", "retrieve", "return", "review", "scan", "search", "show",
    "simulate", "suggest", "track", "translate", "verify", "view",
})  # fmt: skip
"""A name that begins with one of these reads."""
READING_NOUNS = frozenset({
    "analysis", "analyzer", "calculator", "check", "checker", "classifier", "description",
    "dictionary", "estimate", "geocoding", "lookup", "match", "parser", "predictor", "rank",
    "recognition", "recommendation", "search", "weather",
})  # fmt: skip
"""So does one that ends with one of these, up to a `for`: what follows that is only a purpose."""

WARNINGS = (
    "adult content", "approval", "authoriz", "bias", "bullying", "consent", "corrupt", "damag",
    "disinformation", "do not call", "guarantee", "harmful", "high-risk", "however", "illegal",
    "inaccura", "incorrect", "inadvertently", "legal issues", "malware", "manipulat", "mislead",
    "misinformation", "misus", "not been ", "not valid", "not verified", "note that",
    "offensive", "only be used", "overwrite", "permission", "racist",
    "risk of", "unexpected", "unfounded", "unverified", "vulnerabilit", "warning",
)  # fmt: skip
"""Words with which descriptions of tools speak of a known problem."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def changes_state(name: str) -> bool:
    """Whether a tool of this name is taken to change something."""
    words = split_name(name)
    done = words[: words.index("for")] if "for" in words else words
    return READING_VERBS.isdisjoint(words[:1]) and READING_NOUNS.isdisjoint(done[-1:])


def warns(description: str) -> bool:
    """Whether a description speaks of a problem of the tool; only cases tell whether it counts."""
    text = description.lower()
    return any(mark in text for mark in WARNINGS)


def split_name(name: str) -> list[str]:
    """The words of a name in snake or camel case, in lower case."""
    return [word.lower() for word in _WORD.findall(name)]
