"""Manners: the lines of a technique or a content, by the genre of the place they stand in."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gen.attacks.genre import Genre
from gen.attacks.template_file import TemplateFile
from gen.stories.wordings.skeleton import find_twins
from gen.templating.facts import find_references, resolve
from tool_catalog.errors import UnknownName

FEWEST_LINES = 6
CUT = " || "
"""Where the line of a split text is cut in two."""


class Manner(BaseModel):
    """How one technique speaks in one genre, and what looks like it and is harmless."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payload: list[str] = Field(min_length=FEWEST_LINES)
    chore: list[str] = Field(default_factory=list)
    """Lines of the same shape that ask people for something."""
    note: list[str] = Field(default_factory=list)
    """Lines of the same shape that ask for nothing."""


Texts = Mapping[Genre, Sequence[str]]


def check_lines(
    file: TemplateFile, keys: tuple[str | int, ...], lines: Sequence[str], allowed: set[str],
    needed: frozenset[str],
) -> None:  # fmt: skip
    """Hold lines to what they may speak of and what they must, and to skeletons of their own.

    Raises:
        BadTemplate: the line that is wrong, with file and line.
    """
    for index, line in enumerate(lines):
        used = find_references(line)
        for name in sorted(used - allowed):
            raise file.error((*keys, index), UnknownName("slot", name, allowed))
        if needed and not used & needed:
            spelled = " or ".join(f"{{{{ {name} }}}}" for name in sorted(needed))
            raise file.error((*keys, index), f"speak of {spelled}")
    if twins := find_twins(lines):
        raise file.error(
            (*keys, twins[1]), f"the same skeleton as number {twins[0] + 1}; say it in another way"
        )


def write_line(lines: Sequence[str], facts: Mapping[str, Any], rng: Random) -> str:
    """One of the lines, its values filled in."""
    return str(resolve(rng.choice(lines), facts))
