"""Choice by rendezvous hash: which file is used somewhere hangs on that file's name alone.

Each option gets a number from the hash of a key and its name, and the highest wins. So a new file
changes only the choices that it wins, and a removed one only those that it had won.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from math import log
from typing import TypeVar

Option = TypeVar("Option")


def choose(
    options: Sequence[Option],
    key: str,
    name: Callable[[Option], str],
    weight: Callable[[Option], float] | None = None,
) -> Option:
    """The option that wins under a key; options with equal weights are equally likely.

    Args:
        options: at least one, with names of their own; their order does not matter.
        key: what the choice is for, such as seed, index and purpose.
        name: the name of an option, which must never change.
        weight: how likely an option is beside the others, above 0.

    Raises:
        ValueError: there is no option.
    """
    return min(options, key=lambda option: _place(option, key, name, weight))


def rank(options: Sequence[Option], key: str, name: Callable[[Option], str]) -> list[Option]:
    """The options with the winner first; the next one wins where those before it are missing."""
    return sorted(options, key=lambda option: _place(option, key, name, None))


def _place(
    option: Option,
    key: str,
    name: Callable[[Option], str],
    weight: Callable[[Option], float] | None,
) -> tuple[float, str]:
    """Smaller is better: -log(u)/w is smallest with probability w over the sum of weights."""
    called = name(option)
    number = int.from_bytes(blake2b(f"{key}\0{called}".encode(), digest_size=8).digest(), "big")
    if weight is None:
        return -number, called
    return -log((number + 1) / 2**64) / weight(option), called
