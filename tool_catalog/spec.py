"""What code cannot say of a tool itself, and the schema that its signature and docstring do say.

A tool is a plain function `def tool(state, argument, ...) -> JSON-able`. `@tool(...)` states its
class, flags and carrier fields (TAXONOMY 4); name, description and parameters come from the
function, once.
"""

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from tool_catalog.errors import BadDomainFile, ToolError


class ToolClass(StrEnum):
    """How a tool is treated by the default profile (TAXONOMY 4)."""

    READ = "read"
    WRITE = "write"
    SENSITIVE = "sensitive"
    RESTRICTED = "restricted"


class Flag(StrEnum):
    """What a tool can do beyond its class (TAXONOMY 4, letters as there)."""

    READS = "R"
    UNTRUSTED = "U"
    PRIVATE = "P"
    WRITES = "W"
    IRREVERSIBLE = "I"
    MONEY = "M"
    EGRESS = "E"
    ACCESS = "A"
    HEALTH = "H"
    EXECUTES = "X"
    BULK = "B"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a tool, as the model sees it."""

    name: str
    annotation: Any
    description: str
    required: bool
    default: Any
    schema: Mapping[str, Any]
    accepts: Callable[[Any], bool]


@dataclass(frozen=True)
class ToolSpec:
    """A tool: what the model is told, what the policy needs to know, and the function that runs."""

    name: str
    domain: str
    description: str
    tool_class: ToolClass
    flags: frozenset[Flag]
    carriers: tuple[str, ...]
    """Result fields that outsiders can fill; `items.title` is field `title` of each of `items`."""
    sinks: tuple[str, ...]
    """Arguments that choose who receives data."""
    act: str
    """The U.S leaf that the call is, without the prefix; empty for plain reads and writes."""
    parameters: tuple[Parameter, ...]
    run: Callable[..., Any] = field(repr=False)
    sensitive_when: Callable[[Any, Mapping[str, Any]], bool] | None = field(
        default=None, repr=False
    )
    """Scope that turns a plain write into a sensitive one (bulk, shared, outside the root)."""

    def is_sensitive(self, state: Any, arguments: Mapping[str, Any]) -> bool:
        """Whether this call, with these arguments in this state, is one to confirm or hand off."""
        if self.tool_class in (ToolClass.SENSITIVE, ToolClass.RESTRICTED):
            return True
        return self.sensitive_when is not None and self.sensitive_when(state, arguments)

    @property
    def argument_names(self) -> tuple[str, ...]:
        """Names of the arguments, in order."""
        return tuple(p.name for p in self.parameters)

    @property
    def changes_state(self) -> bool:
        """Whether the tool is more than a read."""
        return Flag.READS not in self.flags

    def json_schema(self) -> dict[str, Any]:
        """The tool in the form chat templates and OpenAI endpoints read."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": {
                    "type": "object",
                    "properties": {
                        p.name: {**p.schema, "description": p.description} for p in self.parameters
                    },
                    "required": [p.name for p in self.parameters if p.required],
                },
            },
        }

    def bind(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Check arguments against the signature and fill in defaults.

        Raises:
            ToolError: an argument is missing, unknown, null or of the wrong type. The text is
                meant for the model.
        """
        bound: dict[str, Any] = {}
        for p in self.parameters:
            if p.name not in arguments:
                if p.required:
                    raise ToolError(f"{self.name}: argument {p.name!r} is missing")
                bound[p.name] = p.default
                continue
            value = arguments[p.name]
            if not p.accepts(value):
                raise ToolError(
                    f"{self.name}: argument {p.name!r} must be {describe(p.schema)}, "
                    f"got {'null' if value is None else repr(value)}"
                )
            bound[p.name] = list(value) if isinstance(value, list) else value  # never shared
        if len(arguments) > len(bound) or any(name not in bound for name in arguments):
            unknown = sorted(set(arguments) - set(bound))
            raise ToolError(f"{self.name}: no argument {', '.join(map(repr, unknown))}")
        return bound


@dataclass(frozen=True, slots=True)
class _Marks:
    tool_class: ToolClass
    flags: frozenset[Flag]
    carriers: tuple[str, ...]
    sinks: tuple[str, ...]
    act: str
    sensitive_when: Callable[[Any, Mapping[str, Any]], bool] | None


Tool = typing.TypeVar("Tool", bound=Callable[..., Any])


def tool(
    tool_class: ToolClass,
    flags: str = "",
    *,
    carriers: tuple[str, ...] = (),
    sinks: tuple[str, ...] = (),
    act: str = "",
    sensitive_when: Callable[[Any, Mapping[str, Any]], bool] | None = None,
) -> Callable[[Tool], Tool]:
    """Mark a function as a tool of its domain.

    Args:
        tool_class: how the default profile treats it.
        flags: letters of TAXONOMY 4, spaces ignored.
        carriers: result fields that outsiders can fill.
        sinks: arguments that choose who receives data.
        act: the U.S leaf of the call without its prefix; required for sensitive and restricted.
        sensitive_when: `(state, arguments) -> bool`, for writes whose scope makes them sensitive.
    """
    marks = _Marks(
        tool_class,
        frozenset(Flag(letter) for letter in flags.replace(" ", "")),
        carriers,
        sinks,
        act,
        sensitive_when,
    )

    def mark(function: Tool) -> Tool:
        setattr(function, _MARKS, marks)
        return function

    return mark


def is_tool(candidate: object) -> bool:
    """Whether `@tool` stands on the object."""
    return hasattr(candidate, _MARKS)


def describe_tool(function: Callable[..., Any], domain: str) -> ToolSpec:
    """Read a marked function into a spec.

    Raises:
        BadDomainFile: no docstring, an argument without a line under `Args:` or with a type that
            has no schema, or a sensitive tool that does not say which act it is.
    """
    marks: _Marks = getattr(function, _MARKS)
    name = f"{domain}.{function.__name__}"
    summary, described = _read_docstring(inspect.getdoc(function) or "")
    if not summary:
        raise BadDomainFile(f"{name}: write a one-line docstring, the model reads it")
    if marks.tool_class in (ToolClass.SENSITIVE, ToolClass.RESTRICTED) and not marks.act:
        raise BadDomainFile(f"{name}: a {marks.tool_class} tool must say act=, a U.S leaf name")
    hints = typing.get_type_hints(function)
    signature = list(inspect.signature(function).parameters.values())
    parameters = []
    for p in signature[1:]:
        if p.name not in hints or p.name not in described:
            raise BadDomainFile(f"{name}: argument {p.name!r} needs a type and a line under Args:")
        schema, accepts = _schema_of(hints[p.name], f"{name}({p.name})")
        required = p.default is inspect.Parameter.empty
        default = None if required else p.default
        parameters.append(
            Parameter(p.name, hints[p.name], described[p.name], required, default, schema, accepts)
        )
    unknown = set(marks.sinks) - {p.name for p in parameters}
    if unknown:
        raise BadDomainFile(f"{name}: sinks name no argument: {', '.join(sorted(unknown))}")
    return ToolSpec(
        name=function.__name__,
        domain=domain,
        description=summary,
        tool_class=marks.tool_class,
        flags=marks.flags,
        carriers=marks.carriers,
        sinks=marks.sinks,
        act=marks.act,
        parameters=tuple(parameters),
        run=function,
        sensitive_when=marks.sensitive_when,
    )


def describe(schema: Mapping[str, Any]) -> str:
    """A JSON schema fragment in words, for error messages."""
    if "enum" in schema:
        return "one of " + ", ".join(repr(value) for value in schema["enum"])
    kind = {"array": "a list", "integer": "an integer"}.get(schema["type"], f"a {schema['type']}")
    return f"{kind} or null" if schema.get("nullable") else kind


_MARKS = "_triact_tool"
_ARGUMENT = re.compile(r"^(\w+):\s*(.+)$")


def _read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Split a Google docstring into its first sentence and its argument lines."""
    head, _, rest = text.partition("Args:")
    described: dict[str, str] = {}
    name = ""
    for line in rest.splitlines():
        stripped = line.strip()
        if re.match(r"^(Returns|Raises|Yields):$", stripped):
            break
        if found := _ARGUMENT.match(stripped):
            name = found[1]
            described[name] = found[2]
        elif name and stripped:
            described[name] += " " + stripped
    return " ".join(head.split("\n\n")[0].split()), described


def _schema_of(hint: Any, where: str) -> tuple[dict[str, Any], Callable[[Any], bool]]:
    """The JSON schema of a type hint and the check that a value fits it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in arguments if a is not types.NoneType]
        if len(inner) == 1 and len(arguments) == 2:
            schema, accepts = _schema_of(inner[0], where)
            return {**schema, "nullable": True}, lambda v: v is None or accepts(v)
    elif origin is Literal:
        allowed = frozenset(arguments)
        return (
            {"type": "string", "enum": list(arguments)},
            lambda v: isinstance(v, str) and v in allowed,
        )
    elif origin is list and len(arguments) == 1:
        schema, accepts = _schema_of(arguments[0], where)
        return (
            {"type": "array", "items": schema},
            lambda v: isinstance(v, list) and all(map(accepts, v)),
        )
    elif hint in _SCALARS:
        name, accepts = _SCALARS[hint]
        return {"type": name}, accepts
    raise BadDomainFile(
        f"{where}: no schema for type {hint}; use str, int, float, bool, a Literal, "
        "a list of these, or one of them | None"
    )


_SCALARS: dict[type, tuple[str, Callable[[Any], bool]]] = {
    str: ("string", lambda v: isinstance(v, str)),
    bool: ("boolean", lambda v: isinstance(v, bool)),
    int: ("integer", lambda v: isinstance(v, int) and not isinstance(v, bool)),
    float: ("number", lambda v: isinstance(v, int | float) and not isinstance(v, bool)),
}
