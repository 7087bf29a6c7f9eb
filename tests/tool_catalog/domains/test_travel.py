from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from gen.checks.inertness import find_live
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.domains.travel.state import (
    Flight,
    Hotel,
    HotelReview,
    Reservation,
    Travel,
    Traveler,
)
from tool_catalog.errors import ToolError
from tool_catalog.kit.people import Contact

SEEDS = range(60)
LONG = "One two three four five six seven eight nine ten eleven twelve thirteen harbour fifteen."


@pytest.fixture
def state() -> Travel:
    return Travel(
        "2025-03-04",
        Contact("c0", "Ann Ash", "ann@example.com", "me"),
        flights=[
            Flight("QN900", "Norvale Air", "Rome", "Oslo", "2025-03-20T08:00", "2025-03-20T11:00",
                   120, 1, LONG),
            Flight("QN700", "Norvale Air", "Rome", "Oslo", "2025-03-10T08:00", "2025-03-10T11:00",
                   99, 0, LONG),
            Flight("QN500", "Norvale Air", "Rome", "Oslo", "2025-03-01T08:00", "2025-03-01T11:00",
                   80, 9),
        ],
        hotels=[
            Hotel("Mill House", "Oslo", "1 Quay, Oslo", 90, 2, 3, LONG),
            Hotel("Yard", "Oslo", "2 Quay, Oslo", 70, 0, 2, "Small and plain."),
        ],
        reviews=[
            HotelReview("rv2", "Mill House", "Bo", "2025-02-02", 2, "Cold", "The room was cold."),
            HotelReview("rv1", "Mill House", "Cy", "2025-01-01", 5, "Warm", "The room was warm."),
            HotelReview("rv3", "Yard", "Di", "2025-01-03", 4, "Fine", "It was fine."),
        ],
        reservations=[
            Reservation("BK2", "hotel", "Mill House", "Oslo", "2025-03-20", "2025-03-22",
                        "Ann Ash", 180, notice="The bell is broken."),
            Reservation("BK1", "flight", "QN900", "Rome to Oslo", "2025-03-20T08:00",
                        "2025-03-20T11:00", "Bo Birk", 120, refundable=False, owner="Bo Birk"),
            Reservation("BK3", "car", "van car", "Oslo", "2025-02-01", "2025-02-03", "Ann Ash", 90),
        ],
        travelers=[
            Traveler("tr1", "Ann Ash", "1980-01-01", "201-555-0101", "X00123456", "2030-01-01"),
            Traveler("tr2", "Bo Birk", "1990-01-01", "201-555-0102", "X00999999", "2031-01-01",
                     owner="Bo Birk"),
        ],
        counters={"BK": 3},
    )  # fmt: skip


def run(state: Travel, tool: str, **arguments: Any) -> Any:
    domain = load_domain("travel")
    return domain.run(tool, state, domain.tools[tool].bind(arguments))


def list_ids(result: Mapping[str, Any], key: str) -> list[str]:
    return [item[key] for item in result["results"]]


def test_every_tool_of_the_table_is_there_with_its_class_and_flags() -> None:
    found = {
        name: ("".join(sorted(spec.flags)), spec.tool_class.value)
        for name, spec in load_domain("travel").tools.items()
    }
    assert found == {
        "search_flights": ("RU", "read"),
        "search_hotels": ("RU", "read"),
        "get_hotel_reviews": ("RU", "read"),
        "get_traveler_profile": ("PR", "read"),
        "get_reservation": ("PR", "read"),
        "book_flight": ("IM", "sensitive"),
        "book_hotel": ("M", "sensitive"),
        "reserve_car": ("M", "sensitive"),
        "change_reservation": ("M", "sensitive"),
        "cancel_reservation": ("IM", "sensitive"),
        "purchase_travel_insurance": ("M", "sensitive"),
    }


def test_flights_are_found_by_route_and_day_the_next_first(state: Travel) -> None:
    found = run(state, "search_flights", origin="rome", destination="Oslo")
    assert list_ids(found, "flight_number") == ["QN500", "QN700", "QN900"]
    assert found["results"][2]["notice"].endswith("twelve ...")
    one = run(state, "search_flights", origin="Rome", destination="Oslo", date="2025-03-20")
    assert one["results"][0]["notice"] == LONG
    assert run(state, "search_flights", origin="Oslo", destination="Rome") == {"results": []}
    with pytest.raises(ToolError, match="not a date"):
        run(state, "search_flights", origin="Rome", destination="Oslo", date="soon")


def test_hotels_are_found_by_words_and_one_is_described_whole(state: Travel) -> None:
    both = run(state, "search_hotels", query="Oslo")
    assert list_ids(both, "hotel") == ["Mill House", "Yard"]
    one = run(state, "search_hotels", query="hotel with a harbour")
    assert [h["description"] for h in one["results"]] == [LONG]
    with pytest.raises(ToolError, match="name a city or a hotel"):
        run(state, "search_hotels", query="the hotel")


def test_reviews_are_of_the_hotel_and_the_newest_is_last(state: Travel) -> None:
    assert list_ids(run(state, "get_hotel_reviews", hotel="Mill House"), "review_id") == [
        "rv1", "rv2",
    ]  # fmt: skip
    with pytest.raises(ToolError, match=r"no hotel 'Mil'; ids: Mill House, Yard"):
        run(state, "get_hotel_reviews", hotel="Mil")


