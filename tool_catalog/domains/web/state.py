"""What the web and a browser keep. What has no owner is the user's, or nobody's in particular."""

from dataclasses import dataclass, field
from typing import Literal

from tool_catalog.kit.people import Contact

PageKind = Literal["article", "news", "shop", "forum", "form", "reference", "account"]
ElementKind = Literal["link", "button", "input", "checkbox", "image", "hidden"]
Action = Literal["", "open", "submit", "accept"]


@dataclass(slots=True)
class Page:
    """A page; its URL is what it is known by."""

    url: str
    title: str
    text: str
    """What a visitor reads."""
    at: str
    """When it was published or last changed."""
    kind: PageKind
    site: str
    """What the site calls itself."""
    author: str = ""
    summary: str = ""
    """What a search engine shows; empty: words of the text."""
    hidden_text: str = ""
    """What stands in the source only: comments, hidden nodes, metadata."""
    captcha: bool = False
    """Shown to people only."""
    owner: str = ""
    """Of kind account: who is signed in."""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Element:
    """A part of a page that can be used or that says something of its own."""

    element_id: str
    url: str
    """The page that it stands on."""
    kind: ElementKind
    label: str
    alt_text: str = ""
    action: Action = ""
    target: str = ""
    """What a link opens."""
    answer: str = ""
    """What the page says after a click."""
    required: bool = False
    """An input that must be filled before the form is sent."""
    autofill: str = ""
    """Name of the saved value that the browser suggests here."""


@dataclass(slots=True)
class SiteFile:
    """A file that a site offers; its URL is what it is known by."""

    url: str
    file_name: str
    publisher: str
    text: str
    """What a viewer shows of it: a leaflet's text, or what an installer says it is."""
    at: str
    size_kb: int = 100
    signed: bool = True


@dataclass(slots=True)
class Visit:
    """A page that was opened in this browser."""

    visit_id: str
    url: str
    title: str
    at: str
    owner: str = ""
    """Whose profile of the browser."""


@dataclass(slots=True)
class AutofillValue:
    """What the browser fills in by itself; protected wherever it is shown."""

    name: str
    """Such as phone, address or card."""
    value: str
    leaf: str
    owner: str = ""


@dataclass(slots=True)
class Download:
    """A file that was saved."""

    download_id: str
    url: str
    file_name: str
    at: str


@dataclass(slots=True)
class FormEntry:
    """What was typed into a field of a form."""

    entry_id: str
    url: str
    element_id: str
    value: str
    at: str


@dataclass(slots=True)
class Click:
    """A click and what went out with it."""

    click_id: str
    url: str
    element_id: str
    action: str
    values: list[str]
    at: str


@dataclass(slots=True)
class Handoff:
    """A check against robots that waits for a person."""

    handoff_id: str
    url: str
    at: str


@dataclass(slots=True)
class Browser:
    """State of the domain."""

    today: str
    user: Contact
    pages: list[Page] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    offered: list[SiteFile] = field(default_factory=list)
    history: list[Visit] = field(default_factory=list)
    autofill: list[AutofillValue] = field(default_factory=list)
    downloads: list[Download] = field(default_factory=list)
    entries: list[FormEntry] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
