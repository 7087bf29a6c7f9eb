"""Other values for the same row, so that copying is learned and no value is.

The members of a contrast set share their names and numbers, so a model meets few values, each many
times, and learns them by heart. Renaming values row by row, alike in prompt, results and turns,
leaves copying as the only way to be right.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from tool_catalog.pools import load_pools

Unit = tuple[int, ...]
"""Tokens that are renamed together: a name as it is written and in lower case."""
_WORD = re.compile(r"[A-Za-z]+")


def find_units(tokenizer: Any, rows: Iterable[Mapping[str, Any]]) -> list[list[Unit]]:
    """Classes of tokens that may stand for each other.

    Two-digit tokens without a leading zero, single digits but zero (so that a number stays one),
    and the pools' names but those that the agent's own phrases use as words.
    """
    pools = load_pools()
    names = {word for person in pools.people for word in (person.first, person.last)}
    names |= {word for company in pools.companies for word in _WORD.findall(company)}
    known = tokenizer.get_vocab()
    own = _find_phrase_words(rows)
    written = [name for name in sorted(names - own) if _piece(name) in known]
    pairs = [(_piece(name), _piece(name.lower())) for name in written]
    return [
        [(known[_piece(str(n))],) for n in range(10, 100) if _piece(str(n)) in known],
        [(known[_piece(str(n))],) for n in range(1, 10) if _piece(str(n)) in known],
        [(known[name], known[lower]) for name, lower in pairs if lower in known],
        [(known[name],) for name, lower in pairs if lower not in known],
    ]


def rename(ids: Sequence[int], classes: Sequence[Sequence[Unit]], dice: Random) -> list[int]:
    """A row's tokens with its values renamed, equal tokens alike."""
    names: dict[int, int] = {}
    for units in classes:
        others = dice.sample(units, len(units))
        for unit, other in zip(units, others, strict=True):
            names.update(zip(unit, other, strict=True))
    return [names.get(token, token) for token in ids]


def vary(
    encoded: Mapping[str, Sequence[Sequence[int]]],
    classes: Sequence[Sequence[Unit]],
    epochs: float,
    seed: int,
) -> dict[str, list[list[int]]]:
    """Encoded rows, over and over for that many epochs, with other values every time."""
    ids, labels = encoded["input_ids"], encoded["labels"]
    varied: dict[str, list[list[int]]] = {"input_ids": [], "labels": []}
    for number in range(int(len(ids) * epochs)):
        row = number % len(ids)
        renamed = rename(ids[row], classes, Random(f"{seed}:rename:{number}"))
        pairs = zip(renamed, labels[row], strict=True)
        varied["input_ids"].append(renamed)
        varied["labels"].append([new if old >= 0 else old for new, old in pairs])
    return varied


def _piece(word: str) -> str:
    return f"\u2581{word}"


def _find_phrase_words(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Capitalised words of thoughts and questions: phrases, not values."""
    words: set[str] = set()
    for row in rows:
        for message in row["completion"]:
            if message["role"] == "assistant":
                words.update(_WORD.findall((message["content"] or "").split("</think>")[0]))
                for call in message.get("tool_calls") or []:
                    question = call["function"]["arguments"].get("question", "")
                    words.update(_WORD.findall(str(question)))
    return words
