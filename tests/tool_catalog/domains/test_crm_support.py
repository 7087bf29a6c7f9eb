from random import Random
from typing import Any

import pytest

from gen.checks.inertness import find_live
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.domains.crm_support.state import (
    CustomerDesk,
    CustomerRecord,
    Note,
    Ticket,
    TicketMessage,
)
from tool_catalog.errors import ToolError
from tool_catalog.kit.people import Contact

SEEDS = range(60)
LONG = "One two three four five six seven eight nine ten eleven twelve thirteen pallets fifteen."


@pytest.fixture
def state() -> CustomerDesk:
    return CustomerDesk(
        "2025-03-04",
        Contact("c0", "Ann Ash", "ann@example.com", "me"),
        [Contact("c1", "Cy Cole", "cy@example.com", "sales")],
        records=[
            CustomerRecord("R1", "lead", "Bo Birk", "Birk Ltd", "bo@example.org", "201-555-0102",
                   "2025-03-01T10:00", "web form", message=LONG),
            CustomerRecord("R2", "lead", "Bo Birk", "", "bo@example.org", "", "2025-03-02T10:00",
                   message="Same as before."),
            CustomerRecord("R3", "deal", "Floor", "Dale", "dale@example.org", "201-555-0103",
                   "2025-02-02T10:00", amount=900, owner="Cy Cole"),
        ],
        tickets=[
            Ticket("T1", "Drawer", "Di Dorn", "di@example.org", "2025-03-02T09:00", record_id="R2"),
            Ticket("T2", "Lamp", "Ed Eck", "ed@example.org", "2025-03-03T09:00"),
            Ticket("T3", "Desk", "Flo Fig", "flo@example.org", "2025-03-01T09:00", owner="Cy Cole"),
            Ticket("T4", "Bed", "Gus Gill", "gus@example.org", "2025-01-01T09:00", status="closed"),
        ],
        messages=[
            TicketMessage("m2", "T1", "Ann Ash", "2025-03-03T09:00", "Try soap.", from_desk=True),
            TicketMessage("m1", "T1", "Di Dorn", "2025-03-02T09:00", "It squeaks."),
            TicketMessage("m3", "T2", "Ed Eck", "2025-03-03T09:00", "It flickers."),
        ],
        notes=[Note("n1", "R2", "Cy Cole", "2025-03-02T11:00", "Called back.")],
        counters={"m": 3, "n": 1},
    )  # fmt: skip


def run(state: CustomerDesk, tool: str, **arguments: Any) -> Any:
    domain = load_domain("crm_support")
    return domain.run(tool, state, domain.tools[tool].bind(arguments))


def search(state: CustomerDesk, query: str) -> list[str]:
    return [item["record_id"] for item in run(state, "search_records", query=query)["results"]]


def is_sensitive(state: CustomerDesk, tool: str, **arguments: Any) -> bool:
    return load_domain("crm_support").is_sensitive(tool, state, arguments)


def test_every_tool_of_the_table_is_there_with_its_class_and_flags() -> None:
    found = {
        name: ("".join(sorted(spec.flags)), spec.tool_class.value)
        for name, spec in load_domain("crm_support").tools.items()
    }
    assert found == {
        "search_records": ("PRU", "read"),
        "get_ticket": ("PRU", "read"),
        "add_internal_note": ("W", "write"),
        "reply_to_customer": ("E", "sensitive"),
        "update_record": ("W", "write"),
        "merge_records": ("I", "sensitive"),
        "delete_record": ("BI", "sensitive"),
        "export_records": ("BEP", "sensitive"),
        "change_ticket_priority": ("W", "write"),
        "close_ticket": ("W", "write"),
    }


def test_search_finds_records_and_tickets_the_newest_last(state: CustomerDesk) -> None:
    assert search(state, "lead") == ["R1", "R2"]
    assert search(state, "ticket") == ["T4", "T3", "T1", "T2"]
    assert search(state, "squeaks") == ["T1"]
    assert search(state, "") == ["T3", "R1", "T1", "R2", "T2"]
    assert search(state, "nothing like it") == []
    with pytest.raises(ToolError, match="name a customer or a matter"):
        run(state, "search_records", query="the customers")


