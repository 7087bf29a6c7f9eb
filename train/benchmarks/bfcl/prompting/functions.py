"""Functions described to models as the published handlers describe them.

Every description names the language, and parameters in Java or JavaScript are text. A model with
tool calls is told JSON Schema's names for types, by the published table, and names without dots.
"""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from train.agents.turn import Schema
from train.benchmarks.bfcl.cases import Function
from train.benchmarks.bfcl.prompting.texts import ForeignHints, LeaderboardTexts
from train.benchmarks.bfcl.schema_types import CodeLanguage
from train.benchmarks.bfcl.tools import name_for_endpoint
from train.benchmarks.upstream.source_texts import fill

_LISTS = ("ArrayList", "Array", "array")
_Properties = Mapping[str, Mapping[str, Any]]


def add_hints(
    functions: Iterable[Function], language: CodeLanguage, texts: LeaderboardTexts
) -> list[dict[str, Any]]:
    """Descriptions with the hints that the leaderboard adds for a language."""
    found = []
    for item in deepcopy(list(functions)):
        described = {**item, "description": item["description"] + texts.languages[language]}
        if language in texts.hints:
            for schema in described["parameters"]["properties"].values():
                _explain(schema, texts.hints[language])
        found.append(described)
    return found


def _explain(schema: dict[str, Any], hints: ForeignHints) -> None:
    """A parameter as text, with its own type in words."""
    word = schema["type"]
    if word == "any":
        schema["description"] += hints.any
    else:
        schema["description"] += fill(hints.typed, {"value['type']": word})
    if word in _LISTS:
        kind = schema.pop("items")["type"]
        schema["description"] += fill(hints.items, {"value['items']['type']": kind})
    if word == "dict" and hints.entries and "properties" in schema:
        entries = json.dumps(schema.pop("properties"))
        schema["description"] += fill(hints.entries, {"json.dumps(value['properties'])": entries})
    schema["type"] = "string"


def make_tools(hinted: Iterable[Mapping[str, Any]], texts: LeaderboardTexts) -> list[Schema]:
    """Descriptions with hints as tools in OpenAI's form."""
    return [{"type": "function", "function": _make_tool(item, texts)} for item in hinted]


def _make_tool(item: Mapping[str, Any], texts: LeaderboardTexts) -> dict[str, Any]:
    parameters = item["parameters"]
    cast = {
        **parameters, "type": "object", "properties": _cast(parameters["properties"], texts),
    }  # fmt: skip
    return {**item, "name": name_for_endpoint(item["name"]), "parameters": cast}


def _cast(properties: _Properties, texts: LeaderboardTexts) -> dict[str, Any]:
    return {name: _cast_schema(schema, texts) for name, schema in properties.items()}


def _cast_schema(given: Mapping[str, Any], texts: LeaderboardTexts) -> dict[str, Any]:
    """As published: no deeper than lists of lists, and a word of no meaning is text."""
    schema = dict(given)
    word = schema.get("type")
    if word == "float":
        schema["format"] = "float"
        schema["description"] += texts.float_hint
    schema["type"] = texts.types.get(str(word), "string")
    if schema["type"] not in ("array", "object"):
        return schema
    if "properties" in schema:
        schema["properties"] = _cast(schema["properties"], texts)
    elif "items" in schema:
        schema["items"] = _cast_items(schema["items"], texts)
    return schema


def _cast_items(given: Mapping[str, Any], texts: LeaderboardTexts) -> dict[str, Any]:
    items = {**given, "type": texts.types.get(given["type"], "string")}
    if items["type"] == "array" and "items" in items:
        inner = items["items"]
        items["items"] = {**inner, "type": texts.types.get(inner["type"], "string")}
    elif items["type"] == "object" and "properties" in items:
        items["properties"] = _cast(items["properties"], texts)
    return items
