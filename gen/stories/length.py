"""How much the texts of a world say.

A text is written once. Compact keeps the lines that say what is asked for, and little else;
realistic and long add what such texts have in plenty: notices, footers, more sections, more lines.
What is added stands in `templates/passages/<domain>.yaml`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import get_args

import yaml

from gen.config import Length
from gen.templating.folder import shipped_folder
from tool_catalog.errors import BadTemplate, UserMistake
from tool_catalog.yaml_text import read_yaml

COMPACT = 30
"""Characters that a compact text is brought to, where what must stay leaves room."""
WANTED: Mapping[Length, tuple[int, int]] = {"realistic": (600, 850), "long": (3200, 4600)}
"""Characters that a text is brought to at least, where passages are added."""
_SHORT = 100
"""Characters of a text that is short by nature and stays so."""
_ITEM = re.compile(r"\s*(?:[-*#|>{\[<]|\S+[:=]\s|\S+,\x22|\d)")
"""An item of a list, a field, a row, a line of a log: none of them is made of sentences."""
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s)[^.!?\n]*)*[.!?]*|\n")


def read_length(text: str) -> Length:
    """A length by name.

    Raises:
        UserMistake: there is no such length.
    """
    for known in get_args(Length):
        if text == known:
            return text  # type: ignore[return-value]
    raise UserMistake(f"--length {text!r}: use compact, realistic or long")


@dataclass(frozen=True)
class Passages:
    """What texts of a domain say beside what matters."""

    texts: Sequence[str] = ()
    together: frozenset[str] = frozenset()
    """Lists whose things one result shows side by side; one text of a story is made longer."""
    fields: frozenset[str] = frozenset()
    """Short fields that are made longer as well, since searches show them whole."""
    lengths: frozenset[str] = frozenset({"realistic", "long"})
    """At which they are added; talk of several people, say, to long texts alone."""


@cache
def load_passages(domain: str, folders: tuple[Path, ...] = ()) -> Passages:
    """The passages of a domain; none where it has no file.

    Args:
        domain: by name.
        folders: the user's; their `passages/<domain>.yaml` and `<domain>-*.yaml` hold further ones.

    Raises:
        BadTemplate: a file of the user's holds something else.
    """
    path = shipped_folder() / "passages" / f"{domain}.yaml"
    read = read_yaml(path.read_text(encoding="utf-8")) if path.is_file() else {"passages": []}
    own = [text for folder in folders for text in _read_own(folder / "passages", domain)]
    return Passages(
        tuple(text.strip() for text in (*read["passages"], *own)),
        frozenset(read.get("together", ())),
        frozenset(read.get("fields", ())),
        frozenset(read.get("lengths", ("realistic", "long"))),
    )


def _read_own(folder: Path, domain: str) -> Iterator[str]:
    for path in sorted((*folder.glob(f"{domain}.yaml"), *folder.glob(f"{domain}-*.yaml"))):
        try:
            passages = list(read_yaml(path.read_text(encoding="utf-8"))["passages"])
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise BadTemplate(f"{path}:1: give a list `passages` ({error})") from error
        for number, text in enumerate(passages, 1):
            if not isinstance(text, str) or not text.strip():
                raise BadTemplate(f"{path}:1: passage {number} is no text")
            yield text


@dataclass
class Stretching:
    """Passages dealt out in one world, so that each comes round once before any comes twice."""

    passages: Passages
    length: Length
    rng: Random
    _deck: list[str] = field(default_factory=list)
    _told: set[tuple[str, str]] = field(default_factory=set)

    def stretch(self, text: str, story: str, place: str, name: str) -> str:
        """A text with passages after it, up to what its length wants.

        Args:
            text: as its story has it.
            story: which one; of its texts that one result shows together one is made longer.
            place: the list of the world that the text's thing is in.
            name: the field that holds the text.
        """
        if self.length not in self.passages.lengths or not self.passages.texts:
            return text
        if len(text) <= _SHORT and name not in self.passages.fields:
            return text
        if place in self.passages.together:
            if (story, place) in self._told:
                return text
            self._told.add((story, place))
        return self._add(text, self.rng.randint(*WANTED[self.length]))

    def _add(self, text: str, wanted: int) -> str:
        gap, parts = ("\n\n" if "\n\n" in text else "\n"), [text]
        length = len(text)
        while length < wanted and len(parts) <= len(self.passages.texts):
            parts.append(self._deal(parts))
            length += len(parts[-1])
        return gap.join(parts)

    def _deal(self, parts: Sequence[str]) -> str:
        """The next passage that the text does not have yet."""
        left = [text for text in self._deck if text not in parts]
        if not left:
            texts = self.passages.texts
            self._deck = self.rng.sample(texts, len(texts))
            left = [text for text in self._deck if text not in parts]
        self._deck.remove(left[0])
        return left[0]


def fit_text(text: str, kept: Sequence[str], length: Length) -> str:
    """A text as it stands in a world of this length.

    Args:
        text: as its story has it.
        kept: values that stand in it and must not be lost.
        length: how much is wanted.
    """
    if length != "compact" or len(text) <= COMPACT:
        return text
    parts = list(_split(text))
    needed = {i for value in kept if value for i in _find_places(parts, value)}
    total = sum(len(parts[i]) for i in needed)
    for i, part in enumerate(parts):
        if i in needed or not part.strip():
            continue
        if needed and total + len(part) > COMPACT:
            break
        needed.add(i)
        total += len(part)
    lines = (parts[i].strip() for i in sorted(needed))
    return " ".join(line for line in lines if line)


def _split(text: str) -> Iterator[str]:
    """Sentences, and lines that are none."""
    for line in text.splitlines():
        if _ITEM.match(line):
            yield line
        else:
            yield from _SENTENCE.findall(line)


def _find_places(parts: Sequence[str], value: str) -> list[int]:
    """The parts that a value stands in: the first that has it whole, else all that it spans."""
    word = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
    whole = [i for i, part in enumerate(parts) if word.search(part)]
    return whole[:1]
