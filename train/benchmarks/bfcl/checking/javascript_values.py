"""JavaScript source text read as a value, as far as the leaderboard reads it.

Text that is no literal of its type stays text, and then only suits an answer that names a
variable. Arrays are cut at every comma, quoted or not; what follows the first closing bracket or
brace is not looked at: that is how published scores were counted.
"""

import re
from typing import Any

_DIGITS = r"-?\d{1,4000}"  # more than that Python does not read as a whole number
_NUMBERS = {
    "integer": (re.compile(_DIGITS + "$"), int),
    "float": (re.compile(r"-?\d+(?:\.\d+)?$"), float),
    "Bigint": (re.compile(_DIGITS + "n$"), int),
}
_BOOLEANS = {"true": True, "false": False}
_QUOTES = ("'", '"')

_NEW_ARRAY = r"new\s+Array\("
_ROWS = r"\s*\[(?>[^\]\n]|\]\s*,\s*\[|\](?!\s*{end}))*+\]\s*{end}"
_GRID = re.compile(r"\[" + _ROWS.format(end=r"\]") + "|" + _NEW_ARRAY + _ROWS.format(end=r"\)"))
"""An array of arrays. Atomic groups keep the search linear in a text that never closes."""
_ROW = re.compile(r"\[([^\]\n]*)\]")
_ARRAY = re.compile(r"\[([^\]\n]*)\]|" + _NEW_ARRAY + r"([^)\n]*)\)")
_DICT = re.compile(r"\{([^}\n]*)\}")
_NEXT_ENTRY = re.compile(r",(?=[^,]+:)")


def read_javascript(text: str, word: str, inner: str | None = None) -> Any:
    """The value of a text under a word for a type, and of its elements; or the text."""
    if word in _NUMBERS:
        pattern, number = _NUMBERS[word]
        return number(text.strip().rstrip("n")) if pattern.match(text) else text
    if word == "Boolean":
        return _BOOLEANS.get(text, text)
    if word == "String":
        return text[1:-1] if _is_quoted(text) else text
    if word == "array":
        return _read_array(text.strip(), inner)
    return _read_dict(text.strip()) if word == "dict" else text


def _read_array(text: str, inner: str | None) -> Any:
    if grid := _GRID.match(text):
        rows = _ROW.findall(grid[0])
        rows[0] = rows[0].strip().removeprefix("[")
        return [[read_untyped(item) for item in row.split(",")] for row in rows]
    match = _ARRAY.match(text)
    if not match:
        return text
    body = (match[1] if match[1] is not None else match[2]).strip()
    items = [item.strip() for item in body.split(",")] if body else []
    return [read_javascript(item, inner) if inner else read_untyped(item) for item in items]


def _read_dict(text: str) -> Any:
    """Entries end at a comma that another key and colon follow."""
    match = _DICT.match(text)
    if not match:
        return text
    key, colon, rest = match[1].lstrip(":").partition(":")
    if not colon:
        return {}
    value, *others = _NEXT_ENTRY.split(rest)
    pairs = [(key, value), *(entry.lstrip(":").partition(":")[::2] for entry in others)]
    return {key.strip().strip("'\""): _read_entry(value.strip()) for key, value in pairs}


def _read_entry(text: str) -> Any:
    """A value in a dict; quotes around it make no text of it."""
    if text.startswith("[") and text.endswith("]"):
        return _read_array(text, None)
    return read_untyped(text.strip("'\""))


def _is_quoted(text: str) -> bool:
    return any(text.startswith(quote) and text.endswith(quote) for quote in _QUOTES)


def read_untyped(text: str) -> Any:
    """The value that a literal looks like; anything else is text."""
    text = text.strip()
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _is_quoted(text):
        return text[1:-1]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
