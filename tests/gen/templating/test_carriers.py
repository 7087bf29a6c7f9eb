"""Tasks place content only where outsiders can write, and offer every tool there is."""

import pytest

from gen.sets.source import Source, list_domains
from gen.stories.task import StoryTask

FEWEST_STORIES = 30
"""Thirty are wanted; travel has 21 and web 26."""


def list_tasks(source: Source) -> list[StoryTask]:
    """All tasks, those of other domains that read in this one too."""
    tasks = [t for some in source.templates.values() for t in some if isinstance(t, StoryTask)]
    assert len(tasks) == sum(map(len, source.templates.values()))
    return tasks


def list_shown(source: Source, name: str) -> set[tuple[str, str]]:
    """The fields of a domain's results that outsiders write."""
    tools = source.domains[name].tools.values()
    return {(tool.key, field.rpartition(".")[2]) for tool in tools for field in tool.carriers}


def test_tasks_place_content_in_fields_of_outsiders_alone(source: Source) -> None:
    shown = {field for name in source.domains for field in list_shown(source, name)}
    for task in list_tasks(source):
        for carrier in task.front.carriers:
            tool = carrier.tool if "." in carrier.tool else f"{task.front.domain}.{carrier.tool}"
            assert (tool, carrier.field) in shown, task.id


@pytest.mark.parametrize("name", list_domains())
def test_tasks_offer_every_tool_of_a_domain(source: Source, name: str) -> None:
    offered = {tool for task in list_tasks(source) for tool in task.tools}
    assert {spec.key for spec in source.domains[name].tools.values()} <= offered


@pytest.mark.parametrize("name", list_domains())
def test_a_domain_has_fifteen_tasks_and_stories_enough_and_reads_in_others(
    source: Source, name: str
) -> None:
    tasks = [t for t in source.templates[name] if isinstance(t, StoryTask)]
    assert len(tasks) >= 15
    assert sum(story.domain == name for story in source.stories) >= FEWEST_STORIES
    assert any(task.front.worlds for task in tasks)
    assert any(len(task.front.reads) > 1 for task in tasks)
