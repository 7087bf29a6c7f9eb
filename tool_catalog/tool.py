"""Tools made from functions: what code cannot say of a tool itself, and what its signature does.

A tool is a plain function `def tool(state, argument, ...) -> JSON-able`. `@tool(...)` states its
class, flags and who wrote what it returns (TAXONOMY 4); name, description and schema come from the
function, once. An argument may be of any type that pydantic has a JSON schema for.
"""

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from pydantic import ValidationError

from tool_catalog.errors import BadDomainFile, ToolError
from tool_catalog.signature import adapt, is_plain, read_docstring, read_parameters
from tool_catalog.spec import Flag, Origin, ResultField, ToolClass, ToolSpec

Scope = Callable[[Any, Mapping[str, Any]], bool]
Runner = Callable[[Any, Mapping[str, Any]], Any]
"""Runs a tool on a state with bound arguments."""

_MARKS = "_triact_tool"


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
    summary, described = read_docstring(inspect.getdoc(function) or "", name)
    if not summary:
        raise BadDomainFile(f"{name}: write a one-line docstring, the model reads it")
    try:
        return ToolSpec(
            name=function.__name__,
            domain=domain,
            description=summary,
            parameters=read_parameters(function, described, name),
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


def make_run(function: Callable[..., Any]) -> Runner:
    """How a marked function is called with bound arguments: dataclasses are made of their JSON."""
    hints = typing.get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)[1:]
    adapters = {name: adapt(hints[name]) for name in names if not is_plain(hints[name])}
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
