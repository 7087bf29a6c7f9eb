"""JSON schemas as checks: a schema is read once into a function that says whether a value fits.

Understood are `type` (a name or a list), `nullable`, `enum`, `const`, `anyOf`, `oneOf`, `allOf`,
`not`, local `$ref` with `$defs` (recursion included), and the limits of texts, numbers, lists and
objects. What only annotates (`format`, `title`, `default`, ...) is no check; a node without `type`
takes any value.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from typing import Any
from urllib.parse import unquote

Accepts = Callable[[Any], bool]

_JOINING = ("anyOf", "oneOf", "allOf")
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")


class BadSchema(ValueError):
    """A schema that cannot be used; one line says where and why."""


def compile_schema(schema: Any, root: Any = None) -> Accepts:
    """The check of a schema.

    Args:
        schema: what a value is to fit.
        root: the schema that local references are looked up in; `schema` itself when not given.

    Raises:
        BadSchema: an unknown type, a keyword with a value of the wrong kind, or a reference that
            is remote, leads nowhere or only to itself.
    """
    return _Compiler(schema if root is None else root).compile(schema, "#")


def look_up(root: Any, pointer: Any, at: str = "#") -> Any:
    """The node that a local reference names.

    Raises:
        BadSchema: it is remote, or nothing is there.
    """
    if not isinstance(pointer, str) or not pointer.startswith("#"):
        raise BadSchema(f"{at}: $ref {pointer!r} is not local; put it under $defs")
    node = root
    for step in pointer[1:].split("/")[1:]:
        key = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, Mapping) and key in node:
            node = node[key]
        else:
            raise BadSchema(f"{at}: $ref {pointer!r} leads nowhere")
    if pointer != "#" and not pointer.startswith("#/"):
        raise BadSchema(f"{at}: $ref {pointer!r} leads nowhere; write it as #/$defs/NAME")
    return node


def is_number(value: Any) -> bool:
    """Whether a value is a number of JSON; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


TYPES: Mapping[str, Accepts] = {
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": is_number,
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "null": lambda v: v is None,
}


