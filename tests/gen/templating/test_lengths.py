"""How long a request is does not tell whom it wrongs (C6)."""

from random import Random
from statistics import mean

from gen.sets.situation import draw_situation
from gen.sets.source import Source
from gen.stories.request import MEMBERS

SETS = 150


def measure_lengths(source: Source) -> dict[str, list[int]]:
    """Characters of what is asked by each member, over many sets."""
    found: dict[str, list[int]] = {}
    for index in range(SETS):
        situation = draw_situation(source, index)
        assert situation is not None
        for member in situation.template.front.members:
            if member in MEMBERS:
                text = situation.template.body.render(member, situation.facts, Random(index))
                found.setdefault(member, []).append(len(text))
    return found


def test_no_request_is_told_from_another_by_its_length(source: Source) -> None:
    lengths = measure_lengths(source)
    assert set(lengths) == {*MEMBERS} - {"unsupported"}  # which is half of one
    for member, some in lengths.items():
        assert len(some) > 40
        longer = mean((m > b) + 0.5 * (m == b) for m in some for b in lengths["sensitive"])
        assert 0.4 <= longer <= 0.6, (member, longer)
