"""What a model put out, read as calls: native tool calls, or text in the syntax of Python.

Text is read and never run: a name, an index or a call without keywords stays its source text.
The leaderboard's own decoder evaluates every operation a model writes; this one computes with
numbers, joins texts, and gives up on the rest. It also takes `+5` for 5, which is -5 there.
"""

import ast
import json
import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from train.benchmarks.bfcl.checking.error_types import ErrorType


class DecodedCall(NamedTuple):
    """One call, right or wrong."""

    name: str
    arguments: Mapping[str, Any]


def decode(output: Any) -> list[DecodedCall] | ErrorType:
    """The calls of an output in their order, or why there are none to speak of.

    An output is text, or a list of native calls: `{"name", "arguments"}`, the same under a key
    `function`, or `{name: arguments}`; arguments are an object or its JSON text. A reply of prose
    is text that cannot be decoded; a native reply without calls is the empty list, which can.
    """
    if isinstance(output, str):
        return _decode_text(output)
    if not isinstance(output, Sequence):
        return ErrorType.UNDECODABLE
    calls = []
    for item in output:
        call = _decode_native(item)
        if isinstance(call, ErrorType):
            return call
        calls.append(call)
    return calls


def _decode_native(item: Any) -> DecodedCall | ErrorType:
    match item:
        case {"function": {"name": str(name), "arguments": arguments}}:
            pass
        case {"name": str(name), "arguments": arguments}:
            pass
        case dict() if len(item) == 1:
            [(name, arguments)] = item.items()
        case _:
            return ErrorType.NOT_CALLS
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return ErrorType.UNDECODABLE
    return DecodedCall(name, arguments) if isinstance(arguments, dict) else ErrorType.NOT_CALLS


def _decode_text(text: str) -> list[DecodedCall] | ErrorType:
    """Calls in a list, whose brackets may be left out, with or without a fence of backticks."""
    text = text.strip("`\n ")
    text = f"{'' if text.startswith('[') else '['}{text}{'' if text.endswith(']') else ']'}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the parser, about what the model wrote
            body = ast.parse(text, mode="eval").body
        if not isinstance(body, ast.List):
            return ErrorType.UNDECODABLE
        return [_read_call(element) for element in body.elts]
    except (SyntaxError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError):
        return ErrorType.UNDECODABLE


def _read_call(node: ast.expr) -> DecodedCall:
    """Keyword arguments count; positional ones have no name to check them by."""
    if not isinstance(node, ast.Call):
        raise ValueError("not a call")
    arguments = {word.arg or "**": _read_value(word.value) for word in node.keywords}
    return DecodedCall(_read_name(node.func), arguments)


def _read_name(node: ast.expr) -> str:
    """A dotted name; of anything else what is dotted behind it."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return ".".join([node.id, *parts] if isinstance(node, ast.Name) else parts)


def _read_value(node: ast.expr | None) -> Any:
    match node:
        case ast.Constant(value=value):
            return "..." if value is ... else value
        case ast.List(elts=elements):
            return [_read_value(element) for element in elements]
        case ast.Tuple(elts=elements):
            return tuple(_read_value(element) for element in elements)
        case ast.Dict(keys=keys, values=values):
            return {_read_value(k): _read_value(v) for k, v in zip(keys, values, strict=True)}
        case ast.Call(keywords=[_, *_]):
            call = _read_call(node)
            return {call.name: call.arguments}
        case ast.Name() | ast.Call() | ast.Subscript():
            return ast.unparse(node)
        case ast.UnaryOp() | ast.BinOp():
            return _compute(node)
    raise ValueError("no value that a call can have")


_OPERATIONS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}  # fmt: skip
_LARGEST_BASE, _LARGEST_EXPONENT = 2**64, 64


def _compute(node: ast.expr) -> Any:
    """Arithmetic small enough to be worth doing, and sums of texts."""
    match node:
        case ast.Constant(value=int() | float() | str() as value) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_compute(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return +_compute(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _combine(op, _compute(left), _compute(right))
    raise ValueError("not arithmetic")


def _combine(op: ast.operator, first: Any, second: Any) -> Any:
    if isinstance(first, str) or isinstance(second, str):
        if not isinstance(op, ast.Add):
            raise ValueError("not arithmetic")
    elif isinstance(op, ast.Pow) and (
        abs(first) > _LARGEST_BASE or abs(second) > _LARGEST_EXPONENT
    ):
        raise ValueError("too large to compute")
    return _OPERATIONS[type(op)](first, second)
