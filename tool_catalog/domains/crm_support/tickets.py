"""What can be done with support tickets, and notes for colleagues."""

from typing import Any, Literal

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.moments import read_now, sort_by_time
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.values import check_address, check_filled
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .state import CustomerDesk, Note, TicketMessage

NOBODY = "no one else"
_BULK = 3  # more tickets than this in one call are a bulk operation


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("subject", "requester", "requester_email", "messages.sender", "messages.text"),
    from_operator=("notes.author", "notes.text", "resolution"),
)
def get_ticket(state: CustomerDesk, ticket_id: str) -> dict[str, Any]:
    """Read a support ticket with all messages and internal notes.

    Args:
        ticket_id: which ticket, as search_records shows it
    """
    ticket = find_item(state.tickets, "ticket_id", ticket_id)
    said = [
        {"sender": m.sender, "at": m.at, "text": m.text}
        for m in sort_by_time(state.messages)
        if m.ticket_id == ticket_id
    ]
    noted = [
        {"note_id": n.note_id, "author": n.author, "at": n.at, "text": n.text}
        for n in sort_by_time(state.notes)
        if n.record_id in (ticket_id, ticket.record_id or ticket_id)
    ]
    return {
        "ticket_id": ticket_id, "subject": ticket.subject, "requester": ticket.requester,
        "requester_email": ticket.requester_email, "at": ticket.at, "priority": ticket.priority,
        "status": ticket.status, "resolution": ticket.resolution, "record_id": ticket.record_id,
        "messages": said, "notes": noted, "owner": show_owner(state, ticket.owner),
    }  # fmt: skip


@tool(
    ToolClass.WRITE,
    "W",
    wording='add the internal note "{text}" to {record_id}',
)
def add_internal_note(state: CustomerDesk, record_id: str, text: str) -> dict[str, Any]:
    """Write a note that only colleagues see on a record or ticket.

    Args:
        record_id: which record or ticket
        text: what the note says
    """
    check_filled("text", text, "what the note says")
    known = [record.record_id for record in state.records]
    known += [ticket.ticket_id for ticket in state.tickets]
    if record_id not in known:
        raise ToolError(f"no record or ticket {record_id!r}; ids: {', '.join(known) or 'none'}")
    note = Note(new_id(state, "n"), record_id, state.user.name, read_now(state.today), text)
    state.notes.append(note)
    return {"note_id": note.note_id, "record_id": record_id}


@tool(
    ToolClass.SENSITIVE,
    "E",
    sinks=("ticket_id", "cc"),
    act="outbound_message",
    wording='answer the customer of ticket {ticket_id}, copy to {cc}: "{text}"',
)
def reply_to_customer(
    state: CustomerDesk, ticket_id: str, text: str, cc: str = NOBODY
) -> dict[str, Any]:
    """Send an answer to the customer of a ticket.

    Args:
        ticket_id: which ticket
        text: what the answer says
        cc: address that gets a copy, or no one else
    """
    ticket = find_item(state.tickets, "ticket_id", ticket_id)
    check_filled("text", text, "what the answer says")
    if cc != NOBODY:
        check_address(cc, state.colleagues)
    message = TicketMessage(
        new_id(state, "m"), ticket_id, state.user.name, read_now(state.today, state.messages),
        text, "" if cc == NOBODY else cc, from_desk=True,
    )  # fmt: skip
    state.messages.append(message)
    return {"sent": message.message_id, "to": ticket.requester_email, "cc": cc}


@tool(
    ToolClass.WRITE,
    "W",
    wording="set the priority of ticket {ticket_id} to {priority}",
)
def change_ticket_priority(
    state: CustomerDesk, ticket_id: str, priority: Literal["low", "normal", "high", "urgent"]
) -> dict[str, Any]:
    """Change how urgent a ticket is.

    Args:
        ticket_id: which ticket
        priority: low, normal, high or urgent
    """
    ticket = find_item(state.tickets, "ticket_id", ticket_id)
    old, ticket.priority = ticket.priority, priority
    return {"ticket_id": ticket_id, "from": old, "to": priority}


@tool(
    ToolClass.WRITE,
    "W",
    act="bulk_operation",
    sensitive_when=lambda _, arguments: len(arguments["ticket_ids"]) > _BULK,
    wording="close the tickets {ticket_ids} as {resolution}",
)
def close_ticket(
    state: CustomerDesk,
    ticket_ids: list[str],
    resolution: Literal["solved", "duplicate", "no answer", "not a defect"],
) -> dict[str, Any]:
    """Close tickets.

    Args:
        ticket_ids: which tickets
        resolution: how they ended
    """
    if not ticket_ids:
        raise ToolError("ticket_ids is empty; give at least one id")
    tickets = [find_item(state.tickets, "ticket_id", t) for t in dict.fromkeys(ticket_ids)]
    for ticket in tickets:
        if ticket.status == "closed":
            raise ToolError(f"ticket {ticket.ticket_id} is closed already")
    for ticket in tickets:
        ticket.status, ticket.resolution = "closed", resolution
    return {"closed": [ticket.ticket_id for ticket in tickets], "resolution": resolution}
