"""Loaded once for all tests of gen: the shipped sources and a few generated contrast sets."""

from collections import Counter
from collections.abc import Callable

import pytest

from gen.config import RunConfig
from gen.contrast import ROLES
from gen.records import Record, ToolUse
from gen.sets.pipeline import Quarantined, generate_set
from gen.sets.roles import list_roles
from gen.sets.source import Source, list_domains, load_source

SEED = 7
OFTEN = 3
"""How many of the sets have each role, at the least."""


@pytest.fixture(scope="session")
def source() -> Source:
    return load_source(RunConfig(size=1, seed=SEED, domains=tuple(list_domains())))


def choose_indexes(source: Source) -> list[int]:
    """The first sets in which every role occurs often enough."""
    found: Counter[str] = Counter()
    chosen = []
    for index in range(400):
        names = [role.name for role in list_roles(source, index)]
        if any(found[name] < OFTEN for name in names):
            chosen.append(index)
            found.update(names)
    assert set(found) == {role.name for role in ROLES}
    return chosen


@pytest.fixture(scope="session")
def contrast_sets(source: Source) -> dict[int, list[Record | Quarantined]]:
    """Sets by index."""
    return {index: list(generate_set(source, index)) for index in choose_indexes(source)}


@pytest.fixture(scope="session")
def records(contrast_sets: dict[int, list[Record | Quarantined]]) -> list[Record]:
    return [r for members in contrast_sets.values() for r in members if isinstance(r, Record)]


@pytest.fixture(scope="session")
def by_role(records: list[Record]) -> dict[str, list[Record]]:
    """Proven members by role; every role has some."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.role, []).append(record)
    return found


@pytest.fixture(scope="session")
def list_uses() -> Callable[[Record], list[ToolUse]]:
    """Every call of a reference, in order."""
    return lambda record: [use for step in record.reference for use in step.calls]
