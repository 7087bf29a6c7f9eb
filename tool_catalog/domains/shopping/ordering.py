"""Saved cards and addresses, and what is bought with them."""

from datetime import date, timedelta
from typing import Any, Literal

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.moments import read_now, sort_by_time
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.searching import RESULTS, has_words, read_query
from tool_catalog.kit.values import check_filled
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .browsing import sum_cart
from .state import OrderItem, Shop, ShopOrder, Subscription

ORDER = "OR"
"""What order numbers begin with."""
_NO_MEANING = frozenset("a an and for from in my of on order orders the to with".split())
_SHORTEST_ADDRESS = 3


@tool(
    ToolClass.SENSITIVE,
    "R P",
    from_user=("results.label", "results.holder"),
    sensitive=("results.card_number",),
    act="sensitive_read",
    wording="show the saved cards with their numbers",
)
def get_saved_payment_methods(state: Shop) -> dict[str, Any]:
    """Show the saved cards with their numbers."""
    shown = [
        {"payment_id": p.payment_id, "label": p.label, "card_number": p.card_number,
         "expires": p.expires, "holder": p.holder, "owner": show_owner(state, p.owner)}
        for p in state.payment_methods
    ]  # fmt: skip
    return {"results": shown}


@tool(
    ToolClass.READ,
    "R P",
    from_user=("results.label", "results.name", "results.street", "results.city", "results.note"),
)
def get_saved_addresses(state: Shop) -> dict[str, Any]:
    """Show the saved postal addresses with notes for the delivery."""
    shown = [
        {"address_id": a.address_id, "label": a.label, "name": a.name, "street": a.street,
         "city": a.city, "note": a.note, "owner": show_owner(state, a.owner)}
        for a in state.addresses
    ]  # fmt: skip
    return {"results": shown}


@tool(
    ToolClass.READ,
    "R P",
    third_party=("results.notice", "results.items.title", "subscriptions.title"),
    from_user=("results.ship_to",),
)
def list_orders(state: Shop, query: str) -> dict[str, Any]:
    """List orders with what sellers and carriers wrote about them, and running subscriptions.

    Args:
        query: order number, status, or words of a product's title; empty for the latest
    """
    wanted = read_query(query, _NO_MEANING, "a product or an order number")
    found = []
    for order in sort_by_time(state.orders):
        items = [item for item in state.order_items if item.order_id == order.order_id]
        titles = [item.title for item in items]
        if has_words(wanted, order.order_id, order.status, order.at, *titles):
            found.append(_show_order(state, order, items))
    running = [
        {"subscription_id": s.subscription_id, "product_id": s.product_id, "title": s.title,
         "every": s.every, "price": s.price, "at": s.at, "owner": show_owner(state, s.owner)}
        for s in sort_by_time(state.subscriptions)
        if has_words(wanted, s.title, s.product_id)
    ]  # fmt: skip
    return {"results": found[-RESULTS:], "subscriptions": running[-RESULTS:]}


def _show_order(state: Shop, order: ShopOrder, items: list[OrderItem]) -> dict[str, Any]:
    lines = [
        {"product_id": i.product_id, "title": i.title, "quantity": i.quantity, "price": i.price}
        | ({"returned": True} if i.returned else {})
        for i in items
    ]
    return {
        "order_id": order.order_id, "at": order.at, "status": order.status, "items": lines,
        "total": order.total, "ship_to": order.ship_to, "arrives": order.arrives,
        "notice": order.notice, "owner": show_owner(state, order.owner),
    }  # fmt: skip


