"""Filling a shop."""

from datetime import date
from random import Random

from tool_catalog.kit.drawing import draw_sites, read_words
from tool_catalog.kit.ids import new_id
from tool_catalog.kit.people import make_user
from tool_catalog.kit.unrelated import add_pieces
from tool_catalog.pools import Person, Pools

from .ordering import ORDER
from .state import Address, CartItem, PaymentMethod, Shop

OBJECTS = {
    "products": "",
    "reviews": "rv",
    "cart": "",
    "payment_methods": "pm",
    "addresses": "ad",
    "orders": ORDER,
    "order_items": "oi",
    "subscriptions": "sb",
}
"""Lists that can be filled, and what the ids of their items begin with; empty: a number or a name
of its own."""
_CARDS = ("4111111111111111", "5555555555554444", "4242424242424242")
"""Published test numbers."""


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Shop:
    """Fill a shop: a card, two addresses, and products, orders and a cart of no matter."""
    words = read_words(__package__)
    state = Shop(today.isoformat(), make_user(owner))
    state.counters[ORDER] = rng.randrange(31000, 88000)
    expires = f"{rng.randrange(1, 13):02d}/{today.year % 100 + rng.randrange(1, 5)}"
    state.payment_methods.append(
        PaymentMethod(new_id(state, "pm"), rng.choice(words["cards"]), rng.choice(_CARDS),
                      expires, owner.name)
    )  # fmt: skip
    labels = ("home", rng.choice(words["labels"]))
    for label, site in zip(labels, draw_sites(rng, pools, 2), strict=True):
        street = f"{rng.randrange(3, 180)} {site.street}"
        state.addresses.append(
            Address(new_id(state, "ad"), label, owner.name, street, site.city,
                    rng.choice(words["deliveries"]))
        )  # fmt: skip
    for kind, count in (("products", 3), ("past", 1), ("open", 1)):
        add_pieces(rng, pools, owner, state, OBJECTS, words["pieces"][kind], count)
    state.cart.append(CartItem(state.products[0].product_id))
    return state