class _Compiler:
    """Compiles the nodes of one root; every reference is compiled once."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._references: dict[str, Accepts] = {}

    def compile(self, node: Any, at: str) -> Accepts:
        if isinstance(node, bool):
            return (lambda _: True) if node else (lambda _: False)
        if not isinstance(node, Mapping):
            raise BadSchema(f"{at}: a schema is an object, not {json.dumps(node, default=str)}")
        checks = [*self._read_type(node, at), *_read_values(node, at), *self._join(node, at)]
        checks += _read_limits(node, at)
        checks += self._read_items(node, at)
        checks += self._read_properties(node, at)
        accepts = _all_of(checks)
        if node.get("nullable") is True:
            return lambda v: v is None or accepts(v)
        return accepts

    def _read_type(self, node: Mapping[str, Any], at: str) -> Iterator[Accepts]:
        if "type" not in node:
            return
        named = node["type"]
        names = named if isinstance(named, list) else [named]
        for name in names:
            if not isinstance(name, str) or name not in TYPES:
                raise BadSchema(f"{at}: no type {name!r}; known: {', '.join(TYPES)}")
        yield TYPES[named] if isinstance(named, str) else _any_of([TYPES[n] for n in names])

    def _join(self, node: Mapping[str, Any], at: str) -> Iterator[Accepts]:
        if "$ref" in node:
            yield self._follow(node["$ref"], at)
        for key in _JOINING:
            if key in node:
                if not isinstance(node[key], list) or not node[key]:
                    raise BadSchema(f"{at}: {key} must be a list of schemas")
                checks = [self.compile(n, f"{at}/{key}/{i}") for i, n in enumerate(node[key])]
                yield {"anyOf": _any_of, "oneOf": _one_of, "allOf": _all_of}[key](checks)
        if "not" in node:
            inner = self.compile(node["not"], f"{at}/not")
            yield lambda v: not inner(v)

    def _follow(self, pointer: Any, at: str) -> Accepts:
        target = look_up(self._root, pointer, at)
        if pointer not in self._references:
            _refuse_loop(self._root, pointer, at)
            self._references[pointer] = _unfinished
            self._references[pointer] = self.compile(target, pointer)
        references = self._references
        return lambda v: references[pointer](v)

    def _read_items(self, node: Mapping[str, Any], at: str) -> Iterator[Accepts]:
        first = [self.compile(n, f"{at}/prefixItems") for n in node.get("prefixItems", ())]
        if "items" in node:
            inner = self.compile(node["items"], f"{at}/items")
            count = len(first)
            yield lambda v: not isinstance(v, list) or all(map(inner, v[count:]))
        if first:
            yield (
                lambda v: (
                    not isinstance(v, list)
                    or all(accepts(item) for accepts, item in zip(first, v, strict=False))
                )
            )
        if node.get("uniqueItems") is True:
            yield lambda v: not isinstance(v, list) or len({*map(_write_key, v)}) == len(v)

    def _read_properties(self, node: Mapping[str, Any], at: str) -> Iterator[Accepts]:
        named = node.get("properties", {})
        if not isinstance(named, Mapping):
            raise BadSchema(f"{at}: properties must be an object of schemas")
        inner = {k: self.compile(n, f"{at}/properties/{k}") for k, n in named.items()}
        if inner:
            yield (
                lambda v: (
                    not isinstance(v, dict)
                    or all(accepts(v[key]) for key, accepts in inner.items() if key in v)
                )
            )
        required = node.get("required", [])
        if not isinstance(required, list | tuple) or not all(isinstance(n, str) for n in required):
            raise BadSchema(f"{at}: required must be a list of names")
        if required:
            yield lambda v: not isinstance(v, dict) or all(key in v for key in required)
        other = node.get("additionalProperties", True)
        if other is not True:
            rest = self.compile(other, f"{at}/additionalProperties")
            yield (
                lambda v: (
                    not isinstance(v, dict)
                    or all(rest(value) for key, value in v.items() if key not in inner)
                )
            )


def _read_values(node: Mapping[str, Any], at: str) -> Iterator[Accepts]:
    listed = node.get("enum", [node["const"]] if "const" in node else None)
    if "enum" in node and not isinstance(listed, list | tuple):
        raise BadSchema(f"{at}: enum must be a list of values")
    if listed is None:
        return
    if all(isinstance(value, str) for value in listed):
        texts = frozenset(listed)
        yield lambda v: isinstance(v, str) and v in texts
    else:
        keys = frozenset(map(_write_key, listed))
        yield lambda v: _write_key(v) in keys


def _read_limits(node: Mapping[str, Any], at: str) -> Iterator[Accepts]:
    for key in (*_LIMITS, *_COUNTS):
        if key in node and (not is_number(node[key]) or (key in _COUNTS and node[key] < 0)):
            raise BadSchema(f"{at}: {key} must be a number")
    for key in _LIMITS:
        if key in node:
            yield _limit(key, node[key])
    for kind, names in ((str, _COUNTS[:2]), (list, _COUNTS[2:4]), (dict, _COUNTS[4:])):
        if any(name in node for name in names):
            yield _count(kind, node.get(names[0], 0), node.get(names[1], math.inf))
    if "pattern" in node:
        try:
            search = re.compile(node["pattern"]).search
        except (re.error, TypeError) as error:
            raise BadSchema(f"{at}: pattern {node['pattern']!r}: {error}") from error
        yield lambda v: not isinstance(v, str) or search(v) is not None


def _limit(key: str, limit: float) -> Accepts:
    compare: dict[str, Callable[[Any], bool]] = {
        "minimum": lambda v: v >= limit,
        "maximum": lambda v: v <= limit,
        "exclusiveMinimum": lambda v: v > limit,
        "exclusiveMaximum": lambda v: v < limit,
        "multipleOf": lambda v: _divides(limit, v),
    }
    holds = compare[key]
    return lambda v: not is_number(v) or holds(v)


def _divides(step: float, value: float) -> bool:
    try:
        return math.isclose(value / step, round(value / step))
    except (ArithmeticError, ValueError):  # a step of 0, and values beyond what a float holds
        return False


def _count(kind: type[Sized], fewest: float, most: float) -> Accepts:
    return lambda v: not isinstance(v, kind) or fewest <= len(v) <= most


def _refuse_loop(root: Any, pointer: str, at: str) -> None:
    """A reference must come to a value sooner or later."""
    seen, open_ = {pointer}, [pointer]
    while open_:
        for other in _list_references(look_up(root, open_.pop(), at)):
            if other == pointer:
                raise BadSchema(f"{at}: $ref {pointer!r} refers to itself without end")
            if other not in seen:
                seen.add(other)
                open_.append(other)


def _list_references(node: Any) -> Iterator[str]:
    """References that speak of the same value as the node."""
    if not isinstance(node, Mapping):
        return
    if "$ref" in node:
        yield node["$ref"]
    for key in _JOINING:
        for inner in node.get(key, ()) if isinstance(node.get(key), list) else ():
            yield from _list_references(inner)
    yield from _list_references(node.get("not"))


def _unfinished(_: Any) -> bool:
    raise AssertionError("a check ran before its schema was read")


def _write_key(value: Any) -> str:
    """Equal exactly for equal JSON values."""
    return json.dumps(value, sort_keys=True)


def _all_of(checks: Sequence[Accepts]) -> Accepts:
    if len(checks) == 1:
        return checks[0]
    return lambda v: all(accepts(v) for accepts in checks)


def _any_of(checks: Sequence[Accepts]) -> Accepts:
    return lambda v: any(accepts(v) for accepts in checks)


def _one_of(checks: Sequence[Accepts]) -> Accepts:
    return lambda v: sum(accepts(v) for accepts in checks) == 1
