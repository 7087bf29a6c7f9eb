"""Other values for the same row, so that copying is learned and no value is.

The members of a contrast set share their names and numbers, so a model meets few values, each many
times, and learns them by heart. Renaming values row by row, alike in prompt, results and turns,
leaves copying as the only way to be right.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from tool_catalog.pools import load_pools

Array = NDArray[np.int64]
Unit = tuple[int, ...]
"""Tokens that are renamed together: a name as it is written and in lower case."""
_FIRST = re.compile(r"(?:^|[.;:?!>]\s+)([A-Z][a-z]+)")
_OFTEN = 0.005
"""Of the rows; the most usual name is in fewer, as the first word of a sentence."""
_NAME = re.compile(r"[A-Z][a-z]+")


def find_units(tokenizer: Any, rows: Iterable[Mapping[str, Any]]) -> list[list[Unit]]:
    """Classes of tokens that may stand for each other.

    Two-digit tokens without a leading zero, single digits but zero (so that a number stays one),
    and the names of people and companies but those that the agent's own phrases use as words. Words
    of cities and streets stay: many are words like any other (Way, New, Path).
    """
    known = tokenizer.get_vocab()
    own = _find_phrase_words(rows)
    pools = load_pools()
    people = {name for person in pools.people for name in (person.first, person.last)}
    firms = {word for company in pools.companies for word in _NAME.findall(company)}
    written = [name for name in sorted((people | firms) - own) if _piece(name) in known]
    pairs = [(_piece(name), _piece(name.lower())) for name in written]
    classes: list[list[Unit]] = [
        [(known[_piece(str(n))],) for n in range(10, 100) if _piece(str(n)) in known],
        [(known[_piece(str(n))],) for n in range(1, 10) if _piece(str(n)) in known],
        [(known[name], known[lower]) for name, lower in pairs if lower in known],
        [(known[name],) for name, lower in pairs if lower not in known],
    ]
    return [units for units in classes if units]


def draw_names(classes: Sequence[Sequence[Unit]], size: int, dice: Generator) -> Array:
    """For each token of a vocabulary the token that stands for it, in one row."""
    names = np.arange(size)
    for units in classes:
        tokens = np.asarray(units, dtype=np.int64)
        names[tokens] = tokens[dice.permutation(len(tokens))]
    return names


def vary(
    encoded: Mapping[str, Sequence[Sequence[int]]],
    classes: Sequence[Sequence[Unit]],
    size: int,
    epochs: float,
    seed: int,
) -> dict[str, list[list[int]]]:
    """Encoded rows, over and over for that many epochs, with other values every time.

    Args:
        encoded: `input_ids` and `labels`.
        classes: what `find_units` found; no class is empty.
        size: of the vocabulary.
        epochs: may be a part of one.
        seed: of the names.
    """
    varied: dict[str, list[list[int]]] = {"input_ids": [], "labels": []}
    count = len(encoded["input_ids"])
    for number in range(int(count * epochs)):
        ids = np.asarray(encoded["input_ids"][number % count], dtype=np.int64)
        labels = np.asarray(encoded["labels"][number % count], dtype=np.int64)
        renamed = draw_names(classes, size, default_rng((seed, number)))[ids]
        varied["input_ids"].append(renamed.tolist())
        varied["labels"].append(np.where(labels >= 0, renamed, labels).tolist())
    return varied


def _piece(word: str) -> str:
    return f"\u2581{word}"


def _find_phrase_words(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Words that thoughts and questions often begin a sentence with: phrases, not values.

    A question names people too, and a thought may quote one; seldom first, and each of them seldom.
    """
    words: Counter[str] = Counter()
    count = 0
    for row in rows:
        count += 1
        for message in row["completion"]:
            if message["role"] == "assistant":
                words.update(_FIRST.findall((message["content"] or "").split("</think>")[0]))
                for call in message.get("tool_calls") or []:
                    question = call["function"]["arguments"].get("question", "")
                    words.update(_FIRST.findall(str(question)))
    return {word for word, times in words.items() if times >= _OFTEN * count}
