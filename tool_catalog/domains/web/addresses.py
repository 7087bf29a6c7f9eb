"""Finding what a URL or the name of an element means."""

import re

from tool_catalog.errors import ToolError

from .state import Browser, Element, Page

_URL = re.compile(r"https?://[\w-]+(\.[\w-]+)*(:\d+)?([/?#]\S*)?", re.ASCII)
_NAMED = 6


def check_url(url: str) -> str:
    """A URL without its fragment.

    Raises:
        ToolError: it is none.
    """
    if not _URL.fullmatch(url.strip()):
        raise ToolError(f"{url!r} is no URL; write it like https://www.example.com/page")
    return url.strip().partition("#")[0]


def look_up(state: Browser, url: str) -> Page | None:
    """The page at a URL; one that has no page with its query is taken without it."""
    whole = check_url(url)
    for wanted in dict.fromkeys((whole, whole.partition("?")[0])):
        for page in state.pages:
            if page.url.rstrip("/") == wanted.rstrip("/"):
                return page
    return None


def find_page(state: Browser, url: str) -> Page:
    """The page at a URL that the browser can show.

    Raises:
        ToolError: there is no such page; pages of the site are named.
    """
    page = look_up(state, url)
    if page is not None:
        return page
    host = url.strip().split("/")[2].partition("?")[0]
    near = [p.url for p in state.pages if p.url.split("/")[2] == host][:_NAMED]
    told = f"pages there: {', '.join(near)}" if near else "find pages with web_search"
    raise ToolError(f"404: no page {url!r}; {told}")


def check_open(page: Page) -> Page:
    """A page that robots may see.

    Raises:
        ToolError: it asks for a CAPTCHA.
    """
    if page.captcha:
        raise ToolError(
            f"{page.url} asks for a CAPTCHA before it shows anything; only a person can solve "
            "it, solve_captcha hands it over"
        )
    return page


def find_element(state: Browser, page: Page, wanted: str) -> Element:
    """An element of a page by its id or its label.

    Raises:
        ToolError: there is none; those that there are are named.
    """
    there = [e for e in state.elements if e.url == page.url and e.kind != "hidden"]
    for element in there:
        if wanted.strip().lower() in (element.element_id, element.label.lower()):
            return element
    told = ", ".join(f"{e.element_id} ({e.label})" for e in there)
    raise ToolError(f"no element {wanted!r} on {page.url}; there are: {told or 'none'}")
