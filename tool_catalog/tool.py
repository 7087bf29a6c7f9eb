"""Tools made from functions: what code cannot say of a tool itself, and what its signature does.

A tool is a plain function `def tool(state, argument, ...) -> JSON-able`. `@tool(...)` states its
class, flags and who wrote what it returns (TAXONOMY 4); name, description and schema come from the
function, once. An argument may be of any type that pydantic has a JSON schema for.
"""

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import FunctionType, UnionType
from typing import Any, Literal, Union, cast

from docstring_parser import DocstringStyle, ParseError
from docstring_parser import parse as parse_docstring
from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import PydanticSerializationError, to_jsonable_python

from tool_catalog.errors import BadDomainFile, ToolError
from tool_catalog.spec import Flag, Origin, ResultField, ToolClass, ToolSpec

Scope = Callable[[Any, Mapping[str, Any]], bool]
Run = Callable[[Any, Mapping[str, Any]], Any]
"""Runs a tool on a state with bound arguments."""

_MARKS = "_triact_tool"
_PLAIN = (str, int, float, bool, list, dict, Any, None, type(None))
_JSON_KINDS = (list, dict, Union, UnionType)


@dataclass(frozen=True, slots=True)
class _Marks:
    tool_class: ToolClass
    flags: frozenset[Flag]
    fields: Mapping[str, ResultField]
    sinks: tuple[str, ...]
    act: str
    wording: str
    sensitive_when: Scope | None


Tool = typing.TypeVar("Tool", bound=Callable[..., Any])


def tool(
    tool_class: ToolClass,
    flags: str = "",
    *,
    third_party: tuple[str, ...] = (),
    from_user: tuple[str, ...] = (),
    from_operator: tuple[str, ...] = (),
    sensitive: tuple[str, ...] = (),
    sinks: tuple[str, ...] = (),
    act: str = "",
    wording: str = "",
    sensitive_when: Scope | None = None,
) -> Callable[[Tool], Tool]:
    """Mark a function as a tool of its domain.

    Args:
        tool_class: how the default profile treats it.
        flags: letters of TAXONOMY 4, spaces ignored.
        third_party: result fields that outsiders can fill; `results.memo` is `memo` of each item.
        from_user: result fields that the user wrote.
        from_operator: result fields that the operator wrote. All others are the system's.
        sensitive: result fields that are protected whatever stands there.
        sinks: arguments that choose who receives data.
        act: the U.S leaf of the call without its prefix; required for sensitive and restricted.
        wording: the call in words, `{argument}` for a value: what a question to the user says.
        sensitive_when: `(state, arguments) -> bool`, for writes whose scope makes them sensitive.
    """
    marks = _Marks(
        tool_class,
        read_flags(flags),
        _join_fields(third_party, from_user, from_operator, sensitive),
        sinks,
        act,
        wording,
        sensitive_when,
    )

    def mark(function: Tool) -> Tool:
        setattr(function, _MARKS, marks)
        return function

    return mark


def read_flags(letters: str) -> frozenset[Flag]:
    """Flags by their letters; spaces are ignored."""
    return frozenset(Flag(letter) for letter in letters.replace(" ", ""))


def is_tool(candidate: object) -> bool:
    """Whether `@tool` stands on the object."""
    return isinstance(candidate, FunctionType) and hasattr(candidate, _MARKS)


def describe_tool(function: Callable[..., Any], domain: str) -> ToolSpec:
    """Read a marked function into a spec.

    Raises:
        BadDomainFile: no docstring, an argument without a line under `Args:` or with a type that
            has no schema, or marks that do not go together.
    """
    marks: _Marks = getattr(function, _MARKS)
    name = f"{domain}.{function.__name__}"
    summary, described = _read_docstring(inspect.getdoc(function) or "", name)
    if not summary:
        raise BadDomainFile(f"{name}: write a one-line docstring, the model reads it")
    try:
        return ToolSpec(
            name=function.__name__,
            domain=domain,
            description=summary,
            parameters=_read_parameters(function, described, name),
            tool_class=marks.tool_class,
            flags=marks.flags,
            act=marks.act,
            sinks=marks.sinks,
            fields=dict(marks.fields),
            wording=marks.wording,
            scoped=marks.sensitive_when is not None,
        )
    except ValidationError as error:
        raise BadDomainFile(f"{name}: {tell_first(error)}") from error


def read_scope(function: Callable[..., Any]) -> Scope | None:
    """What makes a call of a marked function sensitive beyond its class."""
    marks: _Marks = getattr(function, _MARKS)
    return marks.sensitive_when


def make_run(function: Callable[..., Any]) -> Run:
    """How a marked function is called with bound arguments: dataclasses are made of their JSON."""
    hints = typing.get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)[1:]
    adapters = {name: _adapt(hints[name]) for name in names if not _is_plain(hints[name])}
    if not adapters:
        return lambda state, bound: function(state, **bound)

    def run(state: Any, bound: Mapping[str, Any]) -> Any:
        made = dict(bound)
        for name, adapter in adapters.items():
            try:
                made[name] = adapter.validate_python(bound[name])
            except ValidationError as error:
                told = f"argument {name!r}: {tell_first(error)}"
                raise ToolError(f"{function.__name__}: {told}") from error
        return function(state, **made)

    return run


def tell_first(error: ValidationError) -> str:
    """The first thing that pydantic found wrong, in one line."""
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _join_fields(
    third_party: tuple[str, ...],
    from_user: tuple[str, ...],
    from_operator: tuple[str, ...],
    sensitive: tuple[str, ...],
) -> dict[str, ResultField]:
    named = {Origin.THIRD_PARTY: third_party, Origin.USER: from_user}
    origins = {path: o for o, paths in named.items() for path in paths}
    origins |= dict.fromkeys(from_operator, Origin.OPERATOR)
    return {
        path: ResultField(origin=origins.get(path, Origin.SYSTEM), sensitive=path in sensitive)
        for path in dict.fromkeys([*origins, *sensitive])
    }


def _read_docstring(text: str, name: str) -> tuple[str, dict[str, str]]:
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


def _read_parameters(
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
    found, shared = TypeAdapter.json_schemas([(a, mode, _adapt(h)) for a, h in hints.items()])
    shapes = {argument: _tidy(found[argument, mode]) for argument in hints}
    return shapes, {k: _tidy(v) for k, v in shared["$defs"].items()}


@cache
def _adapt(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


@cache
def _read_hint(hint: Any) -> dict[str, Any]:
    """The schema of one type, never to be changed: equal types share it."""
    return cast(dict[str, Any], _tidy(_adapt(hint).json_schema()))


def _is_plain(hint: Any) -> bool:
    """Whether a value of the type is what JSON has already."""
    origin = typing.get_origin(hint)
    if origin is typing.Literal or hint in _PLAIN:
        return True
    if origin is typing.Annotated:
        return _is_plain(typing.get_args(hint)[0])
    return origin in _JSON_KINDS and all(map(_is_plain, typing.get_args(hint)))


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
