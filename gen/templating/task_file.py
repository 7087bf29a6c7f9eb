"""Reading task templates, each checked against its domain."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from pydantic import ValidationError

from gen.records import SourceFile
from gen.taxonomy import load_leaves
from gen.templating.facts import check_paths, check_slot, find_references
from gen.templating.folder import shipped_folder
from gen.templating.task import (
    STORY_KEY,
    TaskFrontMatter,
    TaskTemplate,
    list_blocks,
    name_tool,
)
from gen.templating.wording import (
    find_key_line,
    find_line,
    read_body,
    read_source,
    split_front_matter,
)
from tool_catalog.domain import Domain, draw_setting
from tool_catalog.errors import BadTemplate, UnknownName

FEWEST_WORDINGS = 60
_FRAME_FACTS = frozenset({"user", "today", "call"})
"""Facts that every body may use without declaring them."""


def load_templates(
    domains: Sequence[Domain], folders: Iterable[Path] = (), *, strict: bool = False
) -> list[TaskTemplate]:
    """Every task template of these domains: the shipped ones and those in the user's folders.

    Args:
        domains: whose templates are wanted.
        folders: the user's; what lies there is checked whole.
        strict: check the bodies of the shipped ones too. Tests do; parsing them all takes longer
            than making a hundred records.

    Raises:
        BadTemplate: a template cannot be used; file and line are named.
    """
    found = list(_read_shipped(tuple(domains), strict))
    for folder in folders:
        found += _read_folder(folder, domains, strict=True)
    ids = [t.id for t in found]
    for template in found:
        if ids.count(template.id) > 1:
            raise BadTemplate(f"{template.source}:1: id {template.id!r} is taken; rename the file")
    return sorted(found, key=lambda t: t.id)


@cache
def _read_shipped(domains: tuple[Domain, ...], strict: bool) -> tuple[TaskTemplate, ...]:
    """Read once a process, so that a run's own hold-out costs no second reading."""
    return tuple(_read_folder(shipped_folder(), domains, strict=strict))


def _read_folder(
    folder: Path, domains: Sequence[Domain], *, strict: bool
) -> Iterator[TaskTemplate]:
    known = {domain.name: domain for domain in domains}
    for path in sorted((folder / "tasks").rglob("*.j2")):
        template = read_template(path, known, strict=strict)
        if template is not None:
            yield template


def read_template(
    path: Path, domains: Mapping[str, Domain], *, strict: bool = True
) -> TaskTemplate | None:
    """Read and check one file; `None` when it needs a domain that is not there, or stories."""
    text = read_source(path)
    data, body_text, first_line = split_front_matter(text, path)
    if STORY_KEY in data:  # a task on stories is read by gen.stories
        return None
    needed = [data.get("domain"), *(data.get("worlds") or ())]
    if any(isinstance(name, str) and name not in domains for name in needed):
        return None
    try:
        front = TaskFrontMatter.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = first["loc"] or ("members",)  # the one rule over the whole is about the members
        where = ".".join(map(str, place))
        line = find_key_line(text, place)
        raise BadTemplate(f"{path}:{line}: {where}: {first['msg']}") from error
    body = read_body(body_text, path, first_line)
    template = TaskTemplate(
        id=f"{front.domain}.{path.stem}",
        front=front,
        body=body,
        file=SourceFile(
            kind="task",
            name=f"{front.domain}.{path.stem}",
            digest=blake2b(text.encode(), digest_size=8).hexdigest(),
        ),
        source=path,
    )
    _check_calls(template, domains, text)
    if strict:
        states = _draw_states(template, domains)
        _check_slots(template, states, text)
        _check_facts(template, text)
        _check_paths(template, states, text)
        _check_blocks(template, text)
    return template


