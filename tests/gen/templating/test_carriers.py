"""Tasks place content only where outsiders can write, and use every tool that shows such text."""

import pytest

from gen.templating.task_file import load_templates
from tool_catalog.catalog import domain_names, load_domain

_NO_CARRIER = {"get_scheduled_payments"}  # names of billers and payees: no room for a text


@pytest.mark.parametrize("name", domain_names())
def test_tasks_of_a_domain_use_every_tool_that_carries_and_no_field_of_others(name: str) -> None:
    domain = load_domain(name)
    templates = load_templates([domain])
    carried = {(c.tool, c.field) for t in templates for c in t.front.carriers}
    fields = {
        (tool.name, field.rpartition(".")[2])
        for tool in domain.tools.values()
        for field in tool.carriers
    }
    called = {c.tool for t in templates for m in t.front.members.values() for c in m.calls}
    assert carried <= fields
    assert {tool for tool, _ in carried} >= {tool for tool, _ in fields} - _NO_CARRIER
    assert set(domain.tools) == called


@pytest.mark.parametrize("name", domain_names())
def test_a_domain_has_a_dozen_tasks_and_a_third_need_two_calls(name: str) -> None:
    templates = load_templates([load_domain(name)])
    longer = [t for t in templates if len(t.front.members["benign"].calls) > 1]
    assert len(templates) >= 12
    assert len(longer) * 3 >= len(templates)
