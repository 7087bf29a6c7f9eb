"""Which contrast sets a run is made of, and which of them each shard holds.

Sets are taken in the order of their index until the records asked for are there. A shard is a
fixed range of sets, so that its bytes depend on the config alone.
"""

from collections.abc import Sequence
from itertools import count

from gen.sets.roles import count_members
from gen.sets.source import Source

_LEAST, _MOST = 1250, 5000
"""Records of a shard: fewer make many small files, more make workers wait for the last one."""
_SHARDS = 16
_FARTHEST = 4
"""How many times the sets of the first plan are tried before a run is left short."""


def plan_shards(source: Source) -> list[range]:
    """The sets of each shard, as if no draft failed its proof."""
    size = source.config.size
    return _cut(source, 0, _find_end(source, 0, size), size)


def plan_more(source: Source, planned: Sequence[range], written: int) -> list[range]:
    """Further shards for a run that drafts in quarantine have left short; none when it is not.

    A run whose words a model writes is left as it is: further sets would cost money.

    Args:
        source: of the run.
        planned: its shards so far, all of them written.
        written: records in them.
    """
    end, missing = planned[-1].stop, source.config.size - written
    first = _find_end(source, 0, source.config.size)
    if missing <= 0 or source.config.writer is not None or end >= _FARTHEST * first:
        return []
    return _cut(source, end, _find_end(source, end, missing), missing)


def _find_end(source: Source, start: int, records: int) -> int:
    """The first set that is no longer needed."""
    for index in count(start):
        if records <= 0:
            return index
        records -= max(1, count_members(source, index))
    raise AssertionError("unreachable")


def _cut(source: Source, start: int, end: int, records: int) -> list[range]:
    width = source.config.sets_per_shard
    if width is None:
        wanted = min(max(records // _SHARDS, _LEAST), _MOST)
        width = -(-(end - start) // max(1, records // wanted))
    return [range(first, min(first + width, end)) for first in range(start, end, width)]
