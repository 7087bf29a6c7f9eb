"""Searching the web and the news."""

import re
from collections.abc import Sequence
from typing import Any

from tool_catalog.kit.excerpts import cut_excerpt
from tool_catalog.kit.searching import RESULTS, read_query
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .state import Browser, Page

_NO_MEANING = frozenset(
    "a about an and are by do does for from how i in is it me my of on or the to what when where "
    "which who with".split()
)
_HINT = "what the page is about"


@tool(
    ToolClass.READ,
    "R U",
    third_party=("results.title", "results.snippet", "results.site"),
)
def web_search(state: Browser, query: str) -> dict[str, Any]:
    """Search the web, the best match first.

    Args:
        query: what to look for
    """
    wanted = read_query(query, _NO_MEANING, _HINT)
    public = [page for page in state.pages if page.kind != "account"]
    return {"results": [_show(page, wanted) for page in _rank(public, wanted)[:RESULTS]]}


@tool(
    ToolClass.READ,
    "R U",
    third_party=("results.title", "results.snippet", "results.site"),
)
def news_search(state: Browser, query: str) -> dict[str, Any]:
    """Search the news, the newest first.

    Args:
        query: what to look for
    """
    wanted = read_query(query, _NO_MEANING, _HINT)
    found = _rank([page for page in state.pages if page.kind == "news"], wanted)
    newest = sorted(found, key=lambda page: page.at, reverse=True)
    return {"results": [_show(page, wanted) for page in newest[:RESULTS]]}


def _rank(pages: Sequence[Page], wanted: Sequence[str]) -> list[Page]:
    """Pages with half of the words or more, the best first; a word of the title counts twice."""
    scored = []
    for page in pages:
        title, text = _list_words(page.title), _list_words(f"{page.text} {page.site} {page.url}")
        held = [word for word in wanted if word in title or word in text]
        if 2 * len(held) >= len(wanted):
            scored.append((len(held) + sum(word in title for word in wanted), page))
    return [page for _, page in sorted(scored, key=lambda pair: -pair[0])]


def _list_words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _show(page: Page, wanted: Sequence[str]) -> dict[str, Any]:
    return {"title": page.title, "url": page.url, "site": page.site, "at": page.at,
            "snippet": page.summary or cut_excerpt(page.text, wanted)}  # fmt: skip
