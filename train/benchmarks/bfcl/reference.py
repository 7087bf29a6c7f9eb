"""The calls that a case's own answers stand for, as a perfect model would make them.

The scorer takes them all but for faults of the published data or of the published rules, which
`list_refused` shows. Such cases count like any other, as on the leaderboard.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from train.benchmarks.bfcl.cases import Answer, FunctionCase, language_of
from train.benchmarks.bfcl.checking.ast_check import check_calls
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.schema_types import CodeLanguage


def reference_calls(case: FunctionCase) -> list[DecodedCall]:
    """One call an answer: what may be left out is, the rest at its first accepted value."""
    return [_make_call(case, answer) for answer in case.answers]


def list_refused(cases: Iterable[FunctionCase]) -> list[tuple[FunctionCase, ErrorType]]:
    """Cases with answers whose own reference is refused, and why."""
    judged = ((case, check_calls(reference_calls(case), case)) for case in cases if case.answers)
    return [(case, fault) for case, fault in judged if fault is not None]


def _make_call(case: FunctionCase, answer: Answer) -> DecodedCall:
    [function] = [f for f in case.functions if f["name"] == answer.function]
    parameters = function["parameters"]
    write = _WRITERS.get(language_of(case.category))
    arguments = {}
    for name, accepted in answer.accepted.items():
        if name in parameters.get("required", ()) or "" not in accepted:
            value = _choose(accepted)
            schema = parameters["properties"].get(name, {})
            arguments[name] = write(value, schema) if write else value
    return DecodedCall(answer.function, arguments)


def _choose(accepted: Sequence[Any]) -> Any:
    """The first value there is; in a dict each key has accepted values of its own."""
    value = next((value for value in accepted if value != ""), "")
    if isinstance(value, Mapping):
        return _choose_entries(value)
    if isinstance(value, list):
        return [_choose_entries(item) if isinstance(item, Mapping) else item for item in value]
    return value


def _choose_entries(options: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {
        key: next(value for value in accepted if value != "")
        for key, accepted in options.items()
        if "" not in accepted
    }


_JAVA_SUFFIXES = {"long": "L", "float": "f"}


def _write_java(value: Any, schema: Mapping[str, Any]) -> str:
    """A value as Java source, as an argument of this description."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        puts = " ".join(f"put({_quote(k)}, {_write_literal(v)});" for k, v in value.items())
        return f"new HashMap<String, Object>() {{{{ {puts} }}}}"
    word = schema["type"]
    if not isinstance(value, list):
        return _write_literal(value) + _JAVA_SUFFIXES.get(word, "")
    inner = schema["items"]["type"]
    items = ", ".join(_write_literal(item) + _JAVA_SUFFIXES.get(inner, "") for item in value)
    if word == "Array":
        return f"new {inner}[]{{{items}}}"
    return f"new ArrayList<>(Arrays.asList({items}))" if items else "new ArrayList<>()"


def _write_javascript(value: Any, schema: Mapping[str, Any]) -> str:
    """A value as JavaScript source, as an argument of this description."""
    if isinstance(value, str):
        return value
    return _write_literal(value) + ("n" if schema["type"] == "Bigint" else "")


def _write_literal(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _quote(value)
        case dict():
            entries = (f"{_quote(k)}: {_write_literal(v)}" for k, v in value.items())
            return f"{{{', '.join(entries)}}}"
        case list():
            return f"[{', '.join(map(_write_literal, value))}]"
    return str(value)


def _quote(text: Any) -> str:
    return f'"{text}"'


_WRITERS: Mapping[CodeLanguage, Callable[[Any, Mapping[str, Any]], str]] = {
    CodeLanguage.JAVA: _write_java,
    CodeLanguage.JAVASCRIPT: _write_javascript,
}
