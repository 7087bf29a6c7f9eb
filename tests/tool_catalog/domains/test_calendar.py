import json
import re
from importlib import import_module
from random import Random
from typing import Any

import pytest

from tool_catalog.domain import Domain, draw_setting
from tool_catalog.loading import read_domain
from tool_catalog.sandbox import Sandbox
from tool_catalog.spec import Flag, ToolClass

SEEDS = range(60)


@pytest.fixture(scope="module")
def calendar() -> Domain:
    return read_domain(import_module("tool_catalog.domains.calendar"), "calendar")


@pytest.fixture
def box(calendar: Domain) -> Sandbox:
    return Sandbox([calendar.new_world(Random(7), *draw_setting(Random(7)))])


def call(box: Sandbox, tool: str, **arguments: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(box.call(tool, arguments))
    return result


def write_worlds(calendar: Domain) -> list[dict[str, Any]]:
    return [
        json.loads(calendar.new_world(Random(n), *draw_setting(Random(n))).to_json()) for n in SEEDS
    ]


def reread(box: Sandbox, event: Any) -> Any:
    """The event as it stands now; a write works on a clone of the world."""
    return next(e for e in box.state("calendar").events if e.event_id == event.event_id)


def find(box: Sandbox, *, shared: bool) -> Any:
    return next(e for e in box.state("calendar").events if e.shared is shared)


def test_class_and_flags_are_those_of_the_taxonomy(calendar: Domain) -> None:
    table = {
        "search_calendar_events": ("read", "RUP"), "get_event": ("read", "RUP"),
        "get_free_busy": ("read", "R"), "create_event": ("write", "W"),
        "invite_participants": ("sensitive", "E"), "reschedule_event": ("write", "W"),
        "cancel_event": ("sensitive", "I"), "set_reminder": ("write", "W"),
        "share_calendar": ("sensitive", "AE"),
    }  # fmt: skip
    found = {t.name: (t.tool_class, t.flags) for t in calendar.tools.values()}
    assert found == {
        name: (ToolClass(kind), frozenset(map(Flag, flags)))
        for name, (kind, flags) in table.items()
    }


def test_every_egress_tool_names_its_sink(calendar: Domain) -> None:
    egress = [t for t in calendar.tools.values() if Flag.EGRESS in t.flags]
    assert egress and all(t.sinks for t in egress)


def test_equal_streams_fill_equal_worlds(calendar: Domain) -> None:
    first, again, other = (
        calendar.new_world(Random(n), *draw_setting(Random(n))).to_json() for n in (5, 5, 6)
    )
    assert first == again != other


def test_world_survives_json(calendar: Domain) -> None:
    for n in SEEDS:
        world = calendar.new_world(Random(n), *draw_setting(Random(n)))
        assert calendar.read_world(world.to_json()).clone() == world.clone()


def test_a_world_holds_two_events_of_the_users_own_and_two_shared_ones(calendar: Domain) -> None:
    for world in write_worlds(calendar):
        events = world["events"]
        assert {e["event_id"] for e in events} == {"e1", "e2", "e3", "e4"}
        assert [bool(e["attendees"]) for e in events].count(True) == 2
        assert all(e["shared"] is bool(e["attendees"]) for e in events)
        moments = [world["today"], *(e["at"] for e in events)]
        assert moments == sorted({*moments})
        assert world["counters"]["c"] == len(world["contacts"])


def test_nothing_overlaps(calendar: Domain) -> None:
    for world in write_worlds(calendar):
        for event in world["events"]:
            hour, minute = map(int, event["start"].split(":"))
            assert hour * 60 + minute + event["duration_minutes"] <= 19 * 60 + 15
        assert len({e["date"] for e in world["events"]}) == 4


def test_texts_are_whole_and_have_no_secret(calendar: Domain) -> None:
    events = [e for world in write_worlds(calendar) for e in world["events"]]
    texts = [e["description"] for e in events]
    assert len({*texts}) > 0.7 * len(texts)
    assert not any(e["secret"] or "{" in repr(list(e.values())) for e in events)
    assert all(30 <= len(text.split()) <= 120 for text in texts)
    assert len({e["title"].split()[0] for e in events}) >= 14


def test_generated_values_are_inert(calendar: Domain) -> None:
    for n in SEEDS:
        text = calendar.new_world(Random(n), *draw_setting(Random(n))).to_json()
        hosts = re.findall(r"(?:@|https?://)([\w.-]+)", text)
        assert hosts and {*hosts} <= {"example.com", "example.org", "example.net"}


def test_hidden_fields_are_never_shown(box: Sandbox) -> None:
    shown = call(box, "get_event", event_id="e1")
    found = call(box, "search_calendar_events", query="")["results"]
    assert not {"secret", "secret_leaf"} & {*shown, *found[0]}


def test_search_filters_by_all_words_ignoring_case(calendar: Domain, box: Sandbox) -> None:
    event = box.state("calendar").events[3]
    wanted = " ".join(re.findall(r"[A-Za-z]{5,}", event.description)[:3])
    found = call(box, "search_calendar_events", query=wanted.upper())["results"]
    assert [e["event_id"] for e in found] == [event.event_id]
    assert {*calendar.tools["search_calendar_events"].carriers} < {f"results.{n}" for n in found[0]}
    assert call(box, "search_calendar_events", query=f"{wanted} zebra")["results"] == []


def test_search_finds_by_date_and_shows_five_at_most(box: Sandbox) -> None:
    event = box.state("calendar").events[2]
    found = call(box, "search_calendar_events", query=f"events on {event.date}")["results"]
    assert event.event_id in [e["event_id"] for e in found]
    for _ in range(2):
        call(box, "create_event", title="Walk", date=event.date, start="21:00", duration_minutes=5)
    assert len(call(box, "search_calendar_events", query="")["results"]) == 5
    assert "no word to look for" in call(box, "search_calendar_events", query="the")["error"]


def test_get_shows_the_asked_event(box: Sandbox) -> None:
    before = box.state_hash()
    for event in box.state("calendar").events:
        shown = call(box, "get_event", event_id=event.event_id)
        assert (shown["description"], shown["attendees"]) == (event.description, event.attendees)
        assert shown["time"].startswith(f"{event.start}-")
    assert box.state_hash() == before


@pytest.mark.parametrize(
    ("tool", "more"),
    [
        ("get_event", {}),
        ("invite_participants", {"emails": ["x@example.com"]}),
        ("reschedule_event", {"date": "2027-01-01", "start": "09:30"}),
        ("cancel_event", {}),
        ("set_reminder", {"minutes_before": 10}),
    ],
)
def test_unknown_event_names_the_known_ids(box: Sandbox, tool: str, more: dict[str, Any]) -> None:
    error = call(box, tool, event_id="e9", **more)["error"]
    known = ", ".join(e.event_id for e in box.state("calendar").events)
    assert error == f"no event 'e9'; ids: {known}"


def test_free_busy_shows_events_and_blocks_of_that_day(box: Sandbox) -> None:
    block = box.state("calendar").busy[0]
    event = next(e for e in box.state("calendar").events if e.date == block.date)
    busy = call(box, "get_free_busy", date=block.date)["busy"]
    assert [b.split("-")[0] for b in busy] == [event.start, block.start]
    assert call(box, "get_free_busy", date=box.state("calendar").today)["busy"] == []


@pytest.mark.parametrize("date", ["tomorrow", "2025-13-01", "20250301", "2025-02-30"])
def test_free_busy_rejects_what_is_no_date(box: Sandbox, date: str) -> None:
    error = call(box, "get_free_busy", date=date)["error"]
    today = box.state("calendar").today
    assert error == f"'{date}' is not a date; write it like {today}"


def test_created_event_makes_its_time_busy(box: Sandbox) -> None:
    day = box.state("calendar").today
    slot = {"date": day, "start": "09:30", "duration_minutes": 45}
    made = call(box, "create_event", title="Walk", **slot)
    assert made == {"created": "e5", "date": day, "start": "09:30"}
    assert call(box, "get_free_busy", date=day)["busy"] == ["09:30-10:15"]
    assert call(box, "search_calendar_events", query="walk")["results"][0]["event_id"] == "e5"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"date": "2020-01-01"}, "in the past; today is"),
        ({"start": "9 am"}, "write it like 09:30"),
        ({"start": "24:00"}, "write it like 09:30"),
        ({"start": "23:30"}, "1 to 30"),
        ({"duration_minutes": 0}, "1 to 870"),
        ({"title": " "}, "title is empty"),
    ],
)
def test_impossible_event_is_not_created(box: Sandbox, change: dict[str, Any], error: str) -> None:
    slot = {
        "title": "Walk",
        "date": box.state("calendar").today,
        "start": "09:30",
        "duration_minutes": 45,
    }
    assert error in call(box, "create_event", **{**slot, **change})["error"]
    assert len(box.state("calendar").events) == 4


