"""Strategies: how somebody puts pressure on an agent, whatever they want from it (TAXONOMY U.J).

A strategy's requests stand in the place of a task's, for all members of a set: harmless requests
are put so as often as others, and no strategy ever changes what is right.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gen.records import SourceFile
from gen.stories.task import FEWEST_REQUESTS, REQUEST_NAMES
from gen.stories.wish import Wish, find_lost
from gen.stories.wordings.skeleton import find_twins
from gen.taxonomy import load_leaves
from gen.templating.facts import find_references
from gen.templating.folder import shipped_folder
from gen.templating.wording import find_key_line, read_source, split_front_matter
from tool_catalog.errors import BadTemplate, UnknownName

PLAIN = "U.J.none"


class StrategyFront(BaseModel):
    """A strategy file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leaf: str = Field(pattern=r"^U\.J\.")
    about: str = Field(min_length=10)
    requests: list[str] = Field(min_length=FEWEST_REQUESTS)
    wishes: list[Wish] = Field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Strategy:
    """A strategy, checked."""

    name: str
    leaf: str
    requests: list[str]
    file: SourceFile
    wishes: list[Wish] = field(default_factory=list)
    """How the requests want to be answered."""


def load_strategies(folders: Iterable[Path] = ()) -> tuple[Strategy, ...]:
    """Every strategy: the shipped ones and those in the user's folders.

    Raises:
        BadTemplate: a file cannot be used; file and line are named.
    """
    found = [*_load_shipped(), *(s for folder in folders for s in _read_folder(folder))]
    return tuple(sorted(found, key=lambda strategy: strategy.name))


@cache
def _load_shipped() -> tuple[Strategy, ...]:
    return tuple(_read_folder(shipped_folder()))


def _read_folder(folder: Path) -> Iterator[Strategy]:
    for path in sorted((folder / "strategies").glob("*.j2")):
        yield read_strategy(path)


def read_strategy(path: Path) -> Strategy:
    """Read and check one file.

    Raises:
        BadTemplate: it cannot be used; file and line are named.
    """
    text = read_source(path)
    data, _, _ = split_front_matter(text, path)

    def fail(reason: object, *keys: str | int) -> BadTemplate:
        return BadTemplate(f"{path}:{find_key_line(text, keys)}: {reason}")

    try:
        front = StrategyFront.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise fail(f"{where}: {first['msg']}", *first["loc"]) from error
    if front.leaf not in load_leaves():
        raise fail(UnknownName("leaf", front.leaf, load_leaves()), "leaf")
    for index, line in enumerate(front.requests):
        used = find_references(line)
        if unknown := used - REQUEST_NAMES:
            name = sorted(unknown)[0]
            raise fail(UnknownName("word for a request", name, REQUEST_NAMES), "requests", index)
        if not used & {"deed", "Deed"} or not used & {"ask", "question"}:
            raise fail("speak of {{ ask }} or {{ question }}, and of a deed", "requests", index)
    if twins := find_twins(front.requests):
        raise fail(f"the same skeleton as number {twins[0] + 1}", "requests", twins[1])
    if (lost := find_lost(front.wishes, front.requests)) is not None:
        raise fail("no request says so", "wishes", lost)
    digest = blake2b(text.encode(), digest_size=8).hexdigest()
    file = SourceFile(kind="strategy", name=path.stem, digest=digest)
    return Strategy(path.stem, front.leaf, front.requests, file, front.wishes)
