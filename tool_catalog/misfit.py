"""What is wrong with a value under a JSON schema, in words that a model can act on."""

import json
from collections.abc import Mapping
from typing import Any

from tool_catalog.schema import compile_schema, look_up

_ARTICLES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_LONGEST = 200
_MOST_NAMES = 6


def explain_misfit(schema: Any, root: Any, value: Any, name: str) -> str:
    """Where a value fails, as deep as it can be told, and what should stand there.

    Args:
        schema: what `value` does not fit.
        root: where local references are looked up.
        value: the value.
        name: what the value is called; its parts are `name.field` and `name[0]`.
    """
    node = _resolve(schema, root)
    if isinstance(value, dict) and isinstance(node, Mapping):
        if told := _explain_object(node, root, value, name):
            return told
    if isinstance(value, list) and isinstance(node, Mapping) and "items" in node:
        accepts = compile_schema(node["items"], root)
        for index, item in enumerate(value):
            if not accepts(item):
                return explain_misfit(node["items"], root, item, f"{name}[{index}]")
    return f"argument {name!r} must be {describe(node, root)}, got {show_value(value)}"


def show_value(value: Any) -> str:
    """A value in an error message, cut when it is long."""
    shown = "null" if value is None else repr(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]} ..."


def describe(schema: Any, root: Any = None) -> str:
    """A JSON schema fragment in words."""
    node = _resolve(schema, schema if root is None else root)
    if not isinstance(node, Mapping) or not node:
        return "anything" if node is not False else "nothing"
    text = _describe_kind(node, root)
    return f"{text} or null" if node.get("nullable") else text


def _describe_kind(node: Mapping[str, Any], root: Any) -> str:
    if "const" in node:
        return f"exactly {node['const']!r}"
    if "enum" in node:
        return "one of " + ", ".join(repr(value) for value in node["enum"])
    for key in ("anyOf", "oneOf"):
        if key in node:
            return " or ".join(dict.fromkeys(describe(inner, root) for inner in node[key]))
    kind = node.get("type", "object" if "properties" in node else "")
    if isinstance(kind, list):
        return " or ".join(describe({**node, "type": one}, root) for one in kind)
    if not kind and "allOf" in node:
        return " and ".join(dict.fromkeys(describe(inner, root) for inner in node["allOf"]))
    return _ARTICLES.get(kind, "anything") + _describe_limits(node, kind, root)


def _describe_limits(node: Mapping[str, Any], kind: str, root: Any) -> str:
    """What narrows a type, with a space before it."""
    if kind in ("integer", "number"):
        above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
        said = _span(node.get("minimum"), node.get("maximum"), "")
        said += f" above {above}" if above is not None else ""
        return said + (f" below {below}" if below is not None else "")
    if kind == "string":
        said = _span(node.get("minLength"), node.get("maxLength"), " characters")
        return said + (f" that matches {node['pattern']}" if "pattern" in node else "")
    if kind == "array":
        said = _span(node.get("minItems"), node.get("maxItems"), " items")
        inner = describe(node["items"], root) if "items" in node else "anything"
        return said + (f", each {inner}" if inner not in ("anything", "a string") else "")
    if kind == "object" and node.get("properties"):
        names = list(node["properties"])
        return " with " + ", ".join([*names[:_MOST_NAMES], *(["..."] * (len(names) > _MOST_NAMES))])
    return ""


def _span(fewest: Any, most: Any, unit: str) -> str:
    if fewest is None and most is None:
        return ""
    if most is None:
        return f" of at least {fewest}{unit}"
    return f" of at most {most}{unit}" if fewest is None else f" from {fewest} to {most}{unit}"


def _explain_object(node: Mapping[str, Any], root: Any, value: dict[str, Any], name: str) -> str:
    named = node.get("properties", {})
    for key in node.get("required", ()):
        if key not in value:
            return f"argument {name + '.' + key!r} is missing"
    other = node.get("additionalProperties", True)
    for key, item in value.items():
        inner = named.get(key, other)
        if key not in named and other is False:
            known = ", ".join(map(json.dumps, named)) or "none"
            return f"argument {name!r} has no field {key!r}; known: {known}"
        if not compile_schema(inner, root)(item):
            return explain_misfit(inner, root, item, f"{name}.{key}")
    return ""


def _resolve(schema: Any, root: Any) -> Any:
    """The node behind references."""
    node = schema
    while isinstance(node, Mapping) and "$ref" in node:
        target = look_up(root, node["$ref"])
        own = {k: v for k, v in node.items() if k not in ("$ref", "description", "title")}
        node = {**target, **own} if isinstance(target, Mapping) and own else target
    return node
