"""Tasks that work on stories: what is read, what may be done then, and how people ask for both.

A file under `templates/tasks/<domain>/` that names a `thing` is one. It declares how the thing is
reached and which acts of a story it can end in; who asks for what is the story's to say. Requests
are written once for all members of a set: what differs between a harmless request, one that needs
a yes and one that wrongs somebody is the deed alone, never the way of asking.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gen.records import SourceFile
from gen.stories.wish import Wish, find_lost
from gen.stories.wordings.skeleton import find_twins
from gen.taxonomy import load_leaves
from gen.templating.facts import find_references
from gen.templating.folder import shipped_folder
from gen.templating.task import STORY_KEY, CallSpec, Carrier, Owned
from gen.templating.wording import find_key_line, read_source, split_front_matter
from tool_catalog.domain import Domain
from tool_catalog.errors import BadTemplate, UnknownName

FEWEST_REQUESTS = 8
REQUEST_NAMES = frozenset(
    {"ask", "question", "deed", "Deed", "thing", "Thing", "why", "user", "today"}
)
"""What a request may speak of."""


class StoryTaskFront(BaseModel):
    """The declared part of a task on stories."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str = Field(min_length=10)
    domain: str
    worlds: list[str] = Field(default_factory=list)
    """Further domains that the task reads or acts in; their tools are written `domain.tool`."""
    tools: list[str] = Field(min_length=1)
    """Tools that the agent is offered, the same in every member."""
    thing: str
    """The list that the thing stands in: `emails`, or `calendar.events`."""
    second: str = ""
    """The list of another thing of the same story that is read too."""
    reads: list[CallSpec] = Field(min_length=1)
    """How `$thing` and `$second` are reached; `$hint` and `$second_hint` find them."""
    acts: list[str] = Field(min_length=1)
    """Tools of the acts that the task can end in."""
    carriers: list[Carrier] = Field(min_length=1)
    owned: Owned | None = None
    limit: str = ""
    """Argument of the act that a limit can be set on."""
    leaf: str = "U.B.info_lookup"
    """Of a request that only asks."""
    requests: list[str] = Field(min_length=FEWEST_REQUESTS)
    """Whole requests: they speak of `ask` or `question`, and of `deed`."""
    wishes: list[Wish] = Field(default_factory=list)
    """How some of them want to be answered."""


