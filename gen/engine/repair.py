"""Answers read from replies, repaired where that loses nothing but prose."""

import ast
import json
import re
import warnings
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gen.engine.replies import Completion
from tool_catalog.errors import BadReply

T = TypeVar("T", bound=BaseModel)

_FENCE = re.compile(r"```[\w-]*\n(.*?)\n?```", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}
_MOST_ERRORS = 8
_DECODER = json.JSONDecoder(strict=False)  # models write line breaks into strings


def read_answer(reply: Completion, schema: type[T]) -> T:
    """The answer in a reply, repaired where that loses nothing.

    Raises:
        BadReply: there is none, or it does not fit.
    """
    if reply.refusal or reply.finish == "content_filter":
        raise BadReply("refused", reply.refusal[:200] or "a filter stopped the reply")
    cut = reply.finish == "length"
    if not reply.text.strip() and not cut:
        raise BadReply("empty", "the reply is empty")
    try:
        return schema.model_validate_json(find_object(reply.text))
    except (ValueError, RecursionError) as error:
        if cut:
            raise BadReply("truncated", "the reply was cut off at the limit of tokens") from error
        raise BadReply("misfit", _list_errors(error)) from error


def _list_errors(error: Exception) -> str:
    """What does not fit, for the model to read."""
    if not isinstance(error, ValidationError):
        return str(error) or type(error).__name__
    lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return "; ".join(lines[:_MOST_ERRORS])


def find_object(text: str) -> str:
    """The one JSON object of a text, as JSON.

    Taken away are a thought before it, a code fence and prose around it, and a comma after a last
    element; strings in single quotes get double ones.

    Raises:
        ValueError: there is none, or more than one.
    """
    text = text.rpartition("</think>")[2].strip()
    fences = _FENCE.findall(text)
    if len(fences) == 1 and "{" in fences[0]:
        text = fences[0].strip()
    start, end = text.find("{"), text.rfind("}") + 1
    if start < 0 or end <= start:
        raise ValueError("there is no JSON object in the reply")
    try:
        found, stop = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return _read_loosely(text[start:end], error)
    while (start := text.find("{", stop)) >= 0:
        try:
            other, stop = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError:
            stop = start + 1
            continue
        if other != found:
            raise ValueError("there is more than one JSON object in the reply")
    return json.dumps(found)


def _read_loosely(text: str, wrong: ValueError) -> str:
    """An object as Python writes it, or with a comma too many, as JSON. Nothing is executed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an escape that Python does not know
            return json.dumps(_convert(ast.parse(text, mode="eval").body, text))
    except (SyntaxError, Warning, MemoryError, RecursionError, _NotPlain):
        raise ValueError(f"it is not JSON: {wrong}") from wrong


class _NotPlain(Exception):
    """More than dictionaries, lists, text, numbers and the three words."""


def _convert(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Dict(keys, values):
            named = [
                (_convert(k, text), _convert(v, text))
                for k, v in zip(keys, values, strict=True)
                if k
            ]
            if len(named) == len(keys) and all(isinstance(k, str) for k, _ in named):
                return dict(named)
        case ast.List(elements):
            return [_convert(element, text) for element in elements]
        case ast.Name(word) if word in _WORDS:
            return _WORDS[word]
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
            return -value
        case ast.Constant(str() as value):
            source = ast.get_source_segment(text, node) or ""
            return json.loads(source, strict=False) if source.startswith('"') else value
        case ast.Constant(int() | float() | None as value):
            return value
    raise _NotPlain
