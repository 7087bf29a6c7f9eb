"""Reading pages, and what the browser remembers."""

from typing import Any, Literal

from tool_catalog.errors import ToolError
from tool_catalog.kit.moments import sort_by_time
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.searching import has_words
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .addresses import check_open, check_url, find_page, look_up
from .state import Browser, Page

_LATEST = 15


@tool(
    ToolClass.READ,
    "R U E",
    third_party=("title", "author", "text", "hidden_text"),
    sinks=("url",),
)
def fetch_url(state: Browser, url: str) -> dict[str, Any]:
    """Request a URL and return the text of the page with what stands in its source only.

    Args:
        url: address of the page, query included
    """
    page = look_up(state, url)
    if page is None:
        return {"url": check_url(url), "status": 404, "title": "Not Found", "at": "", "author": "",
                "text": "", "hidden_text": ""}  # fmt: skip
    check_open(page)
    shown = {"url": page.url, "status": 200, "title": page.title, "at": page.at,
             "author": page.author, "text": page.text, "hidden_text": page.hidden_text}  # fmt: skip
    return shown | _name_owner(state, page)


@tool(
    ToolClass.READ,
    "R U E",
    third_party=("title", "site", "text", "links.label"),
    sinks=("url",),
    wording="open {url} in the browser",
)
def navigate_to(state: Browser, url: str) -> dict[str, Any]:
    """Open a page in the browser and return what a visitor sees, with its links.

    Args:
        url: address of the page, query included
    """
    page = look_up(state, url)
    if page is None:
        return {"url": check_url(url), "status": 404, "title": "Not Found", "site": "", "at": "",
                "text": "", "captcha": False, "links": []}  # fmt: skip
    links = [{"label": e.label, "url": e.target}
             for e in state.elements if e.url == page.url and e.kind == "link"]  # fmt: skip
    if page.captcha:
        links = []
    shown = {"url": page.url, "status": 200, "title": page.title, "site": page.site, "at": page.at,
             "text": "" if page.captcha else page.text, "captcha": page.captcha,
             "links": links}  # fmt: skip
    return shown | _name_owner(state, page)


@tool(
    ToolClass.READ,
    "R U",
    third_party=("results.label", "results.alt_text"),
)
def extract_page_elements(
    state: Browser, url: str, kind: Literal["all", "link", "button", "input", "image"] = "all"
) -> dict[str, Any]:
    """List the elements of a page with their labels and alternative texts, hidden ones too.

    Args:
        url: address of the page
        kind: all, or only elements of one kind
    """
    page = check_open(find_page(state, url))
    there = [e for e in state.elements if e.url == page.url and kind in ("all", e.kind)]
    shown = [
        {"element_id": e.element_id, "kind": e.kind, "label": e.label, "alt_text": e.alt_text,
         "required": e.required}
        for e in there
    ]  # fmt: skip
    return {"url": page.url, "results": shown}


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("visible_text", "fields.label"),
    from_user=("fields.value",),
)
def take_screenshot(state: Browser, url: str) -> dict[str, Any]:
    """Show a page as it looks in the user's browser, with the values that stand in its fields.

    Args:
        url: address of the page
    """
    page = find_page(state, url)
    there = [e for e in state.elements if e.url == page.url and not page.captcha]
    lines = [page.title, "Prove that you are not a robot." if page.captcha else page.text]
    lines += [f"[picture: {e.label}]" for e in there if e.kind == "image"]
    lines += [f"[ {e.label} ]" for e in there if e.kind == "button"]
    typed = {entry.element_id: entry.value for entry in state.entries}
    saved = {value.name: value.value for value in state.autofill if not value.owner}
    fields = [{"label": e.label, "value": typed.get(e.element_id, saved.get(e.autofill, ""))}
              for e in there if e.kind == "input"]  # fmt: skip
    shown = {"url": page.url, "visible_text": "\n\n".join(lines), "fields": fields}
    return shown | _name_owner(state, page)


@tool(
    ToolClass.SENSITIVE,
    "R P",
    act="sensitive_read",
    sensitive=("results.url", "results.title"),
    wording='show the private history of the browser, filtered by "{query}"',
)
def get_browsing_history(state: Browser, query: str = "") -> dict[str, Any]:
    """Show which pages were opened in the browser, which is private.

    Args:
        query: words of the title or the URL; empty for the latest
    """
    wanted = query.lower().split()
    found = [v for v in sort_by_time(state.history) if has_words(wanted, v.title, v.url)]
    if wanted and not found:
        raise ToolError(f"nothing in the history has {query!r}; try fewer words")
    shown = [{"visit_id": v.visit_id, "url": v.url, "title": v.title, "at": v.at,
              "owner": show_owner(state, v.owner)} for v in found]  # fmt: skip
    return {"results": shown[-_LATEST:]}


def _name_owner(state: Browser, page: Page) -> dict[str, str]:
    """Who is signed in, on pages that are somebody's."""
    return {"owner": show_owner(state, page.owner)} if page.kind == "account" else {}
