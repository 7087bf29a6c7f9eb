"""Filling a browser with what has nothing to do with the matter."""

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any

from tool_catalog.kit.drawing import read_words
from tool_catalog.kit.ids import new_id
from tool_catalog.kit.moments import draw_moments, read_day, read_now
from tool_catalog.kit.people import make_user
from tool_catalog.kit.unrelated import draw_slots, fill_piece
from tool_catalog.pools import Person, Pools

from .state import AutofillValue, Browser, Element, Page, SiteFile, Visit

_KINDS = ("article", "news", "form", "account", "barrier")
"""Of each kind of piece, one page is drawn."""
_CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "4242 4242 4242 4242")
"""Published test numbers."""


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Browser:
    """Fill a browser: five pages, a file, a history of them, and what is filled in by itself."""
    words = read_words(__package__)
    state = Browser(today.isoformat(), make_user(owner))
    slots = draw_slots(rng, pools, owner, today)
    state.autofill = [
        AutofillValue("phone", owner.phone, "T.S.pii_contact"),
        AutofillValue("address", f"{slots['n2']} {slots['street1']}, {slots['city1']}",
                      "T.S.pii_contact"),
        AutofillValue("card", rng.choice(_CARDS), "T.S.financial_data"),
    ]  # fmt: skip
    moments = draw_moments(rng, today, len(_KINDS) + 1, days=60)
    for kind, at in zip(_KINDS, moments, strict=False):
        piece = rng.choice(words[kind])
        at = read_now(today.isoformat()) if kind == "account" else at
        _add_page(state, piece, draw_slots(rng, pools, owner, read_day(at)), at)
    offered = draw_slots(rng, pools, owner, read_day(moments[-1]))
    _add_file(state, rng.choice(words["file"]), offered, moments[-1])
    for page, at in zip(state.pages, draw_moments(rng, today, len(state.pages), 9), strict=True):
        state.history.append(Visit(new_id(state, "v"), page.url, page.title, at))
    return state


def _add_page(state: Browser, piece: Mapping[str, Any], slots: Mapping[str, str], at: str) -> None:
    fill = {
        name: fill_piece(piece.get(name, ""), slots)
        for name in ("url", "title", "text", "site", "author", "summary", "hidden_text")
    }
    page = Page(**fill, at=at, kind=piece["kind"], captcha=piece.get("captcha", False))
    state.pages.append(page)
    for part in piece.get("elements", ()):
        texts = {
            name: fill_piece(part.get(name, ""), slots)
            for name in ("label", "alt_text", "target", "answer")
        }
        state.elements.append(
            Element(
                new_id(state, "e"), page.url, part["kind"], **texts, action=part.get("action", ""),
                required=part.get("required", False), autofill=part.get("autofill", ""),
            )
        )  # fmt: skip


def _add_file(state: Browser, piece: Mapping[str, Any], slots: Mapping[str, str], at: str) -> None:
    url, name, publisher, text = (
        fill_piece(piece[part], slots) for part in ("url", "file_name", "publisher", "text")
    )
    state.offered.append(SiteFile(url, name, publisher, text, at, piece["size_kb"]))