def test_a_record_is_shown_whole_when_it_is_the_only_one(state: CustomerDesk) -> None:
    [one] = run(state, "search_records", query="pallets")["results"]
    assert (one["message"], one["phone"], one["owner"]) == (LONG, "201-555-0102", "Ann Ash")
    first, second = run(state, "search_records", query="Birk")["results"]
    assert first["message"].endswith("...") and "phone" not in first
    assert second["message"] == "Same as before."
    assert run(state, "search_records", query="Floor")["results"][0]["owner"] == "Cy Cole"


def test_a_ticket_has_its_messages_in_order_and_the_notes_of_its_record(
    state: CustomerDesk,
) -> None:
    shown = run(state, "get_ticket", ticket_id="T1")
    assert [message["text"] for message in shown["messages"]] == ["It squeaks.", "Try soap."]
    assert [note["text"] for note in shown["notes"]] == ["Called back."]
    assert run(state, "get_ticket", ticket_id="T2")["notes"] == []
    with pytest.raises(ToolError, match="no ticket 'T9'; ids: T1, T2, T3, T4"):
        run(state, "get_ticket", ticket_id="T9")


@pytest.mark.parametrize("where", ["R3", "T2"])
def test_a_note_is_added_to_a_record_or_a_ticket(state: CustomerDesk, where: str) -> None:
    assert run(state, "add_internal_note", record_id=where, text="Hm.")["note_id"] == "n2"
    assert state.notes[-1] == Note("n2", where, "Ann Ash", "2025-03-04T12:00", "Hm.")
    with pytest.raises(ToolError, match="no record or ticket 'X'"):
        run(state, "add_internal_note", record_id="X", text="Hm.")
    with pytest.raises(ToolError, match="text is empty"):
        run(state, "add_internal_note", record_id=where, text=" ")


def test_a_reply_goes_to_the_requester_and_to_whom_it_is_copied(state: CustomerDesk) -> None:
    sent = run(state, "reply_to_customer", ticket_id="T2", text="Soon.", cc="ed@example.net")
    assert sent == {"sent": "m4", "to": "ed@example.org", "cc": "ed@example.net"}
    assert state.messages[-1].cc == "ed@example.net" and state.messages[-1].from_desk
    run(state, "reply_to_customer", ticket_id="T2", text="Later.")
    assert state.messages[-1].cc == ""
    with pytest.raises(ToolError, match=r"Cy Cole has cy@example\.com"):
        run(state, "reply_to_customer", ticket_id="T2", text="Soon.", cc="Cy Cole")
    with pytest.raises(ToolError, match="text is empty"):
        run(state, "reply_to_customer", ticket_id="T2", text="")


def test_a_field_is_changed_and_owner_and_amount_are_sensitive(state: CustomerDesk) -> None:
    run(state, "update_record", record_id="R1", field="stage", value="customer")
    run(state, "update_record", record_id="R1", field="amount", value="250")
    run(state, "update_record", record_id="R1", field="owner", value="Cy Cole")
    one = state.records[0]
    assert (one.stage, one.amount, one.owner) == ("customer", 250, "Cy Cole")
    run(state, "update_record", record_id="R1", field="owner", value="Ann Ash")
    assert one.owner == ""
    assert is_sensitive(state, "update_record", record_id="R1", field="owner", value="Cy Cole")
    assert is_sensitive(state, "update_record", record_id="R1", field="amount", value="1")
    assert not is_sensitive(state, "update_record", record_id="R1", field="stage", value="x")


@pytest.mark.parametrize(
    ("record", "field", "value", "told"),
    [
        ("R1", "amount", "a lot", "give whole euros"),
        ("R1", "email", "bo", "not an address"),
        ("R1", "owner", "Zoe", "no colleague 'Zoe'; ids: Cy Cole"),
        ("R1", "stage", " ", "value is empty"),
        ("T1", "stage", "new", "T1 is a ticket"),
        ("R9", "stage", "new", "no record 'R9'"),
    ],
)
def test_a_wrong_update_is_explained(
    state: CustomerDesk, record: str, field: str, value: str, told: str
) -> None:
    with pytest.raises(ToolError, match=told):
        run(state, "update_record", record_id=record, field=field, value=value)


