"""Whether a text is new: no near copy of anything that there is, or that was written before it."""

from collections.abc import Iterable

from rensa import RMinHash, RMinHashLSH

_PERMUTATIONS, _BANDS, _SEED = 128, 32, 20250710


class KnownTexts:
    """Texts that are there, by their word trigrams.

    Args:
        texts: that there are.
        near: Jaccard similarity from which one text is a copy of another.
    """

    def __init__(self, texts: Iterable[str], near: float) -> None:
        self._near = near
        self._index = RMinHashLSH(threshold=near, num_perm=_PERMUTATIONS, num_bands=_BANDS)
        self._sketches: list[tuple[RMinHash, str]] = []
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Take one more."""
        sketch = _sketch(text)
        self._index.insert(len(self._sketches), sketch)
        self._sketches.append((sketch, text))

    def find_copy(self, text: str) -> str:
        """A text that this one nearly copies; empty when there is none."""
        sketch = _sketch(text)
        places: list[int] = self._index.query(sketch)
        for place in places:
            other, said = self._sketches[place]
            if sketch.jaccard(other) >= self._near:
                return said
        return ""


def _sketch(text: str) -> RMinHash:
    words = text.lower().split()
    sketch = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    sketch.update([" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))])
    return sketch
