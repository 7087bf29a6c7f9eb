"""Keys and values of the tokens that a model has read, a conversation a row."""

from collections.abc import Sequence
from typing import Any

_CHUNK = 256
"""Places by which rows get longer; each time all of them are copied."""


class KeyValueCache:
    """Rows of places, in float32, for every layer; they get longer and more by need.

    Attention in float32 is several times faster on a CPU than in bfloat16, even where that is fast.

    Args:
        layers: of the model.
        heads: that have keys and values.
        size: of a head.
    """

    def __init__(self, layers: int, heads: int, size: int) -> None:
        self._layers, self._heads, self._size = layers, heads, size
        self.lengths: list[int] = []
        """Tokens that each row holds."""
        self.keys: list[Any] = []
        """Of each layer: rows, heads, places, features."""
        self.values: list[Any] = []

    @property
    def token_bytes(self) -> int:
        """What a place costs."""
        return 2 * self._layers * self._heads * self._size * 4

    @property
    def rows(self) -> int:
        """For how many rows there is memory."""
        return len(self.keys[0]) if self.keys else 0

    def arrange(self, sources: Sequence[int], lengths: Sequence[int], width: int) -> None:
        """Let each row begin with what another one, or it itself, began with.

        Args:
            sources: for each row to come one that is there; -1: it is to be empty.
            lengths: tokens that are taken over.
            width: places that each row needs at least.
        """
        moves = [(new, old) for new, old in enumerate(sources) if old >= 0]
        if self.rows < len(sources) or self.keys[0].shape[2] < width:
            self._allocate(len(sources), width, moves, max(lengths, default=0))
        else:
            self._move([(new, old) for new, old in moves if new != old], lengths)
        self.lengths = list(lengths)

    def copy(self, targets: Sequence[int], sources: Sequence[int], count: int) -> None:
        """Begin rows with the first tokens of others, of which none is a target."""
        for tensor in (*self.keys, *self.values):
            tensor[list(targets), :, :count] = tensor[list(sources), :, :count]

    def widen(self, width: int) -> None:
        """See that every row has so many places."""
        if self.keys[0].shape[2] < width:
            same = [(row, row) for row in range(len(self.lengths))]
            self._allocate(len(same), width, same, max(self.lengths))

    def exchange(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Let the rows of each pair change places; no row is in two pairs."""
        both = [*pairs, *((two, one) for one, two in pairs)]
        lengths = list(self.lengths)
        for new, old in both:
            lengths[new] = self.lengths[old]
        self._move(both, lengths)
        self.lengths = lengths

    def _move(self, moves: Sequence[tuple[int, int]], lengths: Sequence[int]) -> None:
        if moves:
            new, old = map(list, zip(*moves, strict=True))
            self.copy(new, old, max(lengths[row] for row in new))

    def _allocate(self, rows: int, width: int, moves: Sequence[tuple[int, int]], span: int) -> None:
        """Longer or more rows. Layer by layer, so that never two whole caches are held."""
        import torch

        shape = (rows, self._heads, -(-width // _CHUNK) * _CHUNK, self._size)
        if not self.keys:
            self.keys, self.values = [None] * self._layers, [None] * self._layers
        new, old = map(list, zip(*moves, strict=True)) if moves else ([], [])
        for tensors in (self.keys, self.values):
            for layer, tensor in enumerate(tensors):
                # Zeros, for what is not yet written is multiplied by zero too.
                tensors[layer] = torch.zeros(shape)
                if moves:
                    tensors[layer][new, :, :span] = tensor[old, :, :span]
