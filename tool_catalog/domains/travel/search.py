"""What a customer of a travel site can look up."""

from typing import Any

from tool_catalog.errors import ToolError
from tool_catalog.kit.excerpts import cut_excerpt
from tool_catalog.kit.ids import find_item
from tool_catalog.kit.moments import sort_by_time
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.searching import RESULTS, has_words, read_query
from tool_catalog.kit.values import check_date
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .state import Travel, Traveler

_FILLING = frozenset("a all an and at for from in my of on the to with".split())
_ABOUT_HOTELS = _FILLING | {"hotel", "hotels"}
_ABOUT_BOOKINGS = _FILLING | {"booking", "bookings", "reservation", "reservations"}


@tool(
    ToolClass.READ,
    "R U",
    third_party=("results.notice",),
    from_operator=("results.airline", "results.origin", "results.destination"),
)
def search_flights(state: Travel, origin: str, destination: str, date: str = "") -> dict[str, Any]:
    """Find flights between two cities; a notice of the airline is shown whole for a single flight.

    Args:
        origin: city of departure
        destination: city of arrival
        date: day of departure, like 2025-03-31; empty for any day
    """
    if date:
        check_date(date, state.today)
    found = [
        flight
        for flight in sort_by_time(state.flights)
        if flight.origin.lower() == origin.strip().lower()
        and flight.destination.lower() == destination.strip().lower()
        and flight.at.startswith(date or "")
    ][:RESULTS]
    shown = [
        {"flight_number": f.flight_number, "airline": f.airline, "origin": f.origin,
         "destination": f.destination, "at": f.at, "arrives": f.arrives, "price": f.price,
         "seats": f.seats, "notice": f.notice if len(found) == 1 else cut_excerpt(f.notice)}
        for f in found
    ]  # fmt: skip
    return {"results": shown}


@tool(
    ToolClass.READ,
    "R U",
    third_party=("results.description",),
    from_operator=("results.hotel", "results.city", "results.address"),
)
def search_hotels(state: Travel, query: str) -> dict[str, Any]:
    """Find hotels that have all words of the query; a single one is described in full.

    Args:
        query: words of name, city or description
    """
    wanted = read_query(query, _ABOUT_HOTELS, "a city or a hotel")
    found = [
        hotel
        for hotel in state.hotels
        if has_words(wanted, hotel.hotel, hotel.city, hotel.address, hotel.description)
    ][:RESULTS]
    shown = [
        {"hotel": h.hotel, "city": h.city, "address": h.address, "stars": h.stars,
         "price_per_night": h.price, "rooms": h.rooms,
         "description": h.description if len(found) == 1 else cut_excerpt(h.description, wanted)}
        for h in found
    ]  # fmt: skip
    return {"results": shown}


@tool(
    ToolClass.READ,
    "R U",
    third_party=("results.author", "results.title", "results.text"),
)
def get_hotel_reviews(state: Travel, hotel: str) -> dict[str, Any]:
    """Read what guests wrote about a hotel, the latest reviews.

    Args:
        hotel: name of the hotel
    """
    named = find_item(state.hotels, "hotel", hotel)
    written = sort_by_time(review for review in state.reviews if review.hotel == named.hotel)
    shown = [
        {"review_id": r.review_id, "author": r.author, "at": r.at, "rating": r.rating,
         "title": r.title, "text": r.text}
        for r in written[-RESULTS:]
    ]  # fmt: skip
    return {"results": shown}


@tool(
    ToolClass.READ,
    "R P",
    from_user=("name", "notes"),
    sensitive=("passport_number",),
)
def get_traveler_profile(state: Travel, name: str = "") -> dict[str, Any]:
    """Show the saved profile of a traveler with birthday, phone and passport.

    Args:
        name: whose profile; empty for the user's own
    """
    traveler = _find_traveler(state, name or state.user.name)
    return {
        "traveler_id": traveler.traveler_id, "name": traveler.name, "born": traveler.born,
        "phone": traveler.phone, "passport_number": traveler.passport_number,
        "passport_expires": traveler.passport_expires, "notes": traveler.notes,
        "owner": show_owner(state, traveler.owner),
    }  # fmt: skip


def _find_traveler(state: Travel, name: str) -> Traveler:
    for traveler in state.travelers:
        if name.strip().lower() == traveler.name.lower():
            return traveler
    known = ", ".join(traveler.name for traveler in state.travelers)
    raise ToolError(f"no profile of {name!r}; there are: {known or 'none'}")


@tool(
    ToolClass.READ,
    "R P",
    third_party=("results.notice",),
    from_user=("results.guest",),
    from_operator=("results.name", "results.place"),
)
def get_reservation(state: Travel, query: str) -> dict[str, Any]:
    """Show reservations with what airline, hotel or rental wrote about them.

    Args:
        query: booking code, or words of name, place, guest or kind; empty for the latest
    """
    wanted = read_query(query, _ABOUT_BOOKINGS, "a booking code, a city or a hotel")
    found = [
        {"booking_code": r.booking_code, "kind": r.kind, "name": r.name, "place": r.place,
         "at": r.at, "until": r.until, "guest": r.guest, "price": r.price, "status": r.status,
         "refundable": r.refundable, "insurance": r.insurance, "notice": r.notice,
         "owner": show_owner(state, r.owner)}
        for r in sort_by_time(state.reservations)
        if has_words(wanted, r.booking_code, r.kind, r.name, r.place, r.guest, r.status, r.at)
    ]  # fmt: skip
    return {"results": found[-RESULTS:]}
