"""How a source is bent for one test, and how members of a role are found."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gen.sets.source import Source, load_source, make_config
from gen.stories.binding import bind
from gen.stories.persona import draw_persona
from gen.templating.task import TaskFrontMatter, TaskTemplate

Bend = Callable[..., Source]


def _find_template(source: Source, template_id: str) -> TaskTemplate:
    """A template by its id; a task on stories is bound to the first story that fits it."""
    found = next(t for some in source.templates.values() for t in some if t.id == template_id)
    if isinstance(found, TaskTemplate):
        return found
    story = source.fitting[template_id][0]
    return bind(found, story, source.domains, None, draw_persona(Random(0)), template_id)


@pytest.fixture(scope="session")
def narrow() -> Bend:
    """A source with one template, bound to one story, and that one's front matter changed."""

    def narrow(
        source: Source, template_id: str, change: Callable[[TaskFrontMatter], Any] | None = None
    ) -> Source:
        found = _find_template(source, template_id)
        front = found.front.model_copy(update=change(found.front)) if change else found.front
        names = (front.domain, *front.worlds)
        return replace(
            source,
            domains={name: source.domains[name] for name in names},
            templates={name: [] for name in names} | {front.domain: [replace(found, front=front)]},
        )

    return narrow


@pytest.fixture(scope="session")
def desk_source() -> Source:
    """The appointment desk's: a user's own domain, with task templates in place of stories."""
    desk = Path(__file__).resolve().parents[3] / "docs" / "appointment_desk"
    config = make_config(1, 7, [str(desk / "desk.py")], [desk / "templates"], "default", ())
    return load_source(config)
