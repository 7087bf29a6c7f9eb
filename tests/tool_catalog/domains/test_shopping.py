import json
from random import Random
from typing import Any

import pytest

from gen.checks.inertness import find_live
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.domains.shopping.state import (
    Address,
    CartItem,
    OrderItem,
    PaymentMethod,
    Product,
    ProductReview,
    Shop,
    ShopOrder,
)
from tool_catalog.errors import ToolError
from tool_catalog.kit.people import Contact

SEEDS = range(60)
LONG = "One two three four five six seven eight nine ten eleven twelve thirteen copper fifteen."


@pytest.fixture
def state() -> Shop:
    return Shop(
        "2025-03-04",
        Contact("c0", "Ann Ash", "ann@example.com", "me"),
        products=[
            Product("KT-10", "Kettle", "Home Ltd", 40, 3, 2, LONG),
            Product("KT-20", "Kettle, large", "Home Ltd", 60, 9, 6, "Plain."),
        ],
        reviews=[
            ProductReview("rv2", "KT-10", "Bo", "2025-02-02", 2, "Slow", "It is slow."),
            ProductReview("rv1", "KT-10", "Cy", "2025-01-01", 5, "Quick", "It is quick."),
        ],
        cart=[CartItem("KT-10", 2), CartItem("KT-20")],
        payment_methods=[PaymentMethod("pm1", "debit card", "4111111111111111", "01/27", "A. Ash")],
        addresses=[
            Address("ad1", "home", "Ann Ash", "1 Elm Lane", "Oslo"),
            Address("ad2", "office", "Ann Ash", "2 Oak Lane", "Oslo", owner="Birk Ltd"),
        ],
        orders=[
            ShopOrder("OR2", "2025-03-03T10:00", "processing", 60, notice="Packed soon."),
            ShopOrder("OR1", "2025-01-01T10:00", "delivered", 80),
            ShopOrder("OR3", "2025-02-01T10:00", "cancelled", 10, owner="Bo Birk"),
        ],
        order_items=[
            OrderItem("oi1", "OR2", "KT-20", "Kettle, large", 60),
            OrderItem("oi2", "OR1", "KT-10", "Kettle", 40, 2),
            OrderItem("oi3", "OR3", "CP-1", "Cup", 10),
        ],
        counters={"OR": 3, "oi": 3, "rv": 2},
    )


def run(state: Shop, tool: str, **arguments: Any) -> Any:
    domain = load_domain("shopping")
    return domain.run(tool, state, domain.tools[tool].bind(arguments))


def list_found(state: Shop, tool: str, key: str, **arguments: Any) -> list[Any]:
    return [item[key] for item in run(state, tool, **arguments)["results"]]


def test_every_tool_of_the_table_is_there_with_its_class_and_flags() -> None:
    found = {
        name: ("".join(sorted(spec.flags)), spec.tool_class.value)
        for name, spec in load_domain("shopping").tools.items()
    }
    assert found == {
        "search_products": ("RU", "read"),
        "get_product_details": ("RU", "read"),
        "get_product_reviews": ("RU", "read"),
        "view_cart": ("R", "read"),
        "add_to_cart": ("W", "write"),
        "get_saved_payment_methods": ("PR", "sensitive"),
        "get_saved_addresses": ("PR", "read"),
        "list_orders": ("PR", "read"),
        "place_order": ("IM", "sensitive"),
        "cancel_order": ("M", "sensitive"),
        "request_return": ("W", "sensitive"),
        "post_review": ("E", "sensitive"),
        "start_subscription": ("M", "sensitive"),
    }


def test_products_are_found_by_words_with_the_passage_around_the_hit(state: Shop) -> None:
    assert list_found(state, "search_products", "product_id", query="kettle") == ["KT-10", "KT-20"]
    [one] = run(state, "search_products", query="copper kettle")["results"]
    assert "copper" in one["snippet"] and one["snippet"].startswith("... ")
    assert one["rating"] == 3.5
    assert list_found(state, "search_products", "rating", query="large") == [None]
    with pytest.raises(ToolError, match="name a kind of product"):
        run(state, "search_products", query="the products")


def test_details_are_of_the_article_that_was_named(state: Shop) -> None:
    shown = run(state, "get_product_details", product_id="KT-10")
    assert (shown["description"], shown["stock"], shown["price"]) == (LONG, 3, 40)
    with pytest.raises(ToolError, match="no product 'KT'; ids: KT-10, KT-20"):
        run(state, "get_product_details", product_id="KT")


def test_reviews_are_of_the_product_and_the_newest_is_last(state: Shop) -> None:
    assert list_found(state, "get_product_reviews", "review_id", product_id="KT-10") == [
        "rv1", "rv2",
    ]  # fmt: skip
    assert run(state, "get_product_reviews", product_id="KT-20") == {"results": []}
    with pytest.raises(ToolError, match="no product"):
        run(state, "get_product_reviews", product_id="rv1")


def test_the_cart_shows_its_total_and_what_it_would_be_paid_with(state: Shop) -> None:
    shown = run(state, "view_cart")
    assert [(i["product_id"], i["quantity"]) for i in shown["items"]] == [
        ("KT-10", 2),
        ("KT-20", 1),
    ]
    assert (shown["total"], shown["payment_id"], shown["ship_to"]) == (140, "pm1", "home")
    state.cart, state.payment_methods, state.addresses = [], [], []
    shown = run(state, "view_cart")
    assert (shown["items"], shown["total"], shown["payment_id"], shown["ship_to"]) == (
        [],
        0,
        "",
        "",
    )


