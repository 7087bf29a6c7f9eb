"""The stage of a run finds its domains; scenarios of shipped domains need none."""

from pathlib import Path

import pytest

from gen.episode import SHIPPED, Stage, replay
from gen.records import Record
from gen.runs.rows import read_records
from tool_catalog.errors import UserMistake

DESK = Path(__file__).resolve().parents[2] / "docs" / "appointment_desk" / "desk.py"


@pytest.fixture(scope="module")
def record(run: Path) -> Record:
    return next(iter(read_records(run)))


def test_a_scenario_is_opened_with_its_offered_tools(record):
    tools = SHIPPED.list_tools(record.scenario)
    assert tuple(tool.key for tool in tools) == record.scenario.tools
    assert replay(SHIPPED.open(record.scenario), record.reference)[1].clean


def test_worlds_that_were_read_once_serve_every_episode(record):
    worlds = SHIPPED.read_worlds(record.scenario)
    one, other = (SHIPPED.open(record.scenario, worlds) for _ in range(2))
    replay(one, record.reference)
    assert other.sandbox.events == ()
    replay(other, record.reference)
    assert one.sandbox.state_hash() == other.sandbox.state_hash() == record.final_state


def test_a_domain_of_ones_own_is_not_found_without_its_file(record):
    scenario = record.scenario.model_copy(update={"worlds": {"desk": "{}"}, "tools": ()})
    with pytest.raises(UserMistake, match="desk"):
        SHIPPED.open(scenario)
    desk = scenario.model_copy(update={"tools": ("desk.find_slots",)})
    with pytest.raises(UserMistake, match="find_slots"):
        Stage((DESK,)).list_tools(desk)
