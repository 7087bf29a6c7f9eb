"""Exact and near duplicates between contrast sets.

Members of one set are alike on purpose; copies across sets are what inflates a test score. Exact
copies are counted by hash, near ones by MinHash over word trigrams (rensa), Jaccard 0.8.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from rensa import RMinHash, RMinHashLSH

_PERMUTATIONS = 128
_BANDS = 16
_THRESHOLD = 0.8
_SEED = 20250710


@dataclass(frozen=True, slots=True)
class ComparedText:
    """What is compared of one record."""

    record: str
    contrast_set: str
    split: str
    text: str


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What was found."""

    compared: int
    held_out: int
    """Of these, records that are not for training."""
    exact: tuple[tuple[str, str], ...]
    """Pairs of record ids with the same text, from different sets."""
    near: int
    """Records that have a near duplicate in an earlier set."""
    leaked: tuple[tuple[str, str], ...]
    """Exact pairs with one in train and one in another split."""


def find_duplicates(texts: Iterable[ComparedText]) -> Duplicates:
    """Compare every text with those before it, across sets."""
    seen: dict[bytes, ComparedText] = {}
    exact, leaked, held_out = [], [], 0
    texts = list(texts)
    for text in texts:
        held_out += text.split != "train"
        key = blake2b(text.text.encode(), digest_size=12).digest()
        earlier = seen.setdefault(key, text)
        if earlier.contrast_set != text.contrast_set:
            exact.append((earlier.record, text.record))
            if ("train" in (earlier.split, text.split)) and earlier.split != text.split:
                leaked.append((earlier.record, text.record))
    near = sum(flag_copies((text.contrast_set, text.text) for text in texts))
    return Duplicates(len(texts), held_out, tuple(exact), near, tuple(leaked))


def flag_copies(texts: Iterable[tuple[str, str]]) -> Iterator[bool]:
    """For each text, given behind its set, whether it nearly copies one of an earlier set."""
    index = RMinHashLSH(threshold=_THRESHOLD, num_perm=_PERMUTATIONS, num_bands=_BANDS)
    kept: list[tuple[str, RMinHash]] = []
    for group, text in texts:
        sketch = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
        sketch.update(_shingle(text))
        candidates = (kept[i] for i in index.query(sketch))
        yield any(
            owner != group and sketch.jaccard(other) >= _THRESHOLD for owner, other in candidates
        )
        index.insert(len(kept), sketch)
        kept.append((group, sketch))


def _shingle(text: str) -> list[str]:
    words = text.lower().split()
    return [" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))]
