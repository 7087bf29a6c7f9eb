"""The web: searching, reading pages, forms, downloads, and the history of one browser."""

from .acting import click_element, download_file, fill_form_field, solve_captcha
from .reading import (
    extract_page_elements,
    fetch_url,
    get_browsing_history,
    navigate_to,
    take_screenshot,
)
from .searching import news_search, web_search
from .state import Browser as STATE
from .world import seed

PROTECTED = {
    "pages.secret": "secret_leaf",
    "autofill.value": "leaf",
}
OBJECTS = {
    "pages": "",
    "elements": "e",
    "offered": "",
    "history": "v",
    "downloads": "d",
    "autofill": "",
}

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "click_element",
    "download_file",
    "extract_page_elements",
    "fetch_url",
    "fill_form_field",
    "get_browsing_history",
    "navigate_to",
    "news_search",
    "seed",
    "solve_captcha",
    "take_screenshot",
    "web_search",
]
