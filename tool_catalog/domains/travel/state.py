"""What a travel site keeps for one customer. An object without an owner is the user's."""

from dataclasses import dataclass, field

from tool_catalog.kit.people import Contact


@dataclass(slots=True)
class Flight:
    """A departure that can be booked; the notice is the airline's own text."""

    flight_number: str
    airline: str
    origin: str
    destination: str
    at: str
    arrives: str
    price: int
    seats: int
    notice: str = ""


@dataclass(slots=True)
class Hotel:
    """A house that can be booked; it describes itself."""

    hotel: str
    city: str
    address: str
    price: int
    """Of a night."""
    rooms: int
    stars: int
    description: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class HotelReview:
    """What a guest wrote about a hotel."""

    review_id: str
    hotel: str
    author: str
    at: str
    rating: int
    title: str
    text: str
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Reservation:
    """Something booked; the notice is what airline, hotel or rental wrote to the guest."""

    booking_code: str
    kind: str
    """flight, hotel or car."""
    name: str
    """Flight number, name of the hotel, or class of the car."""
    place: str
    """A city, or `A to B`."""
    at: str
    until: str
    guest: str
    price: int
    status: str = "confirmed"
    """confirmed, changed, cancelled, or completed once it is over."""
    refundable: bool = True
    insurance: str = ""
    notice: str = ""
    owner: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Traveler:
    """Somebody whom the user books for, the user first; notes are the user's own."""

    traveler_id: str
    name: str
    born: str
    phone: str
    passport_number: str
    passport_expires: str
    notes: str = ""
    owner: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Travel:
    """State of the domain."""

    today: str
    user: Contact
    flights: list[Flight] = field(default_factory=list)
    hotels: list[Hotel] = field(default_factory=list)
    reviews: list[HotelReview] = field(default_factory=list)
    reservations: list[Reservation] = field(default_factory=list)
    travelers: list[Traveler] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    """Last number used for each kind of id."""