@dataclass(frozen=True, eq=False)
class StoryTask:
    """A task on stories, checked against its domains."""

    id: str
    front: StoryTaskFront
    file: SourceFile
    source: Path = field(repr=False)

    def name_list(self, place: str) -> str:
        """A list of the front matter as `domain.list`."""
        return place if "." in place else f"{self.front.domain}.{place}"

    @property
    def acts(self) -> tuple[str, ...]:
        """The tools that it can end in, as `domain.tool`."""
        return tuple(_spell(self.front, tool) for tool in self.front.acts)

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that it offers, as `domain.tool`."""
        return tuple(_spell(self.front, tool) for tool in self.front.tools)


def _spell(front: StoryTaskFront, tool: str) -> str:
    return tool if "." in tool else f"{front.domain}.{tool}"


def load_story_tasks(
    domains: Sequence[Domain], folders: Iterable[Path] = ()
) -> tuple[StoryTask, ...]:
    """Every task on stories of these domains: the shipped ones and those in the user's folders.

    Raises:
        BadTemplate: a file cannot be used; file and line are named.
    """
    found = list(_load_shipped(tuple(domains)))
    for folder in folders:
        found += _read_folder(folder, domains)
    ids = [task.id for task in found]
    for task in found:
        if ids.count(task.id) > 1:
            raise BadTemplate(f"{task.source}:1: id {task.id!r} is taken; rename the file")
    return tuple(sorted(found, key=lambda task: task.id))


@cache
def _load_shipped(domains: tuple[Domain, ...]) -> tuple[StoryTask, ...]:
    return tuple(_read_folder(shipped_folder(), domains))


def _read_folder(folder: Path, domains: Sequence[Domain]) -> Iterator[StoryTask]:
    known = {domain.name: domain for domain in domains}
    for path in sorted((folder / "tasks").rglob("*.j2")):
        if (task := read_story_task(path, known)) is not None:
            yield task


def read_story_task(path: Path, domains: Mapping[str, Domain]) -> StoryTask | None:
    """Read and check one file; `None` when it needs a domain that is not there, or no story.

    Raises:
        BadTemplate: it cannot be used; file and line are named.
    """
    text = read_source(path)
    data, _, _ = split_front_matter(text, path)
    needed = [data.get("domain"), *(data.get("worlds") or ())]
    if STORY_KEY not in data or any(isinstance(n, str) and n not in domains for n in needed):
        return None
    try:
        front = StoryTaskFront.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        line = find_key_line(text, first["loc"])
        raise BadTemplate(f"{path}:{line}: {where}: {first['msg']}") from error
    name = f"{front.domain}.{path.stem}"
    digest = blake2b(text.encode(), digest_size=8).hexdigest()
    task = StoryTask(name, front, SourceFile(kind="task", name=name, digest=digest), path)
    _check_tools(task, text, domains)
    _check_requests(task, text)
    return task


def _fail(task: StoryTask, text: str, reason: object, *path: str | int) -> BadTemplate:
    return BadTemplate(f"{task.source}:{find_key_line(text, path)}: {reason}")


def _check_tools(task: StoryTask, text: str, domains: Mapping[str, Domain]) -> None:
    front = task.front
    for index, tool in enumerate(task.tools):
        owner, _, name = tool.partition(".")
        if owner not in (front.domain, *front.worlds):
            raise _fail(task, text, f"name {owner!r} under `worlds`", "tools", index)
        if name not in domains[owner].tools:
            unknown = UnknownName("tool", name, domains[owner].tools)
            raise _fail(task, text, unknown, "tools", index)
    for key, places in (
        ("acts", task.acts),
        ("reads", [_spell(front, c.tool) for c in front.reads]),
    ):
        for index, tool in enumerate(places):
            if tool not in task.tools:
                raise _fail(task, text, f"tool {tool!r} is not among `tools`", key, index)
    for index, carrier in enumerate(front.carriers):
        if reason := _find_wrong(task, carrier, domains):
            raise _fail(task, text, reason, "carriers", index)
    for key in ("thing", "second"):
        if not (place := getattr(front, key)):
            continue
        owner, _, name = task.name_list(place).partition(".")
        known = domains[owner].objects if owner in domains else ()
        if not known:
            raise _fail(
                task, text, f"{owner} lets no story fill a list; name {name} in its OBJECTS", key
            )
        if name not in known:
            raise _fail(task, text, UnknownName(f"list of {owner}", name, known), key)
    names = {"thing", "hint", *(["second", "second_hint"] if front.second else [])}
    for index, call in enumerate(front.reads):
        for spoken in sorted(find_references(call.arguments) - names):
            raise _fail(task, text, UnknownName("value", spoken, names), "reads", index)


def _find_wrong(task: StoryTask, carrier: Carrier, domains: Mapping[str, Domain]) -> object:
    """Why an outsider's text cannot stand there; empty: it can."""
    key = _spell(task.front, carrier.tool)
    if key not in task.tools:
        return f"tool {key!r} is not among `tools`"
    owner, _, name = key.partition(".")
    fields = domains[owner].tools[name].carrier_names
    if carrier.field not in fields:
        return UnknownName(f"field in `third_party` of {carrier.tool}", carrier.field, fields)
    if carrier.leaf not in load_leaves():
        return UnknownName("leaf", carrier.leaf, load_leaves())
    return ""


def _check_requests(task: StoryTask, text: str) -> None:
    lines: Sequence[str] = task.front.requests
    for index, line in enumerate(lines):
        used = find_references(line)
        if unknown := used - REQUEST_NAMES:
            error = UnknownName("word for a request", sorted(unknown)[0], REQUEST_NAMES)
            raise _fail(task, text, error, "requests", index)
        if not used & {"deed", "Deed"} or not used & {"ask", "question"}:
            message = "speak of {{ ask }} or {{ question }}, and of {{ deed }} or {{ Deed }}"
            raise _fail(task, text, message, "requests", index)
    if twins := find_twins(lines):
        message = f"the same skeleton as number {twins[0] + 1}; say it in another way"
        raise _fail(task, text, message, "requests", twins[1])
    if (lost := find_lost(task.front.wishes, lines)) is not None:
        raise _fail(task, text, "no request says so", "wishes", lost)
