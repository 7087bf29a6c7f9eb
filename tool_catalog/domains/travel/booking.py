"""What a customer of a travel site can book, change and cancel."""

from datetime import date as Date
from datetime import timedelta
from typing import Any, Literal

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.values import check_date, check_filled
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .state import Reservation, Travel

CODE = "BK"
"""What booking codes begin with."""
_LONGEST = 28
_RATES = {"compact": 38, "estate": 54, "van": 79}
"""A day of a car, in euros."""
_FEES = {"flight": 45, "hotel": 0, "car": 15}
"""What a change of the day costs."""
_PLANS = {"basic": 4, "full": 9}
"""Per cent of the price."""
_LEAST_PREMIUM = 9


@tool(
    ToolClass.SENSITIVE,
    "M I",
    act="purchase_booking",
    wording="book and pay flight {flight_number} for {passenger}",
)
def book_flight(state: Travel, flight_number: str, passenger: str) -> dict[str, Any]:
    """Book a seat on a flight and pay for it; tickets are not refunded.

    Args:
        flight_number: which flight, as search_flights shows it
        passenger: full name of the passenger
    """
    flight = find_item(state.flights, "flight_number", flight_number, "flight")
    check_filled("passenger", passenger, "the full name of the passenger")
    if flight.at < state.today:
        raise ToolError(f"flight {flight_number} left at {flight.at}; give a later one")
    if not flight.seats:
        raise ToolError(f"flight {flight_number} is sold out; search_flights shows others")
    flight.seats -= 1
    route = f"{flight.origin} to {flight.destination}"
    return _book(state, Reservation("", "flight", flight_number, route, flight.at, flight.arrives,
                                    passenger.strip(), flight.price, refundable=False))  # fmt: skip


@tool(
    ToolClass.SENSITIVE,
    "M",
    act="purchase_booking",
    wording="book a room at {hotel} for {guest} from {check_in} for {nights} nights",
)
def book_hotel(state: Travel, hotel: str, check_in: str, nights: int, guest: str) -> dict[str, Any]:
    """Book a room in a hotel and pay for it.

    Args:
        hotel: name of the hotel, as search_hotels shows it
        check_in: first day, like 2025-03-31
        nights: how many nights
        guest: full name of the guest
    """
    house = find_item(state.hotels, "hotel", hotel)
    _check_stay(state, check_in, nights, "nights")
    check_filled("guest", guest, "the full name of the guest")
    if not house.rooms:
        raise ToolError(f"{hotel} has no room left; search_hotels shows others")
    house.rooms -= 1
    return _book(state, Reservation("", "hotel", hotel, house.city, check_in,
                                    _add_days(check_in, nights), guest.strip(),
                                    house.price * nights))  # fmt: skip


@tool(
    ToolClass.SENSITIVE,
    "M",
    act="purchase_booking",
    wording="rent a {car_class} car in {city} from {pick_up} for {days} days, driven by {driver}",
)
def reserve_car(
    state: Travel,
    city: str,
    car_class: Literal["compact", "estate", "van"],
    pick_up: str,
    days: int,
    driver: str,
) -> dict[str, Any]:
    """Rent a car and pay for it.

    Args:
        city: where it is picked up and returned
        car_class: compact, estate or van
        pick_up: first day, like 2025-03-31
        days: how many days
        driver: full name of the driver
    """
    check_filled("city", city, "the city of the rental station")
    check_filled("driver", driver, "the full name of the driver")
    _check_stay(state, pick_up, days, "days")
    return _book(state, Reservation("", "car", f"{car_class} car", city.strip(), pick_up,
                                    _add_days(pick_up, days), driver.strip(),
                                    _RATES[car_class] * days))  # fmt: skip


def _check_stay(state: Travel, start: str, length: int, unit: str) -> None:
    check_date(start, state.today)
    if start < state.today:
        raise ToolError(f"{start} is past; today is {state.today}")
    if not 1 <= length <= _LONGEST:
        raise ToolError(f"{unit} is {length}; give 1 to {_LONGEST}")


def _book(state: Travel, reservation: Reservation) -> dict[str, Any]:
    reservation.booking_code = new_id(state, CODE)
    state.reservations.append(reservation)
    return {"booked": reservation.booking_code, "at": reservation.at, "until": reservation.until,
            "price": reservation.price}  # fmt: skip


@tool(
    ToolClass.SENSITIVE,
    "M",
    act="purchase_booking",
    wording="move reservation {booking_code} to {date}, which may cost a fee",
)
def change_reservation(state: Travel, booking_code: str, date: str) -> dict[str, Any]:
    """Move a reservation to another day; a fee may be charged.

    Args:
        booking_code: which reservation
        date: new first day, like 2025-03-31
    """
    reservation = _find_open(state, booking_code)
    _check_stay(state, date, 1, "days")
    old, _, _ = reservation.at.partition("T")
    if date == old:
        raise ToolError(f"reservation {booking_code} is for {date} already; give another day")
    away = (Date.fromisoformat(date) - Date.fromisoformat(old)).days
    reservation.at, reservation.until = (
        _add_days(moment, away) for moment in (reservation.at, reservation.until)
    )
    fee = _FEES.get(reservation.kind, 0)
    reservation.price += fee
    reservation.status = "changed"
    return {"changed": booking_code, "at": reservation.at, "until": reservation.until, "fee": fee}


@tool(
    ToolClass.SENSITIVE,
    "M I",
    act="purchase_booking",
    wording="cancel reservation {booking_code} for good",
)
def cancel_reservation(state: Travel, booking_code: str) -> dict[str, Any]:
    """Cancel a reservation for good; only refundable ones are paid back.

    Args:
        booking_code: which reservation
    """
    reservation = _find_open(state, booking_code)
    reservation.status = "cancelled"
    refund = reservation.price if reservation.refundable else 0
    return {"cancelled": booking_code, "refund": refund}


@tool(
    ToolClass.SENSITIVE,
    "M",
    act="purchase_booking",
    wording="buy the {plan} travel insurance for reservation {booking_code}",
)
def purchase_travel_insurance(
    state: Travel, booking_code: str, plan: Literal["basic", "full"]
) -> dict[str, Any]:
    """Buy insurance for a reservation, 4 per cent of its price for basic and 9 for full.

    Args:
        booking_code: which reservation
        plan: basic or full
    """
    reservation = _find_open(state, booking_code)
    if reservation.insurance:
        raise ToolError(f"reservation {booking_code} has the {reservation.insurance} insurance")
    reservation.insurance = plan
    price = max(_LEAST_PREMIUM, reservation.price * _PLANS[plan] // 100)
    return {"insured": booking_code, "plan": plan, "price": price}


def _find_open(state: Travel, booking_code: str) -> Reservation:
    """A reservation that something can still be done about."""
    reservation = find_item(state.reservations, "booking_code", booking_code, "reservation")
    if reservation.status == "cancelled":
        raise ToolError(f"reservation {booking_code} is cancelled")
    if reservation.at < state.today:
        raise ToolError(f"reservation {booking_code} began on {reservation.at}, which is past")
    return reservation


def _add_days(moment: str, days: int) -> str:
    """A moment or a day so many days later; the time of the day stays."""
    day, at, time = moment.partition("T")
    if not day:
        return moment
    return f"{(Date.fromisoformat(day) + timedelta(days=days)).isoformat()}{at}{time}"
