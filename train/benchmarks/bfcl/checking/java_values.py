"""Java source text read as a value, as far as the leaderboard reads it.

Text that is no literal of its type stays text, and then only suits an answer that names a
variable. Collections are cut at every comma, quoted or not, and an `Array` keeps the quotes of
its texts where an `ArrayList` drops them: that is how published scores were counted.
"""

import re
from typing import Any

_DECIMAL = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_DIGITS = r"-?\d{1,4000}"  # more than that Python does not read as a whole number
_WHOLE = (re.compile(_DIGITS + "$"), int)
_NUMBERS = {
    "byte": _WHOLE,
    "short": _WHOLE,
    "integer": _WHOLE,
    "long": (re.compile(_DIGITS + "[lL]$"), int),
    "float": (re.compile(_DECIMAL + "[fF]$"), float),
    "double": (re.compile(_DECIMAL + "$"), float),
}
_BOOLEANS = {"true": True, "false": False}

_NEW_LIST = r"new\s+ArrayList<\w*>\("
_LIST_OF = re.compile(_NEW_LIST + r"Arrays\.asList\((?P<items>.+?)\)\)")
_FILLED_LIST = re.compile(_NEW_LIST + r"\)\s*\{\{(?P<body>.+?)\}\}", re.DOTALL)
_ADD = re.compile(r"add\((.+?)\)")
_EMPTY_LIST = re.compile(_NEW_LIST + r"\)")
_ARRAY = re.compile(r"new\s+\w+\[\]\s*\{(?P<items>.*?)\}")
_NEW_MAP = r"new\s+HashMap<.*?>\s*\(\)"
_FILLED_MAP = re.compile(_NEW_MAP + r"\s*\{(?P<body>[^}]*)\}", re.DOTALL)
_PUT = re.compile(r'put\("(.*?)",\s*([^)\n]*)\)')
_EMPTY_MAP = re.compile(_NEW_MAP)


def read_java(text: str, word: str, inner: str | None = None) -> Any:
    """The value of a text under a word for a type, and of its elements; or the text."""
    if word in _NUMBERS:
        pattern, number = _NUMBERS[word]
        return number(text.strip().rstrip("fFlL")) if pattern.match(text) else text
    if word == "boolean":
        return _BOOLEANS.get(text, text)
    if word == "ArrayList":
        return _read_list(text, inner)
    if word == "Array":
        return _read_array(text, inner)
    return _read_map(text) if word == "HashMap" else text


def _read_list(text: str, inner: str | None) -> Any:
    if match := _LIST_OF.search(text):
        return [_read_item(item.strip(), inner) for item in match["items"].split(",")]
    if match := _FILLED_LIST.search(text):
        return [_read_item(item.strip(), inner) for item in _ADD.findall(match["body"])]
    return [] if _EMPTY_LIST.search(text) else text


def _read_item(text: str, inner: str | None) -> Any:
    if inner in ("String", "char"):
        return text[1:-1]
    return read_java(text, inner) if inner else read_untyped(text)


def _read_array(text: str, inner: str | None) -> Any:
    match = _ARRAY.search(text)
    if not match:
        return text
    items = [item.strip() for item in match["items"].split(",") if item.strip()]
    return [read_java(item, inner) if inner else read_untyped(item) for item in items]


def _read_map(text: str) -> Any:
    if match := _FILLED_MAP.search(text):
        return {key: read_untyped(value.strip()) for key, value in _PUT.findall(match["body"])}
    return {} if _EMPTY_MAP.search(text) else text


def read_untyped(text: str) -> Any:
    """The value that a literal looks like; anything else is text."""
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1]
    for word in ("long", "float"):
        if not isinstance(value := read_java(text, word), str):
            return value
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
