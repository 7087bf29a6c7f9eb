"""A call in Java or JavaScript source, as a prompted model writes it, with values as text.

The leaderboard has a full parser of each language here. This reads one call of named arguments and
spells its values as that parser's reader does: text without its quotes, JavaScript as it stands,
Java without space and without the body of an anonymous class. Where the two part is source that is
not quite the language, such as a Java statement without its semicolon: their parser takes some of
it and refuses some, and this takes it.
"""

import re

from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.schema_types import CodeLanguage

_NAME = r"[A-Za-z_$][\w$]*"
_CALLEE = re.compile(rf"\s*({_NAME}(?:\.{_NAME})*)\s*\(")
_ASSIGNMENT = re.compile(rf"\s*({_NAME}(?:\.{_NAME})*)\s*=(?![=>])(.*)", re.DOTALL)
_GENERIC = re.compile(r"<(?:[\w$\s,.?&\[\]]|<[\w$\s,.?&\[\]]*>)*>")
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
_NEW = re.compile(rf"new\s+({_NAME}(?:\.{_NAME})*)\s*({_GENERIC.pattern})?\s*(?=[(\[])")
_BARE = re.compile(r"[\w$.:\s]*")
_NUMBER = r"(?:0[xX][\da-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)"
_WORDS = {
    CodeLanguage.JAVA: re.compile(rf"{_NAME}(?:(?:\.|::){_NAME})*|{_NUMBER}[lLfFdD]?"),
    CodeLanguage.JAVASCRIPT: re.compile(rf"{_NAME}(?:\.{_NAME})*|{_NUMBER}n?"),
}
"""What a value without brackets, quotes and signs may be; text that lacks its quotes is not."""
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def read_foreign(text: str, language: CodeLanguage) -> list[DecodedCall] | ErrorType:
    """The one call of an output in Java or JavaScript, or why there is none to speak of."""
    text = text.strip("`\n ").removeprefix("[").removesuffix("]")
    callee = _CALLEE.match(text)
    if callee is None:
        return ErrorType.UNDECODABLE if text.strip() else ErrorType.NOT_CALLS
    try:
        parts, rest = _split(text[callee.end() :], ")")
        if rest.strip()[:1] not in ("", ";"):
            several = rest.strip().startswith(",") and language is CodeLanguage.JAVASCRIPT
            return ErrorType.NOT_CALLS if several else ErrorType.UNDECODABLE
        return [DecodedCall(callee[1], _read_arguments(parts, language))]
    except (ValueError, RecursionError):
        return ErrorType.UNDECODABLE


def _read_arguments(parts: list[str], language: CodeLanguage) -> dict[str, str]:
    """Named arguments. Names alone count as one argument without a name; values alone as none."""
    arguments: dict[str, str] = {}
    for part in parts:
        name, value = "", part.strip()
        if assigned := _ASSIGNMENT.fullmatch(part):
            name, value = assigned[1], assigned[2].strip()
            if _BARE.fullmatch(value) and not _WORDS[language].fullmatch(value):
                raise ValueError("words that are no value")
            value = _write_java(value) if language is CodeLanguage.JAVA else _unquote(value)
        elif not re.fullmatch(_NAME, value):
            continue
        if name in arguments:
            raise ValueError("an argument is given twice")
        arguments[name] = value
    return arguments


def _split(text: str, end: str) -> tuple[list[str], str]:
    """What stands between commas up to a bracket, and what follows the bracket."""
    parts, start, place, open_brackets = [], 0, 0, [end]
    while place < len(text):
        sign = text[place]
        if sign in "\"'<":
            found = (_GENERIC if sign == "<" else _LITERAL).match(text, place)
            if found is None and sign != "<":
                raise ValueError("a text without an end")
            place = found.end() if found else place + 1
            continue
        if sign in _PAIRS:
            open_brackets.append(_PAIRS[sign])
        elif sign in ")]}":
            if open_brackets.pop() != sign:
                raise ValueError("brackets that do not match")
            if not open_brackets:
                parts.append(text[start:place])
                return [part for part in parts if part.strip()], text[place + 1 :]
        elif sign == "," and len(open_brackets) == 1:
            parts.append(text[start:place])
            start = place + 1
        place += 1
    raise ValueError("a bracket without an end")


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _write_java(value: str) -> str:
    """A Java value as the leaderboard's reader spells it."""
    if value[0] in "[{":
        raise ValueError("no Java value")
    return value[1:-1] if _LITERAL.fullmatch(value) else _spell(value)


def _spell(value: str) -> str:
    value = value.strip()
    if created := _NEW.match(value):
        return _spell_new(value, created)
    if value.startswith("{"):
        return _spell_items(value)
    if _LITERAL.fullmatch(value) or _is_invocation(value):
        return value
    return _squeeze(value)


def _spell_new(value: str, created: re.Match[str]) -> str:
    kind = _squeeze(created[1] + (created[2] or ""))
    rest = value[created.end() :]
    if rest.startswith("("):
        parts, after = _split(rest[1:], ")")
        if after.strip()[:1] not in ("", "{"):
            return value  # a method of the new object is called
        return f"new {kind}({', '.join(map(_spell, parts))})"
    items = re.sub(r"^(\[\s*\]\s*)+", "", rest)
    if not items.startswith("{"):
        raise ValueError("an array without its elements")
    return f"new {kind}[]{_spell_items(items)}"


def _spell_items(items: str) -> str:
    parts, after = _split(items[1:], "}")
    return f"{{{','.join(map(_spell, parts))}}}{_squeeze(after)}"


def _is_invocation(value: str) -> bool:
    """Whether a value is one call, or a chain of them."""
    callee = _CALLEE.match(value)
    while callee:
        _, value = _split(value[callee.end() :], ")")
        if not value.strip():
            return True
        callee = re.compile(rf"\s*\.\s*({_NAME})\s*\(").match(value)
    return False


def _squeeze(text: str) -> str:
    """Source without the space between its words."""
    return re.sub(rf"({_LITERAL.pattern})|\s+", lambda found: found[1] or "", text, flags=re.DOTALL)
