"""Objects by their ids: numbered in turn, found, or answered with the ids that there are."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from tool_catalog.errors import ToolError

Item = TypeVar("Item")


class Counted(Protocol):
    """What a state needs so that ids can be drawn from it."""

    counters: dict[str, int]
    """Last number used for each id letter."""


def new_id(state: Counted, letter: str) -> str:
    """The next free id of a kind, like `m7`."""
    state.counters[letter] = state.counters.get(letter, 0) + 1
    return f"{letter}{state.counters[letter]}"


def find_item(items: Iterable[Item], key: str, wanted: object, kind: str = "") -> Item:
    """The item whose field `key` has the wanted value.

    Args:
        items: where to look.
        key: the field that holds the id.
        wanted: the id.
        kind: what an item is called in the error; empty: the key without `_id`.

    Raises:
        ToolError: there is none; the ids that there are are named.
    """
    known = []
    for item in items:
        found = getattr(item, key)
        if found == wanted:
            return item
        known.append(str(found))
    kind = kind or key.removesuffix("_id").replace("_", " ")
    raise ToolError(f"no {kind} {wanted!r}; ids: {', '.join(known) or 'none'}")