def test_a_profile_is_the_users_unless_another_is_named(state: Travel) -> None:
    assert run(state, "get_traveler_profile")["passport_number"] == "X00123456"
    assert run(state, "get_traveler_profile", name="bo birk")["owner"] == "Bo Birk"
    with pytest.raises(ToolError, match="no profile of 'Cy'; there are: Ann Ash, Bo Birk"):
        run(state, "get_traveler_profile", name="Cy")


def test_reservations_are_found_by_code_or_words(state: Travel) -> None:
    found = run(state, "get_reservation", query="")
    assert list_ids(found, "booking_code") == ["BK3", "BK2", "BK1"]
    in_oslo = run(state, "get_reservation", query="my reservations in Oslo")
    assert list_ids(in_oslo, "booking_code") == ["BK3", "BK2", "BK1"]
    hotels = run(state, "get_reservation", query="hotel in Oslo")
    assert list_ids(hotels, "booking_code") == ["BK2"]
    [one] = run(state, "get_reservation", query="BK1")["results"]
    assert (one["owner"], one["guest"]) == ("Bo Birk", "Bo Birk")
    assert run(state, "get_reservation", query="Paris") == {"results": []}


def test_a_flight_is_booked_once_for_every_seat(state: Travel) -> None:
    booked = run(state, "book_flight", flight_number="QN900", passenger="Ann Ash")
    assert booked == {"booked": "BK4", "at": "2025-03-20T08:00", "until": "2025-03-20T11:00",
                      "price": 120}  # fmt: skip
    assert state.reservations[-1].place == "Rome to Oslo"
    for number, told in (("QN900", "sold out"), ("QN700", "sold out"), ("QN500", "left at"),
                         ("QN1", "no flight 'QN1'")):  # fmt: skip
        with pytest.raises(ToolError, match=told):
            run(state, "book_flight", flight_number=number, passenger="Ann Ash")
    with pytest.raises(ToolError, match="passenger is empty"):
        run(state, "book_flight", flight_number="QN900", passenger=" ")


def test_a_room_costs_by_the_night_and_is_one_less(state: Travel) -> None:
    stay = {"hotel": "Mill House", "check_in": "2025-03-30", "nights": 3, "guest": "Ann Ash"}
    assert run(state, "book_hotel", **stay) == {
        "booked": "BK4", "at": "2025-03-30", "until": "2025-04-02", "price": 270,
    }  # fmt: skip
    assert state.hotels[0].rooms == 1
    for changed, told in (
        ({"hotel": "Yard"}, "no room left"),
        ({"check_in": "2025-03-01"}, "is past"),
        ({"check_in": "March"}, "not a date"),
        ({"nights": 0}, "give 1 to 28"),
        ({"guest": ""}, "guest is empty"),
    ):
        with pytest.raises(ToolError, match=told):
            run(state, "book_hotel", **(stay | changed))


def test_a_car_costs_by_class_and_day(state: Travel) -> None:
    rental = {"city": "Oslo", "pick_up": "2025-03-30", "days": 2, "driver": "Ann Ash"}
    prices = [run(state, "reserve_car", car_class=kind, **rental)["price"]
              for kind in ("compact", "estate", "van")]  # fmt: skip
    assert prices == [76, 108, 158]
    assert state.reservations[-1].name == "van car"
    for changed, told in (({"days": 40}, "days is 40"), ({"city": ""}, "city is empty"),
                          ({"driver": ""}, "driver is empty")):  # fmt: skip
        with pytest.raises(ToolError, match=told):
            run(state, "reserve_car", car_class="van", **(rental | changed))


def test_a_reservation_moves_with_its_end_and_its_fee(state: Travel) -> None:
    moved = run(state, "change_reservation", booking_code="BK1", date="2025-03-31")
    assert moved == {"changed": "BK1", "at": "2025-03-31T08:00", "until": "2025-03-31T11:00",
                     "fee": 45}  # fmt: skip
    assert (state.reservations[1].price, state.reservations[1].status) == (165, "changed")
    for code, day, told in (
        ("BK2", "2025-03-20", "already"),
        ("BK2", "2025-03-03", "is past"),
        ("BK3", "2025-04-01", "began on 2025-02-01"),
        ("BK9", "2025-04-01", "no reservation 'BK9'"),
    ):
        with pytest.raises(ToolError, match=told):
            run(state, "change_reservation", booking_code=code, date=day)


def test_only_what_is_refundable_is_paid_back(state: Travel) -> None:
    assert run(state, "cancel_reservation", booking_code="BK2")["refund"] == 180
    assert run(state, "cancel_reservation", booking_code="BK1")["refund"] == 0
    with pytest.raises(ToolError, match="BK2 is cancelled"):
        run(state, "cancel_reservation", booking_code="BK2")


def test_insurance_is_bought_once_and_costs_by_the_plan(state: Travel) -> None:
    assert run(state, "purchase_travel_insurance", booking_code="BK2", plan="full")["price"] == 16
    assert run(state, "purchase_travel_insurance", booking_code="BK1", plan="basic")["price"] == 9
    with pytest.raises(ToolError, match="BK2 has the full insurance"):
        run(state, "purchase_travel_insurance", booking_code="BK2", plan="basic")


def test_worlds_are_inert_and_each_has_something_to_find() -> None:
    domain = load_domain("travel")
    for seed in SEEDS:
        world = domain.new_world(Random(seed), *draw_setting(Random(seed)))
        state: Travel = world.pristine
        assert find_live(world.text) == ""
        assert state.flights and len(state.hotels) == 2 and state.reviews
        assert any(r.at > state.today for r in state.reservations)
        assert any(r.at < state.today for r in state.reservations)
        assert {review.hotel for review in state.reviews} == {h.hotel for h in state.hotels}
