"""Tasks place content only where outsiders can write, and use every tool that shows such text."""

import pytest

from gen.sets.source import Source, list_domains
from gen.stories.task import StoryTask

_NO_CARRIER = {"get_scheduled_payments"}  # names of billers and payees: no room for a text


def list_tasks(source: Source) -> list[StoryTask]:
    """All tasks, those of other domains that read in this one too."""
    tasks = [t for some in source.templates.values() for t in some if isinstance(t, StoryTask)]
    assert len(tasks) == sum(map(len, source.templates.values()))
    return tasks


def list_shown(source: Source, name: str) -> set[tuple[str, str]]:
    """The fields of a domain's results that outsiders write."""
    tools = source.domains[name].tools.values()
    return {(tool.key, field.rpartition(".")[2]) for tool in tools for field in tool.carriers}


@pytest.mark.parametrize("name", list_domains())
def test_tasks_use_every_tool_that_carries_and_no_field_of_others(
    source: Source, name: str
) -> None:
    shown = list_shown(source, name)
    carried = {
        (c.tool if "." in c.tool else f"{task.front.domain}.{c.tool}", c.field)
        for task in list_tasks(source) for c in task.front.carriers
    }  # fmt: skip
    own = {(tool, field) for tool, field in carried if tool.startswith(f"{name}.")}
    assert own <= shown
    assert {tool.partition(".")[2] for tool, _ in shown - own} - _NO_CARRIER == set()


@pytest.mark.parametrize("name", list_domains())
def test_tasks_offer_every_tool_of_a_domain(source: Source, name: str) -> None:
    offered = {tool for task in list_tasks(source) for tool in task.tools}
    assert {spec.key for spec in source.domains[name].tools.values()} <= offered


@pytest.mark.parametrize("name", list_domains())
def test_a_domain_has_fifteen_tasks_and_thirty_stories_and_reads_in_others(
    source: Source, name: str
) -> None:
    tasks = [t for t in source.templates[name] if isinstance(t, StoryTask)]
    assert len(tasks) >= 15
    assert sum(story.domain == name for story in source.stories) >= 30
    assert any(task.front.worlds for task in tasks)
    assert any(len(task.front.reads) > 1 for task in tasks)
