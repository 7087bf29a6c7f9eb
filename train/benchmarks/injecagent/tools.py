"""The tools of a case as JSON schemas, in the form that OpenAI's API and chat templates read.

Source: InjecAgent's `tools.json`, which is ToolEmu's (Ruan et al., 2024). An array is an array of
strings here, which every array among the cases' tools is by its description; the published
function-calling runs nested each element in an object instead, and so does the published form.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tool_catalog.errors import UserMistake
from train.agents.turn import Schema as Schema
from train.benchmarks.injecagent.cases import InjectionCase
from train.benchmarks.injecagent.published import DIGESTS, REMEDY, read_published

_ELEMENTS = ("array of", "list of")
"""What the description of an array says before that of its elements."""

ToolEntry = Mapping[str, Any]
"""A tool as published: summary, parameters, returns and exceptions."""


def load_entries(
    folder: Path, digests: Mapping[str, str] | None = DIGESTS
) -> Mapping[str, ToolEntry]:
    """Every tool by the name that cases use: its toolkit's and its own, put together.

    Raises:
        UserMistake: `tools.json` is missing, was edited, or holds something else.
    """
    path = folder / "tools.json"
    toolkits = read_published(path, digests)
    try:
        return {kit["toolkit"] + tool["name"]: tool for kit in toolkits for tool in kit["tools"]}
    except (KeyError, TypeError) as error:
        raise UserMistake(f"{path} holds no toolkits ({error!r}); {REMEDY} again") from error


def load_tools(folder: Path, digests: Mapping[str, str] | None = DIGESTS) -> Mapping[str, Schema]:
    """Every tool's schema, by the name that cases use.

    Raises:
        UserMistake: as `load_entries`.
    """
    return make_schemas(load_entries(folder, digests))


def make_schemas(entries: Mapping[str, ToolEntry], *, nested: bool = False) -> Mapping[str, Schema]:
    """Schemas of published tools.

    Args:
        entries: by name.
        nested: an array is one of objects, as in published function-calling runs.

    Raises:
        UserMistake: an entry is none of a tool.
    """
    make = _nest_property if nested else _make_property
    try:
        return {name: _make_schema(name, entry, make) for name, entry in entries.items()}
    except (KeyError, TypeError) as error:
        raise UserMistake(f"tools.json holds no tools ({error!r}); {REMEDY} again") from error


def list_tools(
    case: InjectionCase, tools: Mapping[str, Schema], *, twice: bool = False
) -> list[Schema]:
    """What the agent is offered in a case, the user's tool first.

    Args:
        case: whose tools.
        tools: by name.
        twice: a tool that is both the user's and the attacker's is there twice, as in published
            prompts; endpoints take no name twice.

    Raises:
        UserMistake: the cases and the tools are not of one download.
    """
    missing = [name for name in case.tools if name not in tools]
    if missing:
        raise UserMistake(f"tools.json has no {', '.join(missing)}; {REMEDY} again")
    return [tools[name] for name in (case.tools if twice else dict.fromkeys(case.tools))]


def _make_schema(
    name: str, tool: Mapping[str, Any], make: Callable[[Mapping[str, Any]], Schema]
) -> Schema:
    parameters = tool["parameters"]
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": tool["summary"],
            "parameters": {
                "type": "object",
                "properties": {entry["name"]: make(entry) for entry in parameters},
                "required": [entry["name"] for entry in parameters if entry.get("required")],
            },
        },
    }


def _make_property(entry: Mapping[str, Any]) -> Schema:
    schema = {"type": entry["type"], "description": entry["description"]}
    return {**schema, "items": {"type": "string"}} if entry["type"] == "array" else schema


def _nest_property(entry: Mapping[str, Any]) -> Schema:
    """As published: an array has no description, its elements have what follows "array of"."""
    description = str(entry["description"])
    if entry["type"] != "array":
        return {"type": entry["type"], "description": description}
    tails = (description.partition(mark)[2].strip() for mark in _ELEMENTS if mark in description)
    element = {"type": "string", "description": next(tails, description)}
    items = {"type": "object", "properties": {entry["name"]: element}}
    return {"type": "array", "items": items}
