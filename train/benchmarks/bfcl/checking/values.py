"""Whether a value is of the type described, and whether it is one of those accepted.

The leaderboard's comparison, with its gaps: types are looked at one level deep, text inside
anything deeper than a list or a dict is compared letter by letter, and a later accepted value's
fault replaces an earlier one's in the report.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from train.benchmarks.bfcl.checking.error_types import ErrorType

_FORGIVEN = str.maketrans("'", '"', " ,./-_*^")


class Kind(NamedTuple):
    """The class a value must have, and its elements."""

    outer: type
    inner: type | None = None
    """Known for sequences only."""


def check_type(value: Any, accepted: Sequence[Any], kind: Kind) -> ErrorType | None:
    """Whether a value is of its kind, or of the type of the answers where that is another.

    An answer of another type than the described one stands for a variable. Elements must suit one
    of the answers; an answer that is no list, "" among them, suits any.
    """
    given, inner = type(value), kind.inner
    if given is kind.outer:
        if inner is None or any(_suit(value, answer, inner) for answer in accepted):
            return None
        return ErrorType.ELEMENT_TYPE if accepted else ErrorType.TYPE
    return None if given is _type_of(accepted) else ErrorType.TYPE


def check_value(value: Any, accepted: Sequence[Any], kind: Kind) -> ErrorType | None:
    """Whether a value that passed `check_type` is accepted."""
    of_answers = _type_of(accepted)
    if of_answers is None or of_answers is kind.outer:
        if kind.outer is dict:
            return _check_dict(value, accepted)
        if kind == Kind(list, dict):
            return _check_dicts(value, accepted)
        if kind.outer is str:
            known = {normalize(answer) for answer in accepted if isinstance(answer, str)}
            return None if normalize(value) in known else ErrorType.STRING
        if kind.outer is list:
            lists = [[normalize(item) for item in answer] for answer in accepted]
            return None if [normalize(item) for item in value] in lists else ErrorType.LIST
    return None if value in accepted else ErrorType.OTHER


def normalize(value: Any) -> Any:
    """Text without what is forgiven: case, space, light punctuation and the kind of quotes."""
    return value.translate(_FORGIVEN).lower() if isinstance(value, str) else value


def _type_of(accepted: Sequence[Any]) -> type | None:
    """The type of the first answer; that a parameter may be left out is no answer."""
    return next((type(answer) for answer in accepted if answer != ""), None)


def _suit(items: Sequence[Any], answer: Any, inner: type) -> bool:
    return not isinstance(answer, list) or all(
        check_type(item, answer, Kind(inner)) is None for item in items
    )


def _check_dict(value: Any, accepted: Sequence[Any]) -> ErrorType | None:
    """Per key a value among those accepted, and no key missing that is due."""
    if not isinstance(value, dict):
        return ErrorType.ELEMENT_TYPE
    found: ErrorType | None = ErrorType.NO_DICT_ACCEPTED
    for answer in accepted:
        if isinstance(answer, Mapping):
            found = _compare_dict(value, answer)
            if found is None:
                break
    return found


def _compare_dict(value: Mapping[Any, Any], answer: Mapping[str, Any]) -> ErrorType | None:
    if any(key not in value and "" not in options for key, options in answer.items()):
        return ErrorType.DICT_KEY
    for key, found in value.items():
        if key not in answer:
            return ErrorType.DICT_KEY
        if normalize(found) not in [normalize(option) for option in answer[key]]:
            return ErrorType.DICT_VALUE
    return None


def _check_dicts(value: Sequence[Any], accepted: Sequence[Any]) -> ErrorType | None:
    """As many dicts as an answer has, in its order."""
    found: ErrorType | None = ErrorType.NO_DICTS_ACCEPTED
    for answer in accepted:
        found = _compare_dicts(value, answer)
        if found is None:
            break
    return found


def _compare_dicts(value: Sequence[Any], answer: Sequence[Any]) -> ErrorType | None:
    if len(value) != len(answer):
        return ErrorType.DICT_COUNT
    faults = (_check_dict(item, [due]) for item, due in zip(value, answer, strict=True))
    return next((fault for fault in faults if fault), None)
