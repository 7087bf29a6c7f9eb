"""How much the texts of a world say.

A text is written once, at the length that its genre has. Compact keeps the lines that say what is
asked for, and little else; long adds what such texts have in plenty: whole threads, notices, more
sections, more lines. What is added stands in `templates/passages/<domain>.yaml`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random
from typing import get_args

from gen.config import Length
from gen.templating.folder import shipped_folder
from tool_catalog.errors import UserMistake
from tool_catalog.yaml_text import read_yaml

COMPACT = 150
"""Characters that a compact text is brought to, where what must stay leaves room."""
LONG = (3200, 4600)
"""Characters that a long one is brought to."""
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


def stretch_text(text: str, domain: str, rng: Random) -> str:
    """A text with passages of its kind after it, up to the length that long texts have.

    Args:
        text: as its story has it.
        domain: whose passages are wanted; one without any leaves the text as it is.
        rng: the only source of chance.
    """
    passages = load_passages(domain)
    wanted = rng.randint(*LONG)
    gap, parts = ("\n\n" if "\n\n" in text else "\n"), [text]
    length = len(text)
    for passage in rng.sample(passages, len(passages)):
        if length >= wanted:
            break
        parts.append(passage.strip())
        length += len(parts[-1])
    return gap.join(parts)


@cache
def load_passages(domain: str) -> Sequence[str]:
    """What texts of a domain say at length beside what matters."""
    path = shipped_folder() / "passages" / f"{domain}.yaml"
    if not path.is_file():
        return ()
    return tuple(read_yaml(path.read_text(encoding="utf-8"))["passages"])


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
        if total + len(part) > COMPACT:
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
