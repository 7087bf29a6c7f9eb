"""The plain part of Jinja, read and written without it: text, facts, `pick` and `~`.

Nearly every block is `words {{ slot.field }} {{ pick("a", "b" ~ slot.field) }}`. Jinja parses and
compiles such a body in ten milliseconds and calls `pick` through its sandbox; a phrase is read in
a tenth of that, one block at a time, and written several times quicker. What is not plain is not
a phrase: `read_phrase` says so, and Jinja does it. Both write the same; a test holds them equal
over every shipped block.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

PICK = "pick"
_AS_PROGRAM_TEXT: Any = object.__str__
"""How a type writes its values that says nothing of its own about it."""
Choose = Callable[[Sequence[Any]], Any]

_TEXT = re.compile(r"(?:[^{]|\{(?![{%#]))+")
_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<string>\"[^\"\\\n]*\"|'[^'\\\n]*')"
    r"|(?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*|\[\d+\])*)"
    r"|(?P<sign>\}\}|[~,()]))"
)
_STEP = re.compile(r"(\w+)|\[(\d+)\]")


class Fact:
    """`slot.field[0]`: a fact, followed as Jinja follows it."""

    __slots__ = ("name", "steps")

    def __init__(self, path: str) -> None:
        found = [int(number) if number else name for name, number in _STEP.findall(path)]
        self.name, self.steps = str(found[0]), tuple(found[1:])

    def read(self, facts: Mapping[str, Any], choose: Choose) -> Any:
        """The value; raises when there is none."""
        node = facts[self.name]
        for step in self.steps:
            if isinstance(step, str):
                try:
                    node = getattr(node, step)
                    continue
                except AttributeError:
                    pass
            node = node[step]
        return node


class Pick:
    """`pick(...)`: where options pick too, all are read before one is chosen, as Jinja does."""

    __slots__ = ("_nested", "options")

    def __init__(self, options: tuple["PhrasePart", ...]) -> None:
        self.options = options
        self._nested = any(map(_picks, options))

    def read(self, facts: Mapping[str, Any], choose: Choose) -> Any:
        """The chosen option's value."""
        if self._nested:
            found = [o if isinstance(o, str) else o.read(facts, choose) for o in self.options]
            return choose(found)
        option = choose(self.options)
        return option if isinstance(option, str) else option.read(facts, choose)


class Phrase:
    """Parts one after another: a block's body, or terms joined by `~`."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple["PhrasePart", ...]) -> None:
        self.parts = parts

    def read(self, facts: Mapping[str, Any], choose: Choose) -> str:
        """The text.

        Raises:
            LookupError, AttributeError, TypeError: a fact is missing, has no such field, or is
                nothing that can stand in a text.
        """
        return "".join(
            [p if isinstance(p, str) else write_value(p.read(facts, choose)) for p in self.parts]
        )


def write_value(value: Any) -> str:
    """A value as it stands in a text.

    Raises:
        TypeError: it would stand there as program text, as a mapping or an object does that has
            no words of its own.
    """
    if isinstance(value, str):
        return value
    kind = type(value)
    if kind is bool or (kind.__str__ is _AS_PROGRAM_TEXT and not isinstance(value, int | float)):
        raise TypeError(f"{kind.__name__} is no text; name a field of it: {value!r:.60}")
    return str(value)


PhrasePart = str | Fact | Pick | Phrase


def _picks(part: PhrasePart) -> bool:
    """Whether to read a part is to choose."""
    return isinstance(part, Pick) or (isinstance(part, Phrase) and any(map(_picks, part.parts)))


def read_phrase(text: str) -> Phrase | None:
    """The phrase that a text is; `None` when it holds more than a phrase can."""
    parts: list[PhrasePart] = []
    at = 0
    while at < len(text):
        if found := _TEXT.match(text, at):
            parts.append(found[0])
            at = found.end()
        elif text.startswith("{{", at):
            reader = _Reader(text, at + 2)
            part = reader.read_terms()
            if part is None or reader.sign != "}}":
                return None
            parts.append(part)
            at = reader.at
        else:
            return None
    return Phrase(tuple(parts))


class _Reader:
    """Reads one `{{ }}`, token by token; every `None` means that it is not plain."""

    def __init__(self, text: str, at: int) -> None:
        self.at = at
        self._text = text
        self.sign = ""
        """The sign that ended the last expression."""

    def read_terms(self) -> PhrasePart | None:
        """Terms joined by `~`, up to the sign that ends them."""
        terms: list[PhrasePart] = []
        while True:
            term = self._read_term()
            following = _TOKEN.match(self._text, self.at)
            if term is None or following is None or following["sign"] is None:
                return None
            terms.append(term)
            self.at, self.sign = following.end(), following["sign"]
            if self.sign != "~":
                return terms[0] if len(terms) == 1 else Phrase(tuple(terms))

    def _read_term(self) -> PhrasePart | None:
        token = _TOKEN.match(self._text, self.at)
        if token is None or token["sign"] is not None:
            return None
        self.at = token.end()
        if token["string"] is not None:
            return str(token["string"][1:-1])
        return self._read_pick() if token["name"] == PICK else Fact(token["name"])

    def _read_pick(self) -> Pick | None:
        opening = _TOKEN.match(self._text, self.at)
        if opening is None or opening["sign"] != "(":
            return None
        self.at, self.sign = opening.end(), ","
        options: list[PhrasePart] = []
        while self.sign == ",":
            option = self.read_terms()
            if option is None:
                return None
            options.append(option)
        return Pick(tuple(options)) if self.sign == ")" else None


def count_wordings(part: PhrasePart) -> int:
    """Wordings of a part: alternatives add, sequences multiply."""
    if isinstance(part, Pick):
        return sum(map(count_wordings, part.options))
    total = 1
    for inner in part.parts if isinstance(part, Phrase) else ():
        total *= count_wordings(inner)
    return total


def list_facts(part: PhrasePart) -> Iterator[str]:
    """Names of the facts that a part speaks of, with repeats."""
    if isinstance(part, Fact):
        yield part.name
    elif isinstance(part, Pick | Phrase):
        for inner in part.options if isinstance(part, Pick) else part.parts:
            yield from list_facts(inner)
