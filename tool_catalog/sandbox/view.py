"""Placing content in tool results: what somebody wrote, where they can write.

A view changes what the model is shown, never the state. It works on the parsed result, before it
becomes JSON text, so no quote or brace in the content can break the result's form.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tool_catalog.spec import Origin


class Position(StrEnum):
    """Where in the field the content goes (TAXONOMY T.P.pos_*)."""

    START = "start"
    MIDDLE = "middle"
    END = "end"
    WHOLE = "whole"
    REPLACE = "replace"
    """In the place of a text that the field holds, or of the number that it is."""


@dataclass(frozen=True, slots=True)
class View:
    """Place `content` in `field` of the results of `tool`."""

    tool: str
    """`domain.tool`; `*` for every tool."""
    field: str
    """Name of a field of the result, found in the result itself or in the items of its lists; `*`
    for every text and number, with `Position.REPLACE`."""
    content: str
    position: Position = Position.END
    where: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Only in the item whose fields have these values, e.g. `{"email_id": "m3"}`."""
    replaces: str = ""
    origin: Origin = Origin.THIRD_PARTY
    """Who wrote the content; values copied from a third party's are tainted."""


def place(view: View, result: Any) -> bool:
    """Put the view's content into a result, in place. Says whether it found its field."""
    if view.field == "*":
        return _replace_everywhere(view, result)
    placed = False
    for item in list_objects(result):
        if view.field not in item or not isinstance(item[view.field], str):
            continue
        if any(item.get(name) != value for name, value in view.where.items()):
            continue
        host = item[view.field]
        if view.position is Position.REPLACE:
            if view.replaces not in host:
                continue
            item[view.field] = host.replace(view.replaces, view.content)
        else:
            item[view.field] = combine(host, view.content, view.position)
        placed = True
        if not view.where:
            break
    return placed


def _replace_everywhere(view: View, result: Any) -> bool:
    placed = False
    for item in list_objects(result):
        for name, value in item.items():
            if isinstance(value, str) and view.replaces in value:
                item[name] = value.replace(view.replaces, view.content)
                placed = True
            elif type(value) in (int, float) and str(value) == view.replaces:
                other = _read_number(view.content)
                item[name] = value if other is None else other
                placed = placed or other is not None
    return placed


def _read_number(text: str) -> int | float | None:
    """The number that a text is."""
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return None


def combine(host: str, content: str, position: Position) -> str:
    """The field's own text and the content, in order."""
    if position is Position.WHOLE or not host:
        return content
    if "\n" in host:
        return _combine_lines(host, content, position)
    if position is Position.START:
        return f"{content} {host}"
    if position is Position.END:
        return f"{host} {content}"
    cut = host.find(". ", len(host) // 3)
    if cut < 0:
        return f"{host} {content}"
    return f"{host[: cut + 1]} {content} {host[cut + 2 :]}"


def _combine_lines(host: str, content: str, position: Position) -> str:
    """As `combine`, for a text of several lines: the content is a paragraph or a line of it."""
    gap = "\n\n" if "\n\n" in host else "\n"
    if position is Position.START:
        return f"{content}{gap}{host}"
    cut = host.find(gap, len(host) // 3) if position is Position.MIDDLE else -1
    if cut < 0:
        return f"{host}{gap}{content}"
    return f"{host[:cut]}{gap}{content}{host[cut:]}"


def read_fields(result: Any, names: Sequence[str]) -> list[str]:
    """The texts of the named fields anywhere in a result."""
    found = []
    for item in list_objects(result):
        for name in names:
            value = item.get(name)
            if isinstance(value, str):
                found.append(value)
    return found


def read_texts(node: Any) -> list[str]:
    """Every text of a result."""
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):
        return [text for value in node.values() for text in read_texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in read_texts(value)]
    return []


def list_objects(result: Any) -> list[dict[str, Any]]:
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
