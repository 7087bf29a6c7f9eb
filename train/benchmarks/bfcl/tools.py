"""Functions of a case as an endpoint takes them, and its calls with the published names again.

Endpoints take letters, digits, `_` and `-` in a name; the leaderboard's names have dots too.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.cases import Function, FunctionCase, language_of
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.schema_types import SEQUENCES, CodeLanguage, convert_schema

_SHOWN = {CodeLanguage.JAVA: "Java 8", CodeLanguage.JAVASCRIPT: "JavaScript"}


def list_tools(case: FunctionCase) -> list[dict[str, Any]]:
    """The functions of a case in OpenAI's form."""
    return describe_functions(case.functions, language_of(case.category))


def describe_functions(
    functions: Iterable[Function], language: CodeLanguage = CodeLanguage.PYTHON
) -> list[dict[str, Any]]:
    """Published functions in OpenAI's form."""
    return [{"type": "function", "function": _describe(item, language)} for item in functions]


def restore_names(calls: Sequence[DecodedCall], case: FunctionCase) -> list[DecodedCall]:
    """Calls of the tools of `list_tools`, by the published names; other names stay.

    Raises:
        UserMistake: two functions of the case differ in dots and underscores only.
    """
    published = {
        name_for_endpoint(function["name"]): function["name"] for function in case.functions
    }
    if len(published) < len(case.functions):
        raise UserMistake(f"{case.id}: two functions have one name once dots are underscores")
    return [DecodedCall(published.get(call.name, call.name), call.arguments) for call in calls]


def rename_functions(case: FunctionCase) -> FunctionCase:
    """A case whose functions have the names that endpoints take, and no others."""
    functions = [{**item, "name": name_for_endpoint(item["name"])} for item in case.functions]
    answers = tuple(a._replace(function=name_for_endpoint(a.function)) for a in case.answers)
    return replace(case, functions=functions, answers=answers)


def name_for_endpoint(name: str) -> str:
    """A name without dots."""
    return name.replace(".", "_")


def _describe(function: Function, language: CodeLanguage) -> dict[str, Any]:
    """One function; what is in another language than Python is passed as that language's text."""
    parameters = convert_schema(function["parameters"])
    description = function.get("description", "")
    if language is not CodeLanguage.PYTHON:
        shown = _SHOWN[language]
        description = f"{description} Arguments are written as {shown} source text."
        parameters["properties"] = {
            name: {"type": "string", "description": _explain(schema, shown)}
            for name, schema in function["parameters"]["properties"].items()
        }
    return {
        "name": name_for_endpoint(function["name"]),
        "description": description,
        "parameters": parameters,
    }


def _explain(schema: Mapping[str, Any], language: str) -> str:
    """What a parameter means, with the type that its text must have."""
    word = schema["type"]
    text = f"{schema.get('description', '')} ({language}, type {word}"
    if word in SEQUENCES:
        text += f" of {schema['items']['type']}"
    if "properties" in schema:
        text += f", with entries {json.dumps(schema['properties'])}"
    return f"{text})"
