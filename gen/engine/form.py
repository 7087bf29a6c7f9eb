"""The form of an answer: a JSON schema as strict servers take it, or told to the model in words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

_LEFT_OUT = ("default", "examples", "maxLength", "maxProperties", "minLength", "minProperties",
             "title", "uniqueItems")  # fmt: skip
"""Keywords that strict servers refuse, or that say nothing; the answer must still fit them."""


@dataclass(frozen=True, slots=True)
class Form:
    """A JSON schema as strict servers take it: every field asked for, no other allowed."""

    name: str
    """Of the model, and what it comes to."""
    schema: Mapping[str, Any]
    closed: bool
    """It names every key that there may be; only then a server can be strict."""

    def describe(self) -> str:
        """The schema as a model is told of it where the server is not."""
        schema = json.dumps(self.schema, ensure_ascii=False)
        return (
            "Reply with one JSON object and nothing else. It must fit this JSON schema:\n" + schema
        )


def make_form(schema: type[BaseModel]) -> Form:
    """The form of a model's answers; its name changes with its schema."""
    form = _tighten(schema.model_json_schema())
    digest = sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()[:8]
    return Form(f"{schema.__name__.strip('_')}_{digest}", form, _is_closed(form))


def _tighten(part: Any, *, names: bool = False) -> Any:
    """A part of a schema; `names`: its keys are the user's, not keywords."""
    if isinstance(part, list):
        return [_tighten(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    tight = {
        key: _tighten(inner, names=not names and key in ("properties", "$defs"))
        for key, inner in part.items()
        if names or key not in _LEFT_OUT
    }
    if not names and "properties" in part:
        tight["required"] = [*part["properties"]]
        tight.setdefault("additionalProperties", False)
    return tight


def _is_closed(part: Any) -> bool:
    """Whether no object in a schema may have other keys than it names."""
    if isinstance(part, list):
        return all(map(_is_closed, part))
    if not isinstance(part, dict):
        return True
    closed = part.get("additionalProperties") is False or part.get("type") != "object"
    return closed and all(map(_is_closed, part.values()))
