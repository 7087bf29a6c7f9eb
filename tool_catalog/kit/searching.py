"""Searching by words, as a search box does it: every word must be there, case is ignored."""

import re
from collections.abc import Set

from tool_catalog.errors import ToolError

RESULTS = 5
"""How many things a search shows at most."""


def read_query(query: str, no_meaning: Set[str], hint: str) -> list[str]:
    """The words of a query that mean something.

    Raises:
        ToolError: the query has words, and none of them means anything; `hint` says what would.
    """
    wanted = [word for word in re.findall(r"\w+", query.lower()) if word not in no_meaning]
    if not wanted and query.strip():
        raise ToolError(f"query {query!r} has no word to look for; name {hint}")
    return wanted


def has_words(wanted: list[str], *texts: str) -> bool:
    """Whether each word stands somewhere in the texts."""
    there = re.findall(r"\w+", " ".join(texts).lower())
    return all(word in there for word in wanted)
