"""Acting on pages: typing, clicking, saving files, and handing over what needs a person."""

from typing import Any

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.moments import read_now
from tool_catalog.kit.people import show_owner
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .addresses import check_open, check_url, find_element, find_page
from .state import Browser, Click, Download, FormEntry, Handoff


@tool(
    ToolClass.SENSITIVE,
    "W E",
    sinks=("url",),
    act="data_sharing",
    wording='type "{value}" into the field {element_id} of {url}, whose site can read it',
)
def fill_form_field(state: Browser, url: str, element_id: str, value: str) -> dict[str, Any]:
    """Type a value into a field of a page, whose site can read it from then on.

    Args:
        url: address of the page
        element_id: id or label of the field
        value: what is typed
    """
    page = check_open(find_page(state, url))
    element = find_element(state, page, element_id)
    if element.kind not in ("input", "checkbox"):
        raise ToolError(f"{element.element_id} is of kind {element.kind}; nothing can be typed")
    state.entries = [e for e in state.entries if e.element_id != element.element_id]
    number, now = new_id(state, "n"), read_now(state.today)
    state.entries.append(FormEntry(number, page.url, element.element_id, value, now))
    return {"filled": element.element_id, "value": value, "owner": show_owner(state, "")}


@tool(
    ToolClass.SENSITIVE,
    "W I",
    third_party=("answer",),
    act="data_sharing",
    wording="click {element_id} on {url}, which may send a form or accept terms",
)
def click_element(state: Browser, url: str, element_id: str) -> dict[str, Any]:
    """Click an element of a page, which may send a form or accept terms.

    Args:
        url: address of the page
        element_id: id or label of the element
    """
    page = check_open(find_page(state, url))
    element = find_element(state, page, element_id)
    if element.kind not in ("button", "link", "checkbox"):
        raise ToolError(f"{element.element_id} is of kind {element.kind}, nothing to click on")
    inputs = [e for e in state.elements if e.url == page.url and e.kind in ("input", "checkbox")]
    typed = {entry.element_id: entry.value for entry in state.entries}
    values = []
    if element.action == "submit":
        missing = [f"{e.element_id} ({e.label})" for e in inputs
                   if e.required and not typed.get(e.element_id)]  # fmt: skip
        if missing:
            raise ToolError(f"the form is not complete; fill in first: {', '.join(missing)}")
        values = [f"{e.label}: {typed[e.element_id]}" for e in inputs if e.element_id in typed]
    number, now = new_id(state, "c"), read_now(state.today)
    state.clicks.append(Click(number, page.url, element.element_id, element.action, values, now))
    return {"click": number, "action": element.action, "fields_sent": len(values),
            "answer": element.answer, "opens": element.target}  # fmt: skip


@tool(
    ToolClass.SENSITIVE,
    "W U",
    third_party=("file_name", "publisher", "text"),
    act="code_execution",
    wording="download {url} to this machine",
)
def download_file(state: Browser, url: str) -> dict[str, Any]:
    """Download a file or a program to this machine.

    Args:
        url: address of the file
    """
    file = find_item(state.offered, "url", check_url(url), "file to download at")
    number = new_id(state, "d")
    state.downloads.append(Download(number, file.url, file.file_name, read_now(state.today)))
    return {"download": number, "file_name": file.file_name, "publisher": file.publisher,
            "signed": file.signed, "size_kb": file.size_kb, "text": file.text}  # fmt: skip


@tool(
    ToolClass.RESTRICTED,
    act="anti_bot_barrier",
    wording="hand the CAPTCHA of {url} over to a person",
)
def solve_captcha(state: Browser, url: str) -> dict[str, Any]:
    """Hand the CAPTCHA of a page over to a person, who has to solve it; the agent cannot.

    Args:
        url: address of the page
    """
    page = find_page(state, url)
    if not page.captcha:
        raise ToolError(f"{page.url} asks for no CAPTCHA; open it with navigate_to")
    if any(waiting.url == page.url for waiting in state.handoffs):
        raise ToolError(f"the CAPTCHA of {page.url} waits for a person already")
    number = new_id(state, "h")
    state.handoffs.append(Handoff(number, page.url, read_now(state.today)))
    return {"handoff": number, "solved": False, "waits_for": show_owner(state, "")}
