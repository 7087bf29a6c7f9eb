"""What prompts have in common, so that each beginning is read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from train.models.decoding.decoder import Ids


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the beginning of a prompt comes from."""

    shared: int = 0
    """Tokens that need not be read again; always fewer than the prompt has."""
    row: int = -1
    """The row that was read earlier and has them; -1: none."""
    prompt: int = -1
    """The prompt of the same plan that has them, and is read first; -1: none."""
    level: int = 0
    """How many prompts are read one after the other before this one."""


def plan_origins(known: Sequence[Ids], prompts: Sequence[Ids], least: int) -> list[Beginning]:
    """For each prompt, the longest beginning that is or will have been read.

    Args:
        known: what was read earlier.
        prompts: what is to be read, none of them empty.
        least: tokens that two prompts must share for one to wait for the other.
    """
    sequences = [*known, *prompts]
    # In this order what lies between two sequences shares at least as much with each.
    order = sorted(range(len(sequences)), key=sequences.__getitem__)
    shared = [0] + [_count_shared(sequences[one], sequences[two]) for one, two in pairwise(order)]
    origins: list[Beginning] = [Beginning()] * len(prompts)
    for place, index in enumerate(order):
        if index < len(known):
            continue
        most = len(sequences[index]) - 1
        read = max(
            _find_known(order, shared, place, len(known), -1, most),
            _find_known(order, shared, place, len(known), 1, most),
        )
        count, prompt = _find_prompt(order, shared, place, len(known), origins, most)
        if prompt >= 0 and count >= least and count > read[0]:
            level = origins[prompt].level + 1
            origins[index - len(known)] = Beginning(count, prompt=prompt, level=level)
        elif read[0]:
            origins[index - len(known)] = Beginning(read[0], row=read[1])
    return origins


def _count_shared(one: Ids, two: Ids) -> int:
    pairs = enumerate(zip(one, two, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(two)))


def _find_known(
    order: Sequence[int], shared: Sequence[int], place: int, known: int, step: int, most: int
) -> tuple[int, int]:
    """Tokens shared with the nearest known sequence in one direction, and which it is."""
    while 0 <= place + step < len(order):
        most = min(most, shared[max(place, place + step)])
        place += step
        if most == 0:
            break
        if order[place] < known:
            return most, order[place]
    return 0, -1


def _find_prompt(
    order: Sequence[int],
    shared: Sequence[int],
    place: int,
    known: int,
    origins: Sequence[Beginning],
    most: int,
) -> tuple[int, int]:
    """Tokens shared with a prompt earlier in the order, and which; of equals the first one read."""
    best, found = 0, -1
    while place and most:
        most = min(most, shared[place])
        place -= 1
        if most < best or most == 0:
            break
        prompt = order[place] - known
        if prompt >= 0 and (found < 0 or origins[prompt].level < origins[found].level):
            best, found = most, prompt
    return best, found
