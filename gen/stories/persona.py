"""Personas: who writes a request, as it shows in the words and never by name.

A persona is drawn once a set. Role and mood speak in asides; age, hurry and care show in letters,
marks and slips. What must stay letter for letter, values, names, numbers, stays.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

import yaml

from gen.templating.facts import find_kept
from gen.templating.folder import shipped_folder
from tool_catalog.errors import BadTemplate
from tool_catalog.yaml_text import read_yaml

Hand = Literal["careful", "plain", "hasty", "lowercase", "thumbs"]
_HANDS: Sequence[tuple[Hand, float]] = (
    ("careful", 3), ("plain", 4), ("hasty", 1.5), ("lowercase", 2), ("thumbs", 1.5),
)  # fmt: skip
_SHORT = {"please": "pls", "you": "u", "are": "r", "because": "cuz", "tomorrow": "tmrw",
          "message": "msg", "and": "&", "with": "w/", "before": "b4", "your": "ur"}  # fmt: skip
_SLIPS = 0.035
"""Share of longer words in which a hasty writer slips."""
_FIRST_MARK = 0xE000
"""The first of the characters that stand for values while letters are changed: private use."""
_SAID_DAY = re.compile(r"\b\d{1,2} [A-Z][a-z]{2,8}\b")
"""12 March: no other word is meant when a letter of it slips."""
_WORD = re.compile(r"[A-Za-z']+")


@dataclass(frozen=True, slots=True)
class Persona:
    """Who writes the requests of a set."""

    role: str
    mood: str
    hand: Hand
    folders: tuple[Path, ...] = ()
    """Of the user's templates, which may know the role."""

    def say_aside(self, rng: Random) -> str:
        """Something that they mention in passing."""
        asides = load_asides(self.folders)
        return str(rng.choice([*asides.roles[self.role], *asides.moods[self.mood]]))

    def style(self, text: str, facts: Mapping[str, Any], rng: Random) -> str:
        """A text as this hand writes it.

        Args:
            text: in careful English.
            facts: whose values stay as they are.
            rng: the only source of chance.
        """
        if self.hand in ("careful", "plain"):
            return text
        kept = [*(v for v in find_kept(text, facts) if v in text), *_SAID_DAY.findall(text)]
        masked, values = _mask(text, kept)
        masked = _LETTERS[self.hand](masked, rng)
        return _unmask(masked, values)


@dataclass(frozen=True, slots=True)
class Asides:
    """What people mention in passing, by who they are and how they feel."""

    roles: Mapping[str, Sequence[str]]
    moods: Mapping[str, Sequence[str]]


def draw_persona(rng: Random, folders: tuple[Path, ...] = ()) -> Persona:
    """A person like others.

    Args:
        rng: the only source of chance.
        folders: the user's, where further roles may be.
    """
    asides = load_asides(folders)
    hands, weights = zip(*_HANDS, strict=True)
    return Persona(
        rng.choice(list(asides.roles)), rng.choice(list(asides.moods)),
        rng.choices(hands, weights)[0], folders,
    )  # fmt: skip


@cache
def load_asides(folders: tuple[Path, ...] = ()) -> Asides:
    """The shipped asides, and those of the user's `speech/personas.yaml` and `personas-*.yaml`.

    Raises:
        BadTemplate: a file of the user's holds something else.
    """
    path = shipped_folder() / "speech" / "personas.yaml"
    read = read_yaml(path.read_text(encoding="utf-8"))
    roles, moods = dict(read["roles"]), dict(read["moods"])
    for path in _list_own(folders):
        own = _read_own(path)
        roles |= own.roles
        moods |= own.moods
    return Asides(roles, moods)


def _list_own(folders: tuple[Path, ...]) -> Iterator[Path]:
    for folder in folders:
        speech = folder / "speech"
        yield from sorted((*speech.glob("personas.yaml"), *speech.glob("personas-*.yaml")))


def _read_own(path: Path) -> Asides:
    try:
        read = read_yaml(path.read_text(encoding="utf-8"))
        found = Asides(dict(read.get("roles") or {}), dict(read.get("moods") or {}))
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise BadTemplate(f"{path}:1: give roles or moods, with lines ({error})") from error
    for name, lines in (*found.roles.items(), *found.moods.items()):
        if not (isinstance(lines, list) and lines and all(isinstance(x, str) for x in lines)):
            raise BadTemplate(f"{path}:1: {name}: give a list of lines")
    return found


def _mask(text: str, kept: Sequence[str]) -> tuple[str, list[str]]:
    """The text with a mark in the place of each value; longer ones first."""
    values = sorted({value for value in kept if value}, key=lambda v: (-len(v), v))
    if not values:
        return text, []
    found = re.compile("|".join(map(re.escape, values)))
    return found.sub(lambda m: chr(_FIRST_MARK + values.index(m[0])), text), values


def _unmask(text: str, values: Sequence[str]) -> str:
    return "".join(
        values[ord(c) - _FIRST_MARK] if 0 <= ord(c) - _FIRST_MARK < len(values) else c for c in text
    )


def _hurry(text: str, rng: Random) -> str:
    """Slips: two letters changed over, one left out, one doubled."""
    return _WORD.sub(lambda found: _slip(found[0], rng), text)


def _slip(word: str, rng: Random) -> str:
    if len(word) < 4 or rng.random() >= _SLIPS * 2:
        return word
    at, kind = rng.randrange(1, len(word) - 1), rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if kind == 1 else word[:at] + word[at] + word[at:]


def _lower(text: str, rng: Random) -> str:
    text = text.lower()
    if rng.random() < 0.5:
        text = text.replace("'", "")
    return text.rstrip(".") if rng.random() < 0.7 else text


def _thumb(text: str, rng: Random) -> str:
    slips = Random(rng.getrandbits(64))  # what is added to a text changes no slip before it
    words = [
        _SHORT[word] if word in _SHORT and rng.random() < 0.6 else word
        for word in _lower(text, rng).split(" ")
    ]
    return _hurry(" ".join(words), slips)


_LETTERS = {"hasty": _hurry, "lowercase": _lower, "thumbs": _thumb}