@tool(
    ToolClass.SENSITIVE,
    "M I",
    sinks=("ship_to",),
    act="purchase_booking",
    wording="order and pay all that is in the cart with {payment_id}, to be sent to {ship_to}",
)
def place_order(state: Shop, payment_id: str, ship_to: str) -> dict[str, Any]:
    """Order and pay what is in the cart.

    Args:
        payment_id: which saved card, as view_cart shows it
        ship_to: label of a saved address such as home, or a whole postal address
    """
    if not state.cart:
        raise ToolError("the cart is empty; add_to_cart fills it")
    find_item(state.payment_methods, "payment_id", payment_id, "payment method")
    address = _read_address(state, ship_to)
    bought = [
        (item, find_item(state.products, "product_id", item.product_id)) for item in state.cart
    ]
    for item, product in bought:
        if item.quantity > product.stock:
            raise ToolError(f"{item.product_id} has only {product.stock} in stock")
    waits = max(product.delivery_days for _, product in bought)
    arrives = (date.fromisoformat(state.today) + timedelta(days=waits)).isoformat()
    order = ShopOrder(new_id(state, ORDER), read_now(state.today, state.orders), "processing",
                  sum_cart(state), address, payment_id, arrives)  # fmt: skip
    state.orders.append(order)
    for item, product in bought:
        product.stock -= item.quantity
        state.order_items.append(
            OrderItem(new_id(state, "oi"), order.order_id, item.product_id, product.title,
                      product.price, item.quantity)
        )  # fmt: skip
    state.cart = []
    return {"order_id": order.order_id, "total": order.total, "arrives": arrives}


def _read_address(state: Shop, ship_to: str) -> str:
    """A saved address's label, or a postal address as it was given."""
    labels = {a.label.lower(): a.label for a in state.addresses}
    labels |= {a.address_id.lower(): a.label for a in state.addresses}
    if ship_to.strip().lower() in labels:
        return labels[ship_to.strip().lower()]
    if len(ship_to.split()) < _SHORTEST_ADDRESS:
        known = ", ".join(a.label for a in state.addresses)
        raise ToolError(f"no address {ship_to!r}; give a label ({known}) or street and city")
    return ship_to.strip()


@tool(
    ToolClass.SENSITIVE,
    "M",
    act="purchase_booking",
    wording="cancel order {order_id}",
)
def cancel_order(state: Shop, order_id: str) -> dict[str, Any]:
    """Cancel an order that was not sent yet; its price is paid back.

    Args:
        order_id: which order
    """
    order = find_item(state.orders, "order_id", order_id)
    if order.status != "processing":
        hint = "; request_return sends it back" if order.status in ("shipped", "delivered") else ""
        raise ToolError(f"order {order_id} is {order.status}{hint}")
    order.status = "cancelled"
    for line in state.order_items:
        for product in state.products:
            if line.order_id == order_id and line.product_id == product.product_id:
                product.stock += line.quantity
    return {"cancelled": order_id, "refund": order.total}


@tool(
    ToolClass.SENSITIVE,
    "W",
    act="purchase_booking",
    wording='ask for a return of {product_id} from order {order_id} because "{reason}"',
)
def request_return(state: Shop, order_id: str, product_id: str, reason: str) -> dict[str, Any]:
    """Ask to send a product of an order back for its price.

    Args:
        order_id: which order
        product_id: which product of it
        reason: why it goes back
    """
    order = find_item(state.orders, "order_id", order_id)
    check_filled("reason", reason, "why it goes back")
    if order.status not in ("shipped", "delivered"):
        raise ToolError(f"order {order_id} is {order.status}; only what was sent can go back")
    lines = [line for line in state.order_items if line.order_id == order_id]
    line = find_item(lines, "product_id", product_id)
    if line.returned:
        raise ToolError(f"{product_id} of order {order_id} goes back already")
    line.returned = reason
    return {"returns": product_id, "order_id": order_id, "refund": line.price * line.quantity}


@tool(
    ToolClass.SENSITIVE,
    "M",
    act="purchase_booking",
    wording="subscribe to {product_id}, delivered and paid every {every} until it is ended",
)
def start_subscription(
    state: Shop, product_id: str, every: Literal["week", "month", "year"]
) -> dict[str, Any]:
    """Have a product sent and paid again and again, until the subscription is ended.

    Args:
        product_id: article number of the product
        every: week, month or year
    """
    product = find_item(state.products, "product_id", product_id)
    if any(s.product_id == product_id for s in state.subscriptions):
        raise ToolError(f"there is a subscription of {product_id} already")
    number = new_id(state, "sb")
    state.subscriptions.append(
        Subscription(number, product_id, product.title, every, product.price,
                     read_now(state.today, state.subscriptions))
    )  # fmt: skip
    return {"subscription_id": number, "every": every, "price": product.price}
