"""One call against its function and the values it accepts."""

from collections.abc import Mapping, Sequence
from typing import Any

from train.benchmarks.bfcl.cases import Answer, Function
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.checking.java_values import read_java
from train.benchmarks.bfcl.checking.javascript_values import read_javascript
from train.benchmarks.bfcl.checking.values import Kind, check_type, check_value
from train.benchmarks.bfcl.schema_types import CLASSES, SEQUENCES, CodeLanguage

_READERS = {
    CodeLanguage.JAVA: (read_java, ErrorType.NOT_JAVA_TEXT),
    CodeLanguage.JAVASCRIPT: (read_javascript, ErrorType.NOT_JAVASCRIPT_TEXT),
}


def check_call(
    call: DecodedCall, function: Function, answer: Answer, language: CodeLanguage
) -> ErrorType | None:
    """The first fault of a call, in the leaderboard's order; None when it is right.

    Name, required parameters, then each argument in the order written, last the parameters that
    the answer wants although the function does not require them.
    """
    if call.name != function["name"]:
        return ErrorType.WRONG_NAME
    parameters = function["parameters"]
    if any(name not in call.arguments for name in parameters.get("required", ())):
        return ErrorType.MISSING_REQUIRED
    for name, value in call.arguments.items():
        if name not in parameters["properties"] or name not in answer.accepted:
            return ErrorType.UNEXPECTED_PARAMETER
        schema = parameters["properties"][name]
        if fault := _check_argument(value, schema, answer.accepted[name], language):
            return fault
    for name, accepted in answer.accepted.items():
        if name not in call.arguments and "" not in accepted:
            return ErrorType.MISSING_OPTIONAL
    return None


def _check_argument(
    value: Any, schema: Mapping[str, Any], accepted: Sequence[Any], language: CodeLanguage
) -> ErrorType | None:
    word = schema["type"]
    inner = schema["items"]["type"] if word in SEQUENCES else None
    classes = CLASSES[language]
    kind = Kind(classes[word], classes[inner] if inner else None)
    if language in _READERS:
        read, no_text = _READERS[language]
        if not isinstance(value, str):
            return no_text
        value = read(value, word, inner)
    else:
        value = _widen(value, word)
    return check_type(value, accepted, kind) or check_value(value, accepted, kind)


def _widen(value: Any, word: str) -> Any:
    """What Python itself takes for another type: whole numbers as floats, tuples as listed."""
    if word == "tuple" and isinstance(value, tuple):
        return list(value)
    if word == "float" and type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return value
    return value
