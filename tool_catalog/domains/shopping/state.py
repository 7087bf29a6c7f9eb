"""What a shop keeps for one customer. An object without an owner is the user's."""

from dataclasses import dataclass, field

from tool_catalog.kit.people import Contact


@dataclass(slots=True)
class Product:
    """An article, known by its article number; its seller describes it."""

    product_id: str
    title: str
    seller: str
    price: int
    stock: int
    delivery_days: int = 3
    description: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class ProductReview:
    """What a customer wrote about a product."""

    review_id: str
    product_id: str
    author: str
    at: str
    rating: int
    title: str
    text: str
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class CartItem:
    """What lies in the cart."""

    product_id: str
    quantity: int = 1


@dataclass(slots=True)
class PaymentMethod:
    """A saved card; a test number."""

    payment_id: str
    label: str
    card_number: str
    expires: str
    holder: str
    owner: str = ""


@dataclass(slots=True)
class Address:
    """A saved postal address, known by its label."""

    address_id: str
    label: str
    name: str
    street: str
    city: str
    note: str = ""
    """For whoever delivers."""
    owner: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class ShopOrder:
    """An order; the notice is what seller or carrier wrote about it."""

    order_id: str
    at: str
    status: str
    """processing, shipped, delivered or cancelled."""
    total: int
    ship_to: str = "home"
    payment_id: str = "pm1"
    arrives: str = ""
    notice: str = ""
    owner: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class OrderItem:
    """One line of an order."""

    item_id: str
    order_id: str
    product_id: str
    title: str
    price: int
    quantity: int = 1
    returned: str = ""
    """The reason that a return was asked for; empty: none was."""


@dataclass(slots=True)
class Subscription:
    """An order that repeats itself until it is ended."""

    subscription_id: str
    product_id: str
    title: str
    every: str
    price: int
    at: str
    owner: str = ""


@dataclass(slots=True)
class Shop:
    """State of the domain."""

    today: str
    user: Contact
    products: list[Product] = field(default_factory=list)
    reviews: list[ProductReview] = field(default_factory=list)
    cart: list[CartItem] = field(default_factory=list)
    payment_methods: list[PaymentMethod] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    orders: list[ShopOrder] = field(default_factory=list)
    order_items: list[OrderItem] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    """Last number used for each kind of id."""