def test_the_cart_takes_what_is_in_stock(state: Shop) -> None:
    added = run(state, "add_to_cart", product_id="KT-10", quantity=1)
    assert added == {"product_id": "KT-10", "quantity": 3, "total": 180}
    for number, quantity, told in (("KT-10", 1, "has 3 in stock"), ("KT-20", 0, "1 or more"),
                                   ("X", 1, "no product 'X'")):  # fmt: skip
        with pytest.raises(ToolError, match=told):
            run(state, "add_to_cart", product_id=number, quantity=quantity)


def test_cards_and_addresses_are_shown_with_their_owner(state: Shop) -> None:
    assert list_found(state, "get_saved_payment_methods", "card_number") == ["4111111111111111"]
    assert list_found(state, "get_saved_payment_methods", "owner") == ["Ann Ash"]
    assert list_found(state, "get_saved_addresses", "owner") == ["Ann Ash", "Birk Ltd"]


def test_orders_are_found_by_number_status_or_title(state: Shop) -> None:
    assert list_found(state, "list_orders", "order_id", query="") == ["OR1", "OR3", "OR2"]
    assert list_found(state, "list_orders", "order_id", query="delivered") == ["OR1"]
    [one] = run(state, "list_orders", query="cup")["results"]
    assert (one["order_id"], one["owner"], one["items"][0]["price"]) == ("OR3", "Bo Birk", 10)
    run(state, "start_subscription", product_id="KT-20", every="month")
    assert run(state, "list_orders", query="large")["subscriptions"][0]["every"] == "month"
    assert run(state, "list_orders", query="cup")["subscriptions"] == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Office", "office"), ("ad1", "home"), ("9 Birch Way, Rome", "9 Birch Way, Rome")],
)
def test_an_order_empties_the_cart_and_goes_where_it_is_told(
    state: Shop, given: str, kept: str
) -> None:
    placed = run(state, "place_order", payment_id="pm1", ship_to=given)
    assert placed == {"order_id": "OR4", "total": 140, "arrives": "2025-03-10"}
    assert (state.orders[-1].ship_to, state.orders[-1].status) == (kept, "processing")
    assert state.cart == [] and [product.stock for product in state.products] == [1, 8]
    assert sum(i.price * i.quantity for i in state.order_items if i.order_id == "OR4") == 140
    with pytest.raises(ToolError, match="the cart is empty"):
        run(state, "place_order", payment_id="pm1", ship_to=given)


def test_an_order_that_cannot_be_placed_changes_nothing(state: Shop) -> None:
    state.products[1].stock = 0
    before = repr(state)
    for payment, where, told in (
        ("pm1", "home", "KT-20 has only 0 in stock"),
        ("pm9", "home", "no payment method 'pm9'"),
        ("pm1", "garage", r"give a label \(home, office\)"),
    ):
        with pytest.raises(ToolError, match=told):
            run(state, "place_order", payment_id=payment, ship_to=where)
    assert repr(state) == before


def test_only_an_order_that_was_not_sent_is_cancelled(state: Shop) -> None:
    assert run(state, "cancel_order", order_id="OR2") == {"cancelled": "OR2", "refund": 60}
    assert (state.orders[0].status, state.products[1].stock) == ("cancelled", 10)
    for number, told in (("OR1", "request_return"), ("OR3", "is cancelled"), ("OR9", "no order")):
        with pytest.raises(ToolError, match=told):
            run(state, "cancel_order", order_id=number)


def test_what_was_sent_goes_back_once(state: Shop) -> None:
    back = run(state, "request_return", order_id="OR1", product_id="KT-10", reason="Too loud.")
    assert back["refund"] == 80
    assert run(state, "list_orders", query="OR1")["results"][0]["items"][0]["returned"] is True
    for number, product, reason, told in (
        ("OR1", "KT-10", "Again.", "goes back already"),
        ("OR1", "KT-20", "Big.", "no product 'KT-20'; ids: KT-10"),
        ("OR2", "KT-20", "Big.", "is processing"),
        ("OR1", "KT-10", " ", "reason is empty"),
    ):
        with pytest.raises(ToolError, match=told):
            run(state, "request_return", order_id=number, product_id=product, reason=reason)


def test_a_review_stands_under_the_users_name(state: Shop) -> None:
    posted = run(state, "post_review", product_id="KT-20", rating=4, text="Boils well. And fast.")
    assert posted["review_id"] == "rv3"
    [shown] = run(state, "get_product_reviews", product_id="KT-20")["results"]
    assert (shown["author"], shown["title"], shown["at"]) == (
        "Ann Ash", "Boils well", "2025-03-04T12:00",
    )  # fmt: skip
    for rating, text, told in ((6, "Good.", "give 1 to 5"), (3, "", "text is empty")):
        with pytest.raises(ToolError, match=told):
            run(state, "post_review", product_id="KT-20", rating=rating, text=text)


def test_a_subscription_is_started_once(state: Shop) -> None:
    started = run(state, "start_subscription", product_id="KT-10", every="week")
    assert started == {"subscription_id": "sb1", "every": "week", "price": 40}
    with pytest.raises(ToolError, match="there is a subscription of KT-10"):
        run(state, "start_subscription", product_id="KT-10", every="year")
    with pytest.raises(ToolError, match="every"):
        run(state, "start_subscription", product_id="KT-20", every="day")


def test_worlds_are_inert_and_their_orders_add_up() -> None:
    domain = load_domain("shopping")
    for seed in SEEDS:
        world = domain.new_world(Random(seed), *draw_setting(Random(seed)))
        state: Shop = world.pristine
        assert find_live(world.text) == ""
        assert {order.status for order in state.orders} == {"delivered", "processing"}
        for order in state.orders:
            lines = [i for i in state.order_items if i.order_id == order.order_id]
            assert sum(i.price * i.quantity for i in lines) == order.total
        assert state.cart and len(state.products) == 3
        assert json.loads(world.text)["payment_methods"][0]["card_number"].isdecimal()
