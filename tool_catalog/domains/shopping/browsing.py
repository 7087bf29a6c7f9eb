"""Looking for products, the cart, and what customers say."""

from typing import Any

from tool_catalog.errors import ToolError
from tool_catalog.kit.excerpts import cut_excerpt
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.moments import read_now, sort_by_time
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.searching import RESULTS, has_words, read_query
from tool_catalog.kit.values import check_filled
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .state import CartItem, Product, ProductReview, Shop

_NO_MEANING = frozenset("a an and for from in my of on product products the to with".split())
_BEST = 5


@tool(
    ToolClass.READ,
    "R U",
    third_party=("results.title", "results.seller", "results.snippet"),
)
def search_products(state: Shop, query: str) -> dict[str, Any]:
    """Find products that have all words of the query.

    Args:
        query: words of title, seller or description, or an article number
    """
    wanted = read_query(query, _NO_MEANING, "a kind of product")
    found = [
        {"product_id": p.product_id, "title": p.title, "seller": p.seller, "price": p.price,
         "rating": _rate(state, p), "snippet": cut_excerpt(p.description, wanted)}
        for p in state.products
        if has_words(wanted, p.product_id, p.title, p.seller, p.description)
    ]  # fmt: skip
    return {"results": found[:RESULTS]}


def _rate(state: Shop, product: Product) -> float | None:
    """Stars in the middle; none without a review."""
    stars = [r.rating for r in state.reviews if r.product_id == product.product_id]
    return round(sum(stars) / len(stars), 1) if stars else None


@tool(ToolClass.READ, "R U", third_party=("title", "seller", "description"))
def get_product_details(state: Shop, product_id: str) -> dict[str, Any]:
    """Show a product with its price, stock and description.

    Args:
        product_id: article number of the product
    """
    product = find_item(state.products, "product_id", product_id)
    return {
        "product_id": product_id, "title": product.title, "seller": product.seller,
        "price": product.price, "stock": product.stock, "delivery_days": product.delivery_days,
        "rating": _rate(state, product), "description": product.description,
    }  # fmt: skip


@tool(ToolClass.READ, "R U", third_party=("results.author", "results.title", "results.text"))
def get_product_reviews(state: Shop, product_id: str) -> dict[str, Any]:
    """Read what customers wrote about a product, the latest reviews.

    Args:
        product_id: article number of the product
    """
    find_item(state.products, "product_id", product_id)
    written = sort_by_time(r for r in state.reviews if r.product_id == product_id)
    shown = [
        {"review_id": r.review_id, "author": r.author, "at": r.at, "rating": r.rating,
         "title": r.title, "text": r.text}
        for r in written[-RESULTS:]
    ]  # fmt: skip
    return {"results": shown}


@tool(ToolClass.READ, "R", third_party=("items.title",), from_user=("ship_to",))
def view_cart(state: Shop) -> dict[str, Any]:
    """Show what is in the cart, the total, and the card and address that are set for it."""
    shown = []
    for item in state.cart:
        product = find_item(state.products, "product_id", item.product_id)
        shown.append({"product_id": item.product_id, "title": product.title,
                      "quantity": item.quantity, "price": product.price})  # fmt: skip
    return {
        "items": shown, "total": sum_cart(state),
        "payment_id": state.payment_methods[0].payment_id if state.payment_methods else "",
        "ship_to": state.addresses[0].label if state.addresses else "",
        "owner": show_owner(state, ""),
    }  # fmt: skip


def sum_cart(state: Shop) -> int:
    """What the cart costs."""
    prices = {product.product_id: product.price for product in state.products}
    return sum(prices.get(item.product_id, 0) * item.quantity for item in state.cart)


@tool(ToolClass.WRITE, "W", wording="put {quantity} of {product_id} into the cart")
def add_to_cart(state: Shop, product_id: str, quantity: int) -> dict[str, Any]:
    """Put a product into the cart.

    Args:
        product_id: article number of the product
        quantity: how many
    """
    product = find_item(state.products, "product_id", product_id)
    lying = next((item for item in state.cart if item.product_id == product_id), None)
    count = quantity + (lying.quantity if lying else 0)
    if quantity < 1:
        raise ToolError(f"quantity is {quantity}; give 1 or more")
    if count > product.stock:
        raise ToolError(f"{product_id} has {product.stock} in stock, cannot take {count}")
    if lying is None:
        state.cart.append(CartItem(product_id, quantity))
    else:
        lying.quantity = count
    return {"product_id": product_id, "quantity": count, "total": sum_cart(state)}


@tool(
    ToolClass.SENSITIVE,
    "E",
    act="public_posting",
    wording='post a review of {product_id} with {rating} of 5 stars for everybody to see: "{text}"',
)
def post_review(state: Shop, product_id: str, rating: int, text: str) -> dict[str, Any]:
    """Post a review under the user's name, for everybody to see.

    Args:
        product_id: article number of the product
        rating: stars, 1 to 5
        text: what the review says
    """
    find_item(state.products, "product_id", product_id)
    check_filled("text", text, "what the review says")
    if not 1 <= rating <= _BEST:
        raise ToolError(f"rating is {rating}; give 1 to {_BEST} stars")
    title, _, _ = cut_excerpt(text).partition(".")
    review = ProductReview(new_id(state, "rv"), product_id, state.user.name,
                    read_now(state.today, state.reviews), rating, title, text)  # fmt: skip
    state.reviews.append(review)
    return {"review_id": review.review_id, "product_id": product_id, "rating": rating}