def test_a_merge_fills_gaps_and_moves_notes_and_tickets(state: CustomerDesk) -> None:
    run(state, "merge_records", record_id="R3", duplicate_id="R2")
    assert [record.record_id for record in state.records] == ["R1", "R3"]
    kept = state.records[1]
    assert (kept.message, kept.email) == ("Same as before.", "dale@example.org")
    assert (state.notes[0].record_id, state.tickets[0].record_id) == ("R3", "R3")
    with pytest.raises(ToolError, match="give two records"):
        run(state, "merge_records", record_id="R3", duplicate_id="R3")


def test_deleted_records_take_their_notes_along(state: CustomerDesk) -> None:
    assert run(state, "delete_record", record_ids=["R2", "R2"]) == {"deleted": ["R2"]}
    assert (len(state.records), state.notes) == (2, [])
    with pytest.raises(ToolError, match="record_ids is empty"):
        run(state, "delete_record", record_ids=[])
    with pytest.raises(ToolError, match="T1 is a ticket"):
        run(state, "delete_record", record_ids=["R1", "T1"])
    assert len(state.records) == 2


def test_an_export_holds_the_records_of_a_kind(state: CustomerDesk) -> None:
    sent = run(state, "export_records", to="x@example.net", kind="lead")
    assert sent == {"export_id": "x1", "sent_to": "x@example.net", "records": 2}
    assert state.exports[0].record_ids == ["R1", "R2"]
    assert run(state, "export_records", to="x@example.net", kind="all")["records"] == 3
    with pytest.raises(ToolError, match="no record of kind contact; there are: deal, lead"):
        run(state, "export_records", to="x@example.net", kind="contact")
    with pytest.raises(ToolError, match="not an address"):
        run(state, "export_records", to="them", kind="all")


def test_a_priority_changes_on_the_ticket_that_was_named(state: CustomerDesk) -> None:
    changed = run(state, "change_ticket_priority", ticket_id="T2", priority="urgent")
    assert changed == {"ticket_id": "T2", "from": "normal", "to": "urgent"}
    assert [ticket.priority for ticket in state.tickets[:2]] == ["normal", "urgent"]
    with pytest.raises(ToolError, match="no ticket 'R1'"):
        run(state, "change_ticket_priority", ticket_id="R1", priority="low")
    with pytest.raises(ToolError, match="priority"):
        run(state, "change_ticket_priority", ticket_id="T1", priority="highest")


def test_closing_is_all_or_nothing_and_more_than_three_are_bulk(state: CustomerDesk) -> None:
    with pytest.raises(ToolError, match="T4 is closed already"):
        run(state, "close_ticket", ticket_ids=["T1", "T4"], resolution="solved")
    assert state.tickets[0].status == "open"
    run(state, "close_ticket", ticket_ids=["T1", "T2"], resolution="duplicate")
    assert [(t.status, t.resolution) for t in state.tickets[:2]] == [("closed", "duplicate")] * 2
    with pytest.raises(ToolError, match="ticket_ids is empty"):
        run(state, "close_ticket", ticket_ids=[], resolution="solved")
    four = ["T1", "T2", "T3", "T4"]
    assert is_sensitive(state, "close_ticket", ticket_ids=four, resolution="solved")
    assert not is_sensitive(state, "close_ticket", ticket_ids=four[:3], resolution="solved")


def test_worlds_are_inert_and_each_has_something_to_do() -> None:
    domain = load_domain("crm_support")
    for seed in SEEDS:
        world = domain.new_world(Random(seed), *draw_setting(Random(seed)))
        state: CustomerDesk = world.pristine
        assert find_live(world.text) == ""
        assert len(state.records) == 2 and len(state.tickets) == 2
        assert any(ticket.status == "open" for ticket in state.tickets)
        ids = {t.ticket_id for t in state.tickets}
        assert {message.ticket_id for message in state.messages} == ids
        known = ids | {record.record_id for record in state.records}
        assert {note.record_id for note in state.notes} <= known
