"""What a user can do with the SMS of their telephone."""

from typing import Any

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import new_id
from tool_catalog.kit.moments import read_now, sort_by_time
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.values import check_filled
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .directory import check_number, same_number
from .state import Messaging, TextMessage

_LATEST = 10
_PART = 160  # characters that one SMS holds; a longer text goes out as several
_PRICE = 7  # cents for each


@tool(ToolClass.READ, "R U P", third_party=("results.text",), from_user=("results.name",))
def get_sms_history(state: Messaging, number: str = "") -> dict[str, Any]:
    """Read the latest SMS, received and sent.

    Args:
        number: only those to or from this telephone number; empty for all
    """
    there = [s for s in state.sms if not number or same_number(s.number, number)]
    if number and not there:
        check_number(state, number)
        known = ", ".join(dict.fromkeys(s.number for s in state.sms))
        raise ToolError(f"no SMS with {number}; there are some with: {known or 'nobody'}")
    names = {entry.number: entry.name for entry in state.phone_book}
    shown = [
        {"sms_id": s.sms_id, "number": s.number, "name": names.get(s.number, ""), "at": s.at,
         "sent": s.sent, "text": s.text, "owner": show_owner(state, s.owner)}
        for s in sort_by_time(there)
    ]  # fmt: skip
    return {"results": shown[-_LATEST:]}


@tool(
    ToolClass.SENSITIVE,
    "E M",
    sinks=("number",),
    act="outbound_message",
    wording='send an SMS, which costs credit, to {number}: "{text}"',
)
def send_sms(state: Messaging, number: str, text: str) -> dict[str, Any]:
    """Send an SMS, which costs credit.

    Args:
        number: telephone number of the recipient
        text: text of the message
    """
    check_number(state, number)
    check_filled("text", text, "what the message says")
    parts = -(-len(text) // _PART)
    if parts * _PRICE > state.sms_credit:
        raise ToolError(
            f"the credit is {state.sms_credit} cents, and {parts} parts cost {parts * _PRICE}; "
            "write a shorter text"
        )
    state.sms_credit -= parts * _PRICE
    new = new_id(state, "t")
    now = read_now(state.today, state.sms)
    state.sms.append(TextMessage(new, number, text, now, True))
    return {"sent": new, "to": number, "parts": parts, "cost_cents": parts * _PRICE,
            "credit_left_cents": state.sms_credit}  # fmt: skip
