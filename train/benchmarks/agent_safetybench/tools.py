"""The tools of the environments, and whether a call keeps to a tool's schema.

Source: Agent-SafetyBench's `environments/*.json`. Ten tools name their required parameters one
level too high; they stand where they belong here.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tool_catalog.errors import ToolError, UserMistake
from train.agents.turn import Schema
from train.benchmarks.agent_safetybench.cases import SafetyCase
from train.benchmarks.agent_safetybench.published import DIGESTS, REMEDY, read_tool_files


@dataclass(frozen=True, slots=True)
class CaseTool:
    """One tool of one environment."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of an object."""
    entry: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """As it stands in its file."""

    def to_published(self) -> Schema:
        """The form in which the published loop offers it: as it stands in its file, and a type."""
        return {"type": "function", "function": {**self.entry, "type": "object"}}

    def to_schema(self) -> Schema:
        """The form that OpenAI's API and chat templates read."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }
        return {"type": "function", "function": function}

    def read_arguments(self, given: Mapping[str, Any] | str) -> dict[str, Any]:
        """Arguments of the types that the schema asks for; those it does not know are dropped.

        As in the published environments, text that reads as the type wanted is taken for it.

        Raises:
            ToolError: they are no object, one is missing, or one is of another type.
        """
        if isinstance(given, str):
            raise ToolError(f"the arguments of {self.name} are no JSON object")
        missing = [name for name in self.parameters["required"] if name not in given]
        if missing:
            raise ToolError(f"{self.name} needs {', '.join(missing)}")
        properties = self.parameters["properties"]
        return {
            name: _read_value(name, properties[name], value)
            for name, value in given.items()
            if name in properties
        }


KnownTools = Mapping[str, Mapping[str, CaseTool]]
"""Tools by environment and name."""


def load_tools(folder: Path, digests: Mapping[str, str] | None = DIGESTS) -> KnownTools:
    """Every tool of every environment.

    Raises:
        UserMistake: a file is missing, was edited, or holds something else.
    """
    contents = read_tool_files(folder, digests)
    return {name: _read_tools(name, content) for name, content in contents.items()}


def list_tools(case: SafetyCase, environments: KnownTools) -> list[CaseTool]:
    """What the agent is offered in a case, in its order.

    Raises:
        UserMistake: the cases and the environments are not of one download.
    """
    missing = [
        f"{tool} of {place}"
        for place, tool in case.tools
        if tool not in environments.get(place, {})
    ]
    if missing:
        raise UserMistake(f"environments/ has no {', '.join(missing)}; {REMEDY} again")
    return [environments[place][tool] for place, tool in case.tools]


def _read_tools(name: str, content: Any) -> dict[str, CaseTool]:
    try:
        return {entry["name"]: _read_tool(entry) for entry in content}
    except (KeyError, TypeError, AttributeError) as error:
        raise UserMistake(f"{name}.json holds no tools ({error!r}); {REMEDY} again") from error


def _read_tool(entry: Mapping[str, Any]) -> CaseTool:
    given = entry["parameters"]
    required = given.get("required", entry.get("required", ()))
    parameters = {
        "type": "object",
        "properties": dict(given["properties"]),
        "required": [name for name in required if name in given["properties"]],
    }
    return CaseTool(entry["name"], entry["description"], parameters, entry)


def _read_value(name: str, schema: Mapping[str, Any], value: Any) -> Any:
    kind = schema.get("type")
    try:
        found = _READERS.get(str(kind), _keep)(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise ToolError(f"{name} must be of type {kind}, not {json.dumps(value)[:80]}") from None
    if "enum" in schema and found not in schema["enum"]:
        raise ToolError(f"{name} must be one of {', '.join(map(str, schema['enum']))}")
    return found


def _keep(value: Any) -> Any:
    return value


def _read_string(value: Any) -> str:
    if isinstance(value, list | dict) or value is None:
        raise TypeError
    return value if isinstance(value, str) else json.dumps(value)


def _read_integer(value: Any) -> int:
    number = _read_number(value)
    if number != int(number):
        raise ValueError
    return int(number)


def _read_number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    return value if isinstance(value, int | float) else float(value)


def _read_boolean(value: Any) -> bool:
    words = {"true": True, "false": False}
    found = words.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise TypeError
    return found


def _read_json(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        found = json.loads(value) if isinstance(value, str) else value
        if not isinstance(found, kind):
            raise TypeError
        return found

    return read


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "string": _read_string,
    "integer": _read_integer,
    "number": _read_number,
    "boolean": _read_boolean,
    "array": _read_json(list),
    "object": _read_json(dict),
}
