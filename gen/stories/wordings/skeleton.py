"""Skeletons: what two wordings have in common when all that varies in them is masked."""

import re
from collections.abc import Sequence

_SLOT = re.compile(r"\{\{.*?\}\}|\S*\d\S*|[\w.+-]+@[\w.-]+|https?://\S+")
_WORD = re.compile(r"[a-z_']+")


def find_skeleton(text: str) -> tuple[str, ...]:
    """The words of a text in small letters; values, numbers, addresses and links are one mark."""
    return tuple(_WORD.findall(_SLOT.sub(" _ ", text).lower()))


def find_twins(texts: Sequence[str]) -> tuple[int, int] | None:
    """The first two texts with one skeleton, by place; `None` when there are none."""
    seen: dict[tuple[str, ...], int] = {}
    for place, text in enumerate(texts):
        skeleton = find_skeleton(text)
        if skeleton in seen:
            return seen[skeleton], place
        seen[skeleton] = place
    return None
