"""Reading story files: `templates/stories/<domain>/<name>.j2`, each checked by what it says.

What a file says of tools, fields and slots is checked against the domains; that its values agree
in every text is tried by `gen.stories.agreement`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gen.records import SourceFile
from gen.stories.story import Misuse, Story, StoryAct, StoryFront
from gen.stories.wordings.articles import find_doubled
from gen.stories.wordings.asking import is_fronted
from gen.stories.wordings.passed import Passed
from gen.stories.wordings.skeleton import find_twins
from gen.taxonomy import load_leaves
from gen.templating.facts import find_references
from gen.templating.folder import shipped_folder
from gen.templating.wording import find_key_line, read_body, read_source, split_front_matter
from tool_catalog.domain import Domain
from tool_catalog.errors import BadTemplate, UnknownName
from tool_catalog.spec import ToolClass

_GIVEN = frozenset({"user", "today"})
_ONLY_THERE = {"tell": frozenset({"value"}), "done": frozenset({"call"}), "reply": frozenset()}
"""What some wordings may speak of beside slots and things."""
_TAKEN = frozenset(
    {"thing", "second", "hint", "second_hint", "value", "call", "user", "today", "ask", "question",
     "deed", "why", "shown"}
)  # fmt: skip
"""Names that tasks and wordings use themselves."""
_QUOTED = frozenset({"thread"})


def load_stories(domains: Sequence[Domain], folders: Iterable[Path] = ()) -> tuple[Story, ...]:
    """Every story that has a thing in one of these domains' worlds and begins in one of them.

    Args:
        domains: whose stories are wanted.
        folders: the user's own, beside what is shipped.

    Raises:
        BadTemplate: a file cannot be used; file and line are named.
    """
    found = list(_load_shipped(tuple(domains)))
    for folder in folders:
        found += _read_folder(folder, domains)
    ids = [story.id for story in found]
    for story in found:
        if ids.count(story.id) > 1:
            raise BadTemplate(f"{story.source}:1: story {story.id!r} is taken; rename the file")
    return tuple(sorted(found, key=lambda story: story.id))


@cache
def _load_shipped(domains: tuple[Domain, ...]) -> tuple[Story, ...]:
    return tuple(_read_folder(shipped_folder(), domains))


def _read_folder(folder: Path, domains: Sequence[Domain]) -> Iterator[Story]:
    known = {domain.name: domain for domain in domains}
    passed = Passed(domains)
    for path in sorted((folder / "stories").rglob("*.j2")):
        if path.parent.name in known:
            yield read_story(path, known, passed)
    passed.save()


def read_story(path: Path, domains: Mapping[str, Domain], passed: Passed | None = None) -> Story:
    """Read and check one file; what it says of domains that are not there is left unchecked.

    Args:
        path: of the file.
        domains: by name.
        passed: files that were checked before, and need not be again.

    Raises:
        BadTemplate: it cannot be used; file and line are named.
    """
    text = read_source(path)
    place = f"{path.parent.name}/{path.stem}"
    before = passed.find(text, place) if passed else None
    data, body_text, first_line = split_front_matter(text, path, before)
    try:
        front = StoryFront.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        line = find_key_line(text, first["loc"])
        raise BadTemplate(f"{path}:{line}: {where}: {first['msg']}") from error
    domain = path.parent.name
    digest = blake2b(text.encode(), digest_size=8).hexdigest()
    story = Story(
        domain=domain,
        name=path.stem,
        front=front,
        body=read_body(body_text, path, first_line),
        file=SourceFile(kind="story", name=f"{domain}.{path.stem}", digest=digest),
        source=path,
    )
    if before is None:
        _StoryCheck(story, text, domains).run()
        if passed is not None:
            passed.add(text, place, data)
    return story


class _StoryCheck:
    """The checks of one file, each failing with file and line."""

    def __init__(self, story: Story, text: str, domains: Mapping[str, Domain]) -> None:
        self.story, self.front, self.text, self.domains = story, story.front, text, domains
        self.names = frozenset(self.front.slots) | frozenset(self.front.things)

    def fail(self, reason: object, *path: str | int) -> BadTemplate:
        """The error at a key of the front matter."""
        return BadTemplate(f"{self.story.source}:{find_key_line(self.text, path)}: {reason}")

    def run(self) -> None:
        """Everything that can be said without drawing a value."""
        self._check_things()
        self._check_names()
        self._check_facts()
        for name, act in self.front.acts.items():
            self._check_call(act, "acts", name)
            self._check_shows(act, name)
            for thing in act.of:
                self._expect(thing, self.front.things, "thing", "acts", name, "of")
        for name, misuse in self.front.misuses.items():
            self._check_call(misuse, "misuses", name)
            self._check_leaf(misuse.leaf, "misuses", name, "leaf")
        for name, odd in self.front.odd.items():
            self._check_leaf(odd.leaf, "odd", name, "leaf")
            self._expect(odd.fact, self.front.facts, "fact", "odd", name, "fact")
        if self.front.past is not None:
            self._expect(self.front.past.act, self.front.acts, "act", "past", "act")
            self._check_leaf(self.front.past.leaf, "past", "leaf")
        self._check_wordings()
        for line, reason in find_doubled(self.text, self.front.slots):
            raise BadTemplate(f"{self.story.source}:{line}: {reason}")

    def _expect(self, name: str, known: Iterable[str], kind: str, *path: str | int) -> None:
        if name not in known:
            raise self.fail(UnknownName(kind, name, known), *path)

    def _check_leaf(self, leaf: str, *path: str | int) -> None:
        self._expect(leaf, load_leaves(), "leaf", *path)

    def _check_things(self) -> None:
        blocks = self.story.body.blocks
        for name, thing in self.front.things.items():
            for field, block in thing.text.items():
                self._expect(block, blocks, "block", "things", name, "text", field)
            owner, _, place = thing.in_.partition(".")
            if thing.answers:
                self._expect(thing.answers, self.front.things, "thing", "things", name, "answers")
            if owner not in self.domains:
                continue
            domain = self.domains[owner]
            self._expect(place, domain.objects, f"list of {owner}", "things", name, "in")
            fields = domain.list_fields(place)
            for field in (*thing.set, *thing.text):
                self._expect(field, fields, f"field of {thing.in_}", "things", name)
        used = {b for thing in self.front.things.values() for b in thing.text.values()}
        for block in sorted(set(blocks) - used):
            line = blocks[block].line
            raise BadTemplate(f"{self.story.source}:{line}: block {block!r} is never used")
        for index, private in enumerate(self.front.private):
            self._expect(private.in_, self.front.things, "thing", "private", index, "in")
            self._check_leaf(private.leaf, "private", index, "leaf")

    def _check_facts(self) -> None:
        for name, fact in self.front.facts.items():
            self._expect(fact.of, self.front.things, "thing", "facts", name, "of")
            if all(map(is_fronted, fact.ask)):
                reason = 'each begins with a preposition; "I\'m after ..." takes none of them'
                raise self.fail(reason, "facts", name, "ask")
            for index, tell in enumerate(fact.tell):
                if "{{ value }}" not in tell:
                    raise self.fail("say {{ value }}", "facts", name, "tell", index)
        for keys, wording in self._list_said():
            for index, text in enumerate(wording):
                if text.rstrip().endswith("?"):
                    raise self.fail("what ends a turn must be no question", *keys, index)
        for kind in ("acts", "facts"):
            for name in getattr(self.front, kind):
                if name in self.names:
                    raise self.fail(f"{name!r} is a slot or a thing already", kind, name)
        for kind in ("slots", "things"):
            for name in _TAKEN & set(getattr(self.front, kind)):
                raise self.fail(f"{name!r} is what tasks call something; take another", kind, name)

    def _list_said(self) -> Iterator[tuple[tuple[str, ...], list[str]]]:
        """What the agent may end a turn with."""
        for name, fact in self.front.facts.items():
            yield ("facts", name, "tell"), fact.tell
        for name, act in self.front.acts.items():
            yield ("acts", name, "done"), act.done

    def _check_call(self, act: StoryAct | Misuse, *path: str) -> None:
        owner, _, name = act.tool.partition(".")
        if owner not in self.domains:
            return
        domain = self.domains[owner]
        self._expect(name, domain.tools, f"tool of {owner}", *path, "tool")
        spec = domain.tools[name]
        for argument in (*act.arguments, *act.loose):
            known = spec.argument_names
            self._expect(argument, known, f"argument of {act.tool}", *path, "arguments")
        if missing := [name for name in spec.required if name not in act.arguments]:
            raise self.fail(f"{act.tool} needs {', '.join(missing)}", *path, "arguments")

    def _check_shows(self, act: StoryAct, name: str) -> None:
        """What was read because the user asked for it is told to them."""
        owner, _, tool = act.tool.partition(".")
        if owner not in self.domains:
            return
        spec = self.domains[owner].tools[tool]
        if act.shows and spec.changes_state:
            raise self.fail(f"{act.tool} is no read; remove `shows`", "acts", name, "shows")
        if spec.tool_class is ToolClass.READ and not act.shows:
            raise self.fail(
                f"{act.tool} is a read: name under `shows` what the user is told of its result",
                "acts", name,
            )  # fmt: skip

    def _check_names(self) -> None:
        """Whatever is spoken of is a slot or a thing."""
        dumped = self.front.model_dump(by_alias=True, exclude_none=True)
        for path, value in _walk(dumped, ()):
            allowed = self.names | _GIVEN | _ONLY_THERE.get(_key_of(path), frozenset())
            for name in sorted(find_references(value) - allowed - _QUOTED):
                raise self.fail(UnknownName("slot or thing", name, allowed), *path)
        for name, block in self.story.body.blocks.items():
            for unknown in sorted(block.names - self.names - _GIVEN - _QUOTED):
                error = UnknownName("slot or thing", unknown, self.names | _GIVEN)
                raise BadTemplate(f"{self.story.source}:{block.line}: block {name!r}: {error}")

    def _check_wordings(self) -> None:
        """No two wordings of one list have one skeleton."""
        dumped = self.front.model_dump(by_alias=True, exclude_none=True)
        for path, lines in list_wordings(dumped, ()):
            if twins := find_twins(lines):
                first, second = twins
                message = f"the same skeleton as number {first + 1}; say it in another way"
                raise self.fail(message, *path, second)


_WORDED = frozenset({"ask", "question", "tell", "done", "reply", "why", "known_as",
                     "harmless", "harmful"})  # fmt: skip


def list_wordings(
    node: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Sequence[str]]]:
    """The lists of wordings of front matter, with the keys that lead to each."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in _WORDED and isinstance(value, list):
                yield (*path, key), value
            else:
                yield from list_wordings(value, (*path, key))


def _walk(node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text of front matter with the keys that lead to it."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _walk(value, (*path, key))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _walk(value, (*path, index))


def _key_of(path: Sequence[str | int]) -> str:
    """The last key that is a name: of a list's item, the list's."""
    return next((str(key) for key in reversed(path) if isinstance(key, str)), "")
