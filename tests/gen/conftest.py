"""Loaded once for all tests of gen: the shipped sources and a few generated contrast sets."""

import pytest

from gen.config import RunConfig
from gen.records import Record
from gen.sets.pipeline import Quarantined, generate_set
from gen.sets.source import Source, load_source
from tool_catalog.catalog import domain_names

SEED = 7
SETS = 12


@pytest.fixture(scope="session")
def source() -> Source:
    return load_source(RunConfig(size=1, seed=SEED, domains=tuple(domain_names())))


@pytest.fixture(scope="session")
def contrast_sets(source: Source) -> list[list[Record | Quarantined]]:
    return [list(generate_set(source, index)) for index in range(SETS)]


@pytest.fixture(scope="session")
def records(contrast_sets: list[list[Record | Quarantined]]) -> list[Record]:
    return [r for members in contrast_sets for r in members if isinstance(r, Record)]
