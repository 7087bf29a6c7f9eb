"""Calls as Python source for the official classes, none of it the model's own text.

The official runner evaluates the source of a call. A model that wrote that source could run
anything, so it is made here from a call that was read: the name is a function's of the case,
argument names are identifiers and values are literals. Any other call becomes `UNKNOWN`, which
fails there as a call of an unknown function does.

The published answers are source already, which `is_plain` looks at before it is evaluated.
"""

import ast
import keyword
from collections.abc import Container
from typing import Any, NamedTuple

from train.benchmarks.bfcl.checking.decode import DecodedCall, decode
from train.benchmarks.bfcl.checking.error_types import ErrorType

UNKNOWN = "unknown_function()"


class CallSource(NamedTuple):
    """One call, to be evaluated."""

    text: str
    refusal: str | None = None
    """What the model is told where the call is not evaluated."""


def write_source(call: DecodedCall, known: Container[str]) -> CallSource:
    """A call of a known function; `UNKNOWN`, and why, for any other."""
    if call.name not in known:
        return _refuse(f"name {call.name!r} is not defined")
    for name in call.arguments:
        if not name.isidentifier() or keyword.iskeyword(name):
            return _refuse(f"{name!r} cannot be the name of an argument")
    try:
        given = ",".join(f"{name}={value!r}" for name, value in call.arguments.items())
    except (ValueError, RecursionError):
        return _refuse("an argument is too large to write")
    return CallSource(f"{call.name}({given})")


def is_plain(text: str, known: Container[str]) -> bool:
    """Whether source is one call of a known function, with literals for arguments."""
    try:
        node = ast.parse(text, mode="eval").body
        match node:
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in known:
                for value in [*args, *(keyword.value for keyword in keywords)]:
                    ast.literal_eval(value)
                return all(keyword.arg for keyword in keywords)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        pass
    return False


def read_step(output: Any, known: Container[str]) -> list[CallSource]:
    """The calls of one step; none where it cannot be read, for such a step counts as nothing."""
    calls = decode(output)
    return [] if isinstance(calls, ErrorType) else [write_source(call, known) for call in calls]


def _refuse(why: str) -> CallSource:
    return CallSource(UNKNOWN, f"Error during execution: {why}")
