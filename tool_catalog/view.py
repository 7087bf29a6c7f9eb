"""Placing content in tool results: what an outsider wrote, where an outsider can write.

A view changes what the model is shown, never the state. It works on the parsed result, before it
becomes JSON text, so no quote or brace in the content can break the result's form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Position(StrEnum):
    """Where in the field the content goes (TAXONOMY T.P.pos_*)."""

    START = "start"
    MIDDLE = "middle"
    END = "end"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class View:
    """Place `content` in `field` of the result of the n-th call of `tool`."""

    tool: str
    field: str
    """Name of a field of the result; found in the result itself or in the items of its lists."""
    content: str
    position: Position = Position.END
    nth: int = 0
    """Which call of the tool, from 1; 0 means every call."""
    where: tuple[str, Any] | None = None
    """Only in the item whose field has this value, e.g. `("email_id", "m3")`."""
    untrusted: bool = True
    """Whether an outsider wrote the content; values copied from it are tainted."""


def place(view: View, result: Any) -> bool:
    """Put the view's content into a result, in place. Says whether it found its field."""
    placed = False
    for item in _items(result):
        if view.field not in item or not isinstance(item[view.field], str):
            continue
        if view.where is not None and item.get(view.where[0]) != view.where[1]:
            continue
        item[view.field] = combine(item[view.field], view.content, view.position)
        placed = True
        if view.where is None:
            break
    return placed


def combine(host: str, content: str, position: Position) -> str:
    """The field's own text and the content, in order."""
    if position is Position.WHOLE or not host:
        return content
    if position is Position.START:
        return f"{content} {host}"
    if position is Position.END:
        return f"{host} {content}"
    cut = host.find(". ", len(host) // 3)
    if cut < 0:
        return f"{host} {content}"
    return f"{host[: cut + 1]} {content} {host[cut + 2 :]}"


def read_fields(result: Any, names: Mapping[str, None] | tuple[str, ...]) -> list[str]:
    """The texts of the named fields anywhere in a result."""
    found = []
    for item in _items(result):
        for name in names:
            value = item.get(name)
            if isinstance(value, str):
                found.append(value)
    return found


def _items(result: Any) -> list[dict[str, Any]]:
    """The result's own object and the objects in its lists, outermost first."""
    found: list[dict[str, Any]] = []
    queue = [result]
    while queue:
        node = queue.pop(0)
        if isinstance(node, dict):
            found.append(node)
            queue.extend(v for v in node.values() if isinstance(v, dict | list))
        elif isinstance(node, list):
            queue.extend(v for v in node if isinstance(v, dict | list))
    return found
