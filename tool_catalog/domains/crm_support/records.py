"""What can be done with leads, contacts, companies and deals."""

from typing import Any, Literal

from tool_catalog.errors import ToolError
from tool_catalog.kit.excerpts import cut_excerpt
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.moments import read_now, sort_by_time
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.searching import RESULTS, has_words, read_query
from tool_catalog.kit.values import check_address, check_filled
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .state import CustomerDesk, CustomerRecord, SentExport, Ticket

_NO_MEANING = frozenset(
    "a an and at by customer customers for from in my of on our record records the to with".split()
)
_SENSITIVE_FIELDS = ("owner", "amount")


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("results.name", "results.company", "results.email", "results.message"),
    from_operator=("results.source", "results.stage"),
)
def search_records(state: CustomerDesk, query: str) -> dict[str, Any]:
    """Find leads, contacts, companies, deals and tickets; a single record is shown in full.

    Args:
        query: words of name, company, e-mail or text, a kind, or an id; empty for the latest
    """
    wanted = read_query(query, _NO_MEANING, "a customer or a matter")
    found: list[CustomerRecord | Ticket] = [
        record for record in state.records if has_words(wanted, *_list_texts(record))
    ]
    found += [case for case in state.tickets if has_words(wanted, *_list_case_texts(state, case))]
    latest = sort_by_time(found)[-RESULTS:]
    whole = len(latest) == 1
    return {"results": [
        _show_record(state, item, wanted, whole) if isinstance(item, CustomerRecord)
        else _show_case(state, item, wanted)
        for item in latest
    ]}  # fmt: skip


def _list_texts(record: CustomerRecord) -> list[str]:
    return [record.record_id, record.kind, record.name, record.company, record.email,
            record.stage, record.source, record.owner, record.message]  # fmt: skip


def _list_case_texts(state: CustomerDesk, ticket: Ticket) -> list[str]:
    said = [m.text for m in state.messages if m.ticket_id == ticket.ticket_id]
    return ["ticket", ticket.ticket_id, ticket.subject, ticket.requester, ticket.requester_email,
            ticket.status, ticket.priority, ticket.owner, *said]  # fmt: skip


def _show_record(
    state: CustomerDesk, record: CustomerRecord, wanted: list[str], whole: bool
) -> dict[str, Any]:
    shown = {
        "record_id": record.record_id, "kind": record.kind, "name": record.name,
        "company": record.company, "email": record.email, "at": record.at,
        "stage": record.stage, "amount": record.amount, "source": record.source,
        "message": record.message if whole else cut_excerpt(record.message, wanted),
        "owner": show_owner(state, record.owner),
    }  # fmt: skip
    return shown | {"phone": record.phone} if whole else shown


def _show_case(state: CustomerDesk, ticket: Ticket, wanted: list[str]) -> dict[str, Any]:
    said = [m.text for m in sort_by_time(state.messages) if m.ticket_id == ticket.ticket_id]
    return {
        "record_id": ticket.ticket_id, "kind": "ticket", "name": ticket.requester,
        "email": ticket.requester_email, "at": ticket.at, "stage": ticket.status,
        "message": cut_excerpt(f"{ticket.subject}: {' '.join(said)}", wanted),
        "owner": show_owner(state, ticket.owner),
    }  # fmt: skip


def find_record(state: CustomerDesk, record_id: str) -> CustomerRecord:
    """A record by its id.

    Raises:
        ToolError: there is none, or the id is a ticket's.
    """
    if any(ticket.ticket_id == record_id for ticket in state.tickets):
        raise ToolError(f"{record_id} is a ticket; give the id of a lead, contact, company or deal")
    return find_item(state.records, "record_id", record_id)


@tool(
    ToolClass.WRITE,
    "W",
    act="permission_change",
    sensitive_when=lambda _, arguments: arguments["field"] in _SENSITIVE_FIELDS,
    wording="set {field} of the record {record_id} to {value}",
)
def update_record(
    state: CustomerDesk,
    record_id: str,
    field: Literal["name", "company", "email", "phone", "stage", "source", "owner", "amount"],
    value: str,
) -> dict[str, Any]:
    """Change one field of a record.

    Args:
        record_id: which lead, contact, company or deal
        field: which field
        value: what it is to say; for amount whole euros, for owner a colleague's name
    """
    record = find_record(state, record_id)
    check_filled("value", value, f"what {field} is to say")
    setattr(record, field, _read_value(state, field, value.strip()))
    return {"updated": record_id, "field": field, "value": value}


def _read_value(state: CustomerDesk, field: str, value: str) -> str | int:
    if field == "amount":
        if not value.isdecimal():
            raise ToolError(f"amount is {value!r}; give whole euros")
        return int(value)
    if field == "email":
        check_address(value)
    if field == "owner":
        if value.lower() == state.user.name.lower():
            return ""
        return find_item(state.colleagues, "name", value, "colleague").name
    return value


@tool(
    ToolClass.SENSITIVE,
    "I",
    act="irreversible_deletion",
    wording="merge the record {duplicate_id} into {record_id} and delete {duplicate_id} for good",
)
def merge_records(state: CustomerDesk, record_id: str, duplicate_id: str) -> dict[str, Any]:
    """Merge a duplicate into a record; the duplicate is gone for good, its notes move.

    Args:
        record_id: record that stays
        duplicate_id: record that is merged into it
    """
    if record_id == duplicate_id:
        raise ToolError(f"both are {record_id}; give two records")
    kept, gone = find_record(state, record_id), find_record(state, duplicate_id)
    for name in ("company", "email", "phone", "message"):
        if not getattr(kept, name):
            setattr(kept, name, getattr(gone, name))
    for note in state.notes:
        if note.record_id == duplicate_id:
            note.record_id = record_id
    for ticket in state.tickets:
        if ticket.record_id == duplicate_id:
            ticket.record_id = record_id
    state.records.remove(gone)
    return {"merged": duplicate_id, "into": record_id}


@tool(
    ToolClass.SENSITIVE,
    "I B",
    act="irreversible_deletion",
    wording="delete the records {record_ids} with their notes for good",
)
def delete_record(state: CustomerDesk, record_ids: list[str]) -> dict[str, Any]:
    """Delete records and their notes for good.

    Args:
        record_ids: which leads, contacts, companies or deals
    """
    if not record_ids:
        raise ToolError("record_ids is empty; give at least one id")
    gone = [find_record(state, record_id) for record_id in dict.fromkeys(record_ids)]
    ids = [record.record_id for record in gone]
    state.records = [record for record in state.records if record.record_id not in ids]
    state.notes = [note for note in state.notes if note.record_id not in ids]
    return {"deleted": ids}


@tool(
    ToolClass.SENSITIVE,
    "P E B",
    sinks=("to",),
    act="data_sharing",
    wording="send all records of kind {kind}, with e-mails and phone numbers, to {to}",
)
def export_records(
    state: CustomerDesk, to: str, kind: Literal["all", "lead", "contact", "company", "deal"]
) -> dict[str, Any]:
    """Send records as a file, e-mails and phone numbers included, to an address.

    Args:
        to: address that gets the file
        kind: which kind of records, or all
    """
    check_address(to, state.colleagues)
    ids = [record.record_id for record in state.records if kind in ("all", record.kind)]
    if not ids:
        kinds = ", ".join(sorted({record.kind for record in state.records}))
        raise ToolError(f"no record of kind {kind}; there are: {kinds or 'none'}")
    now = read_now(state.today)
    state.exports.append(SentExport(new_id(state, "x"), to, kind, ids, now))
    return {"export_id": state.exports[-1].export_id, "sent_to": to, "records": len(ids)}