def test_invitation_shares_the_event_and_tells_the_guest(box: Sandbox) -> None:
    event = find(box, shared=False)
    done = call(box, "invite_participants", event_id=event.event_id, emails=["x@example.com"] * 2)
    assert done == {"event_id": event.event_id, "invited": ["x@example.com"]}
    event = reread(box, event)
    assert (event.shared, event.attendees) == (True, ["x@example.com"])
    assert [n.to for n in box.state("calendar").notices] == ["x@example.com"]
    assert event.description in box.state("calendar").notices[0].text


def test_impossible_invitations_say_why(box: Sandbox) -> None:
    event, contact = find(box, shared=True), box.state("calendar").contacts[0]
    for emails, error in (
        ([contact.name], contact.email),
        ([], "at least one address"),
        (event.attendees, "already"),
    ):
        said = call(box, "invite_participants", event_id=event.event_id, emails=list(emails))
        assert error in said["error"]
    assert box.state("calendar").notices == []


@pytest.mark.parametrize("shared", [True, False])
def test_moving_a_shared_event_is_sensitive_and_tells_guests(box: Sandbox, shared: bool) -> None:
    event = find(box, shared=shared)
    day = box.state("calendar").events[-1].date
    done = call(box, "reschedule_event", event_id=event.event_id, date=day, start="07:15")
    event = reread(box, event)
    assert (event.date, event.start) == (day, "07:15")
    assert box.events[-1].sensitive is shared
    assert done["guests_told"] == len(event.attendees) == len(box.state("calendar").notices)


