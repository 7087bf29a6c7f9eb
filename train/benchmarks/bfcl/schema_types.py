"""The words for types in the leaderboard's function descriptions.

Each language has its own words. For checking, a word means the class of the value once it is
read; for an endpoint, it means a name of JSON Schema.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class CodeLanguage(StrEnum):
    """What the functions of a category are written in."""

    PYTHON = "python"
    JAVA = "java"
    JAVASCRIPT = "javascript"


CLASSES: Mapping[CodeLanguage, Mapping[str, type]] = {
    CodeLanguage.PYTHON: {
        "string": str, "integer": int, "float": float, "boolean": bool, "array": list,
        "tuple": list, "dict": dict, "any": str,
    },
    CodeLanguage.JAVA: {
        "String": str, "char": str, "byte": int, "short": int, "integer": int, "long": int,
        "float": float, "double": float, "boolean": bool, "Array": list, "ArrayList": list,
        "HashMap": dict, "any": str,
    },
    CodeLanguage.JAVASCRIPT: {
        "String": str, "integer": int, "Bigint": int, "float": float, "Boolean": bool,
        "array": list, "dict": dict, "any": str,
    },
}  # fmt: skip
"""A tuple is a list, because the answers come from JSON; `any` counts as text."""

SEQUENCES = frozenset({"array", "tuple", "Array", "ArrayList"})
"""Words whose elements are checked too, by the description's `items`."""

_JSON_NAMES = {
    "dict": "object", "HashMap": "object",
    "float": "number", "double": "number",
    "tuple": "array", "Array": "array", "ArrayList": "array",
    "byte": "integer", "short": "integer", "long": "integer", "Bigint": "integer",
    "char": "string", "String": "string",
    "Boolean": "boolean",
}  # fmt: skip
_JSON_SCHEMA = {"array", "boolean", "integer", "null", "number", "object", "string"}


def convert_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A description of values as JSON Schema, at any depth.

    `any` and words of no meaning say nothing about the type and are left out, as is `optional`,
    which JSON Schema says in the parent's `required`.
    """
    converted = {key: value for key, value in schema.items() if key not in ("type", "optional")}
    word = str(schema.get("type", ""))
    if (name := _JSON_NAMES.get(word, word)) in _JSON_SCHEMA:
        converted = {"type": name, **converted}
    if isinstance(properties := schema.get("properties"), Mapping):
        converted["properties"] = {
            name: convert_schema(described) for name, described in properties.items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(described := schema.get(key), Mapping):
            converted[key] = convert_schema(described)
    return converted
