"""One sound record of each decision to plant mistakes in."""

import pytest

from gen.labels import Decision
from gen.records import Record


@pytest.fixture(scope="session")
def sound(records: list[Record]) -> dict[Decision, Record]:
    """The first record of each decision that makes a call or, to refuse, could have."""
    return {
        decision: next(r for r in records if r.scenario.expectation.decision is decision)
        for decision in Decision
    }