def test_event_is_not_moved_into_the_past(box: Sandbox) -> None:
    old = box.state("calendar").events[0].date
    first = box.state("calendar").events[0].event_id
    said = call(box, "reschedule_event", event_id=first, date="2020-01-01", start="07:15")
    assert "today is" in said["error"]
    assert box.state("calendar").events[0].date == old


def test_cancelling_removes_event_and_reminders_and_tells_guests(box: Sandbox) -> None:
    event = find(box, shared=True)
    call(box, "set_reminder", event_id=event.event_id, minutes_before=10)
    done = call(box, "cancel_event", event_id=event.event_id)
    assert done == {"cancelled": event.event_id, "guests_told": len(event.attendees)}
    assert event.event_id not in [e.event_id for e in box.state("calendar").events]
    assert box.state("calendar").reminders == []
    assert [n.to for n in box.state("calendar").notices] == event.attendees


def test_reminder_stands_in_the_state(box: Sandbox) -> None:
    done = call(box, "set_reminder", event_id="e2", minutes_before=30)
    assert done == {"reminder": "r1", "event_id": "e2"}
    assert box.state("calendar").reminders[0].minutes_before == 30
    said = call(box, "set_reminder", event_id="e2", minutes_before=-5)
    assert said["error"] == "minutes_before must be 0 or more, got -5"


def test_share_gives_access_once(box: Sandbox) -> None:
    share = {"email": "x@example.com", "access": "read"}
    done = call(box, "share_calendar", **share)
    assert done == {"shared_with": "x@example.com", "access": "read"}
    assert box.state("calendar").shares == {"x@example.com": "read"}
    assert "already" in call(box, "share_calendar", **share)["error"]
    call(box, "share_calendar", **{**share, "access": "write"})
    assert box.state("calendar").shares == {"x@example.com": "write"}


def test_share_rejects_bad_address_and_access(box: Sandbox) -> None:
    assert "write it like" in call(box, "share_calendar", email="x", access="read")["error"]
    said = call(box, "share_calendar", email="x@example.com", access="owner")
    assert "one of 'read', 'write'" in said["error"]
    assert box.state("calendar").shares == {}


def test_an_event_has_one_moment_however_it_is_given(calendar: Domain) -> None:
    event = calendar.find_kind("events")
    told = event("e1", "Tea", at="2025-03-04T10:15")
    assert (told.date, told.start) == ("2025-03-04", "10:15")
    assert event("e1", "Tea", "2025-03-04", "10:15").at == told.at
    told.move("2025-03-05", "09:00")
    assert (told.date, told.start, told.at) == ("2025-03-05", "09:00", "2025-03-05T09:00")


def test_a_moved_event_keeps_no_trace_of_its_old_moment(box: Sandbox) -> None:
    event = find(box, shared=False)
    call(box, "reschedule_event", event_id=event.event_id, date="2030-01-02", start="07:00")
    moved = reread(box, event)
    assert (moved.date, moved.start, moved.at) == ("2030-01-02", "07:00", "2030-01-02T07:00")


def test_a_search_shows_the_day_of_what_it_found(box: Sandbox) -> None:
    event = find(box, shared=True)
    found = call(box, "search_calendar_events", query=event.title)["results"]
    assert event.date in [result["date"] for result in found]
