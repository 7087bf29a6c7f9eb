"""What a function says of itself: its docstring, and the JSON schema of its arguments."""

import inspect
import typing
from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, cast

from docstring_parser import DocstringStyle, ParseError
from docstring_parser import parse as parse_docstring
from pydantic import PydanticUserError, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import PydanticSerializationError, to_jsonable_python

from tool_catalog.errors import BadDomainFile

_PLAIN = (str, int, float, bool, list, dict, Any, None, type(None))
_JSON_KINDS = (list, dict, Union, UnionType)


def read_docstring(text: str, name: str) -> tuple[str, dict[str, str]]:
    """The first paragraph of a Google docstring, and its argument lines."""
    try:
        parsed = parse_docstring(text, DocstringStyle.GOOGLE)
    except ParseError as error:
        raise BadDomainFile(f"{name}: its docstring cannot be read: {error}") from error
    summary = " ".join((parsed.short_description or "").split())
    if parsed.long_description and not parsed.blank_after_short_description:
        summary += " " + " ".join(parsed.long_description.split("\n\n")[0].split())
    described = {p.arg_name: " ".join((p.description or "").split()) for p in parsed.params}
    return summary, described


def read_parameters(
    function: Callable[..., Any], described: Mapping[str, str], name: str
) -> dict[str, Any]:
    """The JSON schema of a function's arguments, the state left out."""
    hints = typing.get_type_hints(function, include_extras=True)
    signature = list(inspect.signature(function).parameters.values())[1:]
    for p in signature:
        if p.name not in hints or not described.get(p.name):
            raise BadDomainFile(f"{name}: argument {p.name!r} needs a type and a line under Args:")
    shapes, definitions = _read_hints({p.name: hints[p.name] for p in signature}, name)
    properties = {}
    for p in signature:
        properties[p.name] = {**shapes[p.name], "description": described[p.name]}
        if p.default is not inspect.Parameter.empty:
            try:
                properties[p.name]["default"] = to_jsonable_python(p.default)
            except PydanticSerializationError as error:
                message = f"{name}({p.name}): the default {p.default!r} has no JSON"
                raise BadDomainFile(message) from error
    required = [p.name for p in signature if p.default is inspect.Parameter.empty]
    parameters = {"type": "object", "properties": properties, "required": required}
    return parameters | ({"$defs": definitions} if definitions else {})


def _read_hints(hints: Mapping[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Each argument's schema, and the definitions that they share."""
    alone = {}
    for argument, hint in hints.items():
        try:
            alone[argument] = _read_hint(hint)
        except (PydanticUserError, PydanticInvalidForJsonSchema, TypeError) as error:
            told = " ".join(str(error).partition("\n\n")[0].split())
            message = f"{name}({argument}): no JSON schema for type {hint}: {told}"
            raise BadDomainFile(message) from error
    if not any("$defs" in schema for schema in alone.values()):
        return alone, {}
    mode: Literal["validation"] = "validation"  # together, so that classes may share a name
    found, shared = TypeAdapter.json_schemas([(a, mode, adapt(h)) for a, h in hints.items()])
    shapes = {argument: _tidy(found[argument, mode]) for argument in hints}
    return shapes, {k: _tidy(v) for k, v in shared["$defs"].items()}


@cache
def adapt(hint: Any) -> TypeAdapter[Any]:
    """What reads values of a type; made once."""
    return TypeAdapter(hint)


@cache
def _read_hint(hint: Any) -> dict[str, Any]:
    """The schema of one type, never to be changed: equal types share it."""
    return cast(dict[str, Any], _tidy(adapt(hint).json_schema()))


def is_plain(hint: Any) -> bool:
    """Whether a value of the type is what JSON has already."""
    origin = typing.get_origin(hint)
    if origin is typing.Literal or hint in _PLAIN:
        return True
    if origin is typing.Annotated:
        return is_plain(typing.get_args(hint)[0])
    return origin in _JSON_KINDS and all(map(is_plain, typing.get_args(hint)))


def _tidy(node: Any) -> Any:
    """A schema as pydantic makes it, without titles, `type` first, null as `nullable`."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {k: v for k, v in node.items() if k != "title" or not isinstance(v, str)}
    named = kept.pop("properties", None)
    tidied = {key: value if key in _LITERAL_KEYS else _tidy(value) for key, value in kept.items()}
    if named is not None:
        tidied["properties"] = {key: _tidy(value) for key, value in named.items()}
    if "const" in tidied:
        tidied["enum"] = [tidied.pop("const")]
    some = tidied.get("anyOf", [])
    if len(some) == 2 and {"type": "null"} in some:
        inner: dict[str, Any] = next((n for n in some if n != {"type": "null"}), {})
        if "$ref" not in inner:
            del tidied["anyOf"]
            tidied = {**inner, **tidied, "nullable": True}
    return {k: tidied[k] for k in sorted(tidied, key=lambda k: k != "type")}


_LITERAL_KEYS = ("default", "enum", "const", "required", "examples")
