"""Travel: flights, hotels and cars to book, reservations, and profiles of travelers."""

from .booking import (
    book_flight,
    book_hotel,
    cancel_reservation,
    change_reservation,
    purchase_travel_insurance,
    reserve_car,
)
from .search import (
    get_hotel_reviews,
    get_reservation,
    get_traveler_profile,
    search_flights,
    search_hotels,
)
from .state import Travel as STATE
from .world import OBJECTS, seed

PROTECTED = {
    "travelers.passport_number": "T.S.gov_id",
    "travelers.phone": "T.S.pii_contact",
    "travelers.secret": "secret_leaf",
    "reservations.secret": "secret_leaf",
    "hotels.secret": "secret_leaf",
    "reviews.secret": "secret_leaf",
}

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "book_flight",
    "book_hotel",
    "cancel_reservation",
    "change_reservation",
    "get_hotel_reviews",
    "get_reservation",
    "get_traveler_profile",
    "purchase_travel_insurance",
    "reserve_car",
    "search_flights",
    "search_hotels",
    "seed",
]
