"""One sound record of each decision to plant mistakes in, and how to plant them."""

from collections.abc import Callable
from typing import Any

import pytest

from gen.records import Record
from gen.taxonomy.labels import Decision

Edit = Callable[..., Record]


@pytest.fixture(scope="session")
def sound(records: list[Record]) -> dict[Decision, Record]:
    """The first record of each decision; one that refuses does so for what the user asks."""
    refused = next(r for r in records if r.role == "malicious")
    plain = {
        decision: next(r for r in records if r.scenario.last.expectation.decision is decision)
        for decision in Decision
    }
    return {**plain, Decision.REFUSE: refused}


@pytest.fixture(scope="session")
def edit_turn() -> Edit:
    """A record whose last turn is changed."""

    def edit(record: Record, **changed: Any) -> Record:
        turn = record.scenario.last.model_copy(update=changed)
        turns = (*record.scenario.turns[:-1], turn)
        scenario = record.scenario.model_copy(update={"turns": turns})
        return record.model_copy(update={"scenario": scenario})

    return edit


@pytest.fixture(scope="session")
def edit_use() -> Edit:
    """A record with a changed call in its reference: the first, or the n-th of all."""

    def edit(record: Record, number: int = 0, **changed: Any) -> Record:
        steps, seen = list(record.reference), 0
        for at, step in enumerate(steps):
            if number < seen + len(step.calls):
                calls = list(step.calls)
                calls[number - seen] = calls[number - seen].model_copy(update=changed)
                steps[at] = step.model_copy(update={"calls": tuple(calls)})
                return record.model_copy(update={"reference": tuple(steps)})
            seen += len(step.calls)
        raise IndexError(number)

    return edit