def _check_calls(template: TaskTemplate, domains: Mapping[str, Domain], text: str) -> None:
    """Tools exist and are offered, arguments are the tool's, leaves are known."""
    front = template.front

    def fail(reason: object, *path: str | int) -> BadTemplate:
        return BadTemplate(f"{template.source}:{find_key_line(text, path)}: {reason}")

    for index, name in enumerate(front.tools):
        owner, _, tool = name_tool(front, name).partition(".")
        if owner not in (front.domain, *front.worlds):
            raise fail(f"tool {name!r}: name {owner!r} under `worlds`", "tools", index)
        if tool not in domains[owner].tools:
            raise fail(UnknownName("tool", tool, domains[owner].tools), "tools", index)
    for key, member in front.members.items():
        if member.leaf not in load_leaves():
            unknown = UnknownName("leaf", member.leaf, load_leaves())
            raise fail(unknown, "members", key, "leaf")
        for index, call in enumerate(member.calls):
            where = ("members", key, "calls", index)
            if call.tool not in front.tools:
                raise fail(f"tool {call.tool!r} is not among `tools`", *where)
            owner, _, tool = name_tool(front, call.tool).partition(".")
            known = domains[owner].tools[tool].argument_names
            for name in call.arguments:
                if name not in known:
                    raise fail(UnknownName(f"argument of {call.tool}", name, known), *where)
    for index, carrier in enumerate(front.carriers):
        if carrier.tool not in front.tools:
            raise fail(f"tool {carrier.tool!r} is not among `tools`", "carriers", index)
    if front.owned is not None and front.owned.tool not in front.tools:
        raise fail(f"tool {front.owned.tool!r} is not among `tools`", "owned")
    last = front.members["sensitive"].calls[-1:]
    if front.limit and not (last and front.limit in last[0].arguments):
        raise fail(f"{front.limit!r} is no argument of the sensitive member's last call", "limit")


def _draw_states(template: TaskTemplate, domains: Mapping[str, Domain]) -> dict[str, Any]:
    """One drawn world of each domain."""
    setting = draw_setting(Random("slots"))
    names = (template.front.domain, *template.front.worlds)
    return {name: domains[name].new_world(Random("slots"), *setting).pristine for name in names}


def _check_slots(template: TaskTemplate, states: Mapping[str, Any], text: str) -> None:
    """Slots name lists and fields of a domain's state, as one drawn world shows them."""
    front = template.front
    for name, slot in front.slots.items():
        try:
            if slot.world and slot.world not in states:
                raise UnknownName("world", slot.world, states)
            check_slot(slot, states[slot.world or front.domain])
        except (BadTemplate, UnknownName) as error:
            line = find_key_line(text, ("slots", name))
            raise BadTemplate(f"{template.source}:{line}: slot {name!r}: {error}") from error


def _check_facts(template: TaskTemplate, text: str) -> None:
    """Every slot is used, and nothing is used that is not a slot."""
    front, path, declared = template.front, template.source, set(template.front.slots)
    dumped = front.model_dump()
    in_front = find_references([dumped[key] for key in ("members", "carriers", "swap", "owned")])
    for name in sorted((in_front | template.body.names) - declared - _FRAME_FACTS):
        line = find_line(template.body, name, text)
        raise BadTemplate(f"{path}:{line}: {UnknownName('slot', name, declared | _FRAME_FACTS)}")
    drawn, excepted = set(_FRAME_FACTS), set[str]()
    for name, slot in front.slots.items():
        excepted |= {*slot.except_, *find_references(slot.where)}
        for early in sorted(find_references(slot.where) - drawn):
            line = find_key_line(text, ("slots", name))
            raise BadTemplate(f"{path}:{line}: slot {name!r}: no slot {early!r} before it")
        drawn.add(name)
    for name in sorted(declared - in_front - template.body.names - excepted):
        line = find_key_line(text, ("slots", name))
        raise BadTemplate(f"{path}:{line}: slot {name!r} is never used; use it or remove it")


def _check_paths(template: TaskTemplate, states: Mapping[str, Any], text: str) -> None:
    """What the front matter says of drawn values they have, as one drawn world shows."""
    front = template.front
    try:
        check_paths(front.model_dump(), front.slots, states[front.domain], states)
    except BadTemplate as error:
        path = str(error).partition(":")[0]
        line = next(n for n, row in enumerate(text.splitlines(), 1) if path in row)
        raise BadTemplate(f"{template.source}:{line}: {error}") from error


def _check_blocks(template: TaskTemplate, text: str) -> None:
    """Each member has a request block with wordings enough, and an answer block."""
    path, blocks = template.source, template.body.blocks
    for key in template.front.members:
        if key not in blocks:
            line = find_key_line(text, ("members", key))
            raise BadTemplate(f"{path}:{line}: no block {key!r} in the body")
        if blocks[key].wordings < FEWEST_WORDINGS:
            raise BadTemplate(
                f"{path}:{blocks[key].line}: block {key!r} gives {blocks[key].wordings} wordings; "
                f"at least {FEWEST_WORDINGS} are needed, add alternatives to pick(...)"
            )
        for block in list_blocks(template.front, key):
            if block not in blocks:
                line = find_key_line(text, ("members", key))
                raise BadTemplate(f"{path}:{line}: no block {block!r} in the body")
