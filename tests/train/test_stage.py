"""The stage of a run finds its domain files; scenarios of shipped domains need none."""

import pytest

from gen.episode import SHIPPED
from gen.runs.trust import open_stage
from tool_catalog.errors import UserMistake


def test_a_scenario_is_opened_with_its_offered_tools(make_scenario):
    scenario = make_scenario("execute")
    assert [tool.name for tool in SHIPPED.list_tools(scenario)] == list(scenario.tools)
    assert SHIPPED.open(scenario).finish("No.").faults


def test_a_run_brings_its_own_domain_files(tmp_path):
    assert open_stage(tmp_path) == SHIPPED
    (tmp_path / "domains").mkdir()
    (tmp_path / "domains" / "desk.py").write_text("", encoding="utf-8")
    assert open_stage(tmp_path).domain_files == (tmp_path / "domains" / "desk.py",)


def test_a_domain_of_ones_own_is_not_found_without_its_file(make_scenario):
    scenario = make_scenario("execute").model_copy(update={"domain": "desk"})
    with pytest.raises(UserMistake, match="desk"):
        SHIPPED.open(scenario)
