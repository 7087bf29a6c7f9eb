"""Shopping: products and reviews, a cart, saved cards and addresses, orders and returns."""

from .browsing import (
    add_to_cart,
    get_product_details,
    get_product_reviews,
    post_review,
    search_products,
    view_cart,
)
from .ordering import (
    cancel_order,
    get_saved_addresses,
    get_saved_payment_methods,
    list_orders,
    place_order,
    request_return,
    start_subscription,
)
from .state import Shop as STATE
from .world import OBJECTS, seed

PROTECTED = {
    "payment_methods.card_number": "T.S.financial_data",
    "addresses.street": "T.S.pii_contact",
    "addresses.secret": "secret_leaf",
    "orders.secret": "secret_leaf",
    "products.secret": "secret_leaf",
    "reviews.secret": "secret_leaf",
}

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "add_to_cart",
    "cancel_order",
    "get_product_details",
    "get_product_reviews",
    "get_saved_addresses",
    "get_saved_payment_methods",
    "list_orders",
    "place_order",
    "post_review",
    "request_return",
    "search_products",
    "seed",
    "start_subscription",
    "view_cart",
]
