"""A tool as data: what the model is told of it, and what policy, labels and questions must know.

A spec holds no code. It is made from a decorated function (`tool_catalog.tool`) or from a JSON
schema (`tool_catalog.foreign_tool`); `Domain.run` has the function that runs.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_serializer, model_validator

from tool_catalog.errors import ToolError
from tool_catalog.misfit import explain_misfit
from tool_catalog.schema import Accepts, compile_schema

_SLOT = re.compile(r"{([^{}]*)}")
_PATH = re.compile(r"[^\s.]+(\.[^\s.]+)*")


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


class Origin(StrEnum):
    """Who wrote what a field of a result shows."""

    USER = "user"
    OPERATOR = "operator"
    THIRD_PARTY = "third_party"
    """Anybody else: an outsider can put content there."""
    SYSTEM = "system"
    """The machine: ids, numbers, times, states."""


class ResultField(BaseModel):
    """What a domain declares of one field of a tool's result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: Origin = Origin.SYSTEM
    sensitive: bool = False
    """Whatever stands there is protected, like a list of passwords."""


_UNLISTED = ResultField()


class ToolSpec(BaseModel):
    """A tool, in full, as data that goes through JSON and back.

    Raises:
        ValueError: (pydantic's) a schema that cannot be used, a sink or a slot of the wording that
            is no argument, or a sensitive tool without an act.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    domain: str
    description: str
    parameters: dict[str, Any] = Field(
        default_factory=lambda: {"type": "object", "properties": {}, "required": []}
    )
    """A JSON schema of type object."""
    tool_class: ToolClass
    flags: frozenset[Flag] = frozenset()
    act: str = ""
    """The U.S leaf that the call is, without the prefix; empty for plain reads and writes."""
    sinks: tuple[str, ...] = ()
    """Arguments that choose who receives data."""
    fields: dict[str, ResultField] = Field(default_factory=dict)
    """What is known of fields of the result: `results.memo` is field `memo` of each of `results`.
    A field that is not listed is the system's."""
    wording: str = ""
    """How a question words this very call, `{argument}` standing for a value."""
    scoped: bool = False
    """Whether the arguments and the state can make a call sensitive that its class is not."""

    @model_validator(mode="after")
    def _validate_references(self) -> "ToolSpec":
        if self.parameters.get("type") != "object":
            raise ValueError("parameters must be a JSON schema of type object")
        try:
            _ = self._form
        except RecursionError as error:
            raise ValueError("parameters are nested too deep") from error
        unknown = set(self.sinks) - set(self.argument_names)
        if unknown:
            raise ValueError(f"sinks name no argument: {', '.join(sorted(unknown))}")
        if self.tool_class in (ToolClass.SENSITIVE, ToolClass.RESTRICTED) and not self.act:
            raise ValueError(f"a {self.tool_class} tool must say act=, a U.S leaf name")
        for path in self.fields:
            if not _PATH.fullmatch(path):
                raise ValueError(f"{path!r} is no path of a result; write it like results.memo")
        for slot in _SLOT.findall(self.wording):
            if slot not in self.argument_names:
                raise ValueError(f"wording names no argument: {slot!r}")
        return self

    @field_serializer("flags")
    def _sort_flags(self, flags: frozenset[Flag]) -> list[str]:
        return sorted(flags)

    @cached_property
    def key(self) -> str:
        """The name that is the tool's alone: `domain.name`."""
        return f"{self.domain}.{self.name}"

    @cached_property
    def carriers(self) -> tuple[str, ...]:
        """Paths of the result that outsiders can fill."""
        return tuple(p for p, f in self.fields.items() if f.origin is Origin.THIRD_PARTY)

    @cached_property
    def carrier_names(self) -> tuple[str, ...]:
        """Last parts of the carriers, by which they are found in a result."""
        return tuple(dict.fromkeys(path.rpartition(".")[2] for path in self.carriers))

    @cached_property
    def argument_names(self) -> tuple[str, ...]:
        """In the order of the schema."""
        return tuple(self.parameters.get("properties", {}))

    @property
    def required(self) -> tuple[str, ...]:
        """Arguments that every call must give."""
        return tuple(self.parameters.get("required", ()))

    @cached_property
    def changes_state(self) -> bool:
        """Whether the tool is more than a read."""
        return Flag.READS not in self.flags

    def find_field(self, path: str) -> ResultField:
        """What is declared of the field at a path of the result."""
        return self.fields.get(path, _UNLISTED)

    def json_schema(self) -> dict[str, Any]:
        """The tool in the form chat templates and OpenAI endpoints read; defaults are left out."""
        shown = {
            name: {k: v for k, v in node.items() if k != "default"}
            if isinstance(node, dict)
            else node
            for name, node in self.parameters.get("properties", {}).items()
        }
        parameters = {**self.parameters, "properties": shown, "required": list(self.required)}
        function = {"name": self.name, "description": self.description, "parameters": parameters}
        return {"type": "function", "function": function}

    def bind(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Check arguments against the schema and fill in defaults.

        An argument that the schema does not name is refused, unless `additionalProperties` says
        that others are welcome.

        Raises:
            ToolError: an argument is missing, unknown or not as the schema has it. The text is
                meant for the model.
        """
        try:
            return self._bind(arguments)
        except RecursionError as error:
            raise ToolError(f"{self.name}: an argument is nested too deep") from error

    def _bind(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        bound: dict[str, Any] = {}
        for name, required, defaults, accepts in self._form.arguments:
            if name not in arguments:
                if required:
                    raise ToolError(f"{self.name}: argument {name!r} is missing")
                for default in defaults:
                    bound[name] = _copy(default)
                continue
            value = arguments[name]
            if not accepts(value):
                node = self.parameters["properties"][name]
                told = explain_misfit(node, self.parameters, value, name)
                raise ToolError(f"{self.name}: {told}")
            bound[name] = _copy(value)
        if len(arguments) > len(bound) or any(name not in bound for name in arguments):
            bound |= self._bind_others({n: v for n, v in arguments.items() if n not in bound})
        whole = self._form.whole
        if whole is not None and not whole(dict(arguments)):
            raise ToolError(f"{self.name}: these arguments do not go together")
        return bound

    def _bind_others(self, others: Mapping[str, Any]) -> dict[str, Any]:
        welcome = self.parameters.get("additionalProperties", False)
        if welcome is False:
            unknown = ", ".join(map(repr, sorted(others)))
            raise ToolError(f"{self.name}: no argument {unknown}")
        accepts = compile_schema(welcome, self.parameters)
        for name, value in others.items():
            if not accepts(value):
                told = explain_misfit(welcome, self.parameters, value, name)
                raise ToolError(f"{self.name}: {told}")
        return {name: _copy(value) for name, value in others.items()}

    def word(self, arguments: Mapping[str, Any]) -> str:
        """This very call in words, every argument with its value; defaults are filled in."""
        values = {a.name: d for a in self._form.arguments for d in a.defaults} | dict(arguments)
        if self.wording:
            return _SLOT.sub(lambda found: _write_value(values.get(found[1])), self.wording)
        name = self.name.replace("_", " ")
        given = [f"{n.replace('_', ' ')} {_write_value(v)}" for n, v in values.items()]
        return f"{name} with {', '.join(given)}" if given else name

    @cached_property
    def _form(self) -> "_Form":
        return _Form(self.parameters)


class _Argument(NamedTuple):
    name: str
    required: bool
    defaults: tuple[Any, ...]
    """The default, where there is one."""
    accepts: Accepts


class _Form:
    """A schema of arguments, compiled; what is pickled or copied is the schema."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        compile_schema(parameters)
        self._parameters = parameters
        self.arguments = tuple(
            _Argument(
                name,
                name in parameters.get("required", ()),
                (node["default"],) if isinstance(node, Mapping) and "default" in node else (),
                compile_schema(node, parameters),
            )
            for name, node in parameters.get("properties", {}).items()
        )
        beyond = {k: v for k, v in parameters.items() if k not in _OWN_KEYS}
        self.whole = compile_schema(beyond, parameters) if beyond else None
        """The check of what is said of all arguments together."""

    def __reduce__(self) -> tuple[type["_Form"], tuple[Any, ...]]:
        return _Form, (self._parameters,)


_OWN_KEYS = (
    "type", "properties", "required", "additionalProperties", "title", "description", "$defs",
    "definitions", "$schema",
)  # fmt: skip


def _copy(value: Any) -> Any:
    """Never shared between calls, nor with what a model's message holds."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _write_value(value: Any) -> str:
    """A value as it stands in a sentence."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and value and not any(isinstance(v, list | dict) for v in value):
        return ", ".join(map(_write_value, value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
