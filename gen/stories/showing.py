"""What the agent tells of what a read has shown: a balance, the boxes of a form."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from gen.stories.story import StoryAct
from gen.templating.speech import say
from tool_catalog.domain import World
from tool_catalog.errors import ToolError


def list_shown(
    act: StoryAct, arguments: Mapping[str, Any], worlds: Sequence[World]
) -> tuple[str, ...]:
    """The values that an act's `shows` names, as its call finds them; each once.

    Args:
        act: a read; of another there are none.
        arguments: of the call as it is made, which need not be the act's own.
        worlds: as they are before the call.
    """
    owner, _, tool = act.tool.partition(".")
    world = next((w for w in worlds if w.domain.name == owner), None)
    if world is None or not act.shows:
        return ()
    try:
        bound = world.domain.tools[tool].bind(arguments)
        result = world.domain.run(tool, world.clone(), bound)
    except ToolError:
        return ()  # a call that fails shows nothing
    found = (text for path in act.shows for text in _walk(result, path.split(".")))
    return tuple(dict.fromkeys(found))


def _walk(node: Any, path: Sequence[str]) -> Iterator[str]:
    """The texts at a path of a result, through every item of its lists."""
    if isinstance(node, list | tuple):
        for item in node:
            yield from _walk(item, path)
    elif isinstance(node, Mapping) and path:
        yield from _walk(node.get(path[0]), path[1:])
    elif not path and node not in (None, ""):
        yield " ".join(str(node).split())


def tell_shown(texts: Sequence[str], rng: Random) -> Iterator[str]:
    """A sentence that tells what a read has shown; none where it has shown nothing."""
    if texts:
        *first, last = texts
        shown = f"{'; '.join(first)}; and {last}" if first else last
        said = say("shown", rng, shown=shown).strip()
        yield said.removesuffix(".") if shown.endswith((".", "?", "!")) else said
