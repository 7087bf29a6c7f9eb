"""Whether a story agrees with itself, tried by telling it: every text, at every length.

An invoice adds up, a reply comes after its mail, what can be asked for is said where the story says
it is, what is private is protected, and each act can be done with values that are said or shown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from random import Random
from typing import Any, get_args

from gen.config import Length
from gen.stories.moments import Clock, Day
from gen.stories.story import Misuse, Story, StoryAct
from gen.stories.story_file import list_wordings
from gen.stories.wordings.articles import find_double
from gen.stories.world import fill_worlds
from gen.templating.facts import resolve
from gen.templating.folder import shipped_folder
from gen.templating.wording import find_key_line, read_source
from tool_catalog.domain import Domain, World, draw_setting
from tool_catalog.errors import BadTemplate, ToolError

_TRIES = 3
_AMOUNT = re.compile(
    r"(?<![\w.,-])(\d{1,3}(?:,\d{3})+|\d+)(\.\d\d)?(?: ?(?:EUR|USD|GBP|€|euros?))?\s*$"
)
_TOTAL = re.compile(r"^\W*(?:grand )?(?:total|sum|amount due|to pay|balance due)\b", re.IGNORECASE)
_DATE, _TIME = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d\d:\d\d")
_APART = re.compile(r"^\W*(?:sub-?total|net|of which|incl|paid|previous|last)", re.IGNORECASE)


def check_agreement(story: Story, domains: Mapping[str, Domain]) -> None:
    """Tell a story a few times, alone, and hold it against itself.

    Raises:
        BadTemplate: what does not agree; file and line are named.
    """
    text = read_source(story.source)
    used = {thing.in_.partition(".")[0] for thing in story.front.things.values()}
    known = [domain for name, domain in domains.items() if name in used]
    for number in range(_TRIES):
        owner, today = draw_setting(Random(f"agreement:{number}"))
        for length in get_args(Length):
            key = f"agreement:{story.id}:{number}"
            worlds, facts = fill_worlds(known, [story], owner, today, key, length)
            _Telling(story, text, worlds, facts, length).check()


def check_own(stories: Iterable[Story], domains: Mapping[str, Domain]) -> None:
    """Hold a user's own stories against themselves; the shipped ones are held by the tests.

    Those that also stand in a domain that is not there cannot be told whole, and are left.

    Raises:
        BadTemplate: what does not agree; file and line are named.
    """
    shipped = shipped_folder()
    for story in stories:
        used = {thing.in_.partition(".")[0] for thing in story.front.things.values()}
        if not story.source.is_relative_to(shipped) and used <= set(domains):
            check_agreement(story, domains)


class _Telling:
    """One telling of a story."""

    def __init__(
        self, story: Story, text: str, worlds: tuple[World, ...], facts: Mapping[str, Any],
        length: Length,
    ) -> None:  # fmt: skip
        self.story, self.front, self.text, self.length = story, story.front, text, length
        self.worlds = {world.domain.name: world for world in worlds}
        self.facts = facts

    def fail(self, reason: object, *path: str | int) -> BadTemplate:
        """The error at a key of the front matter."""
        line = find_key_line(self.text, path)
        return BadTemplate(f"{self.story.source}:{line}: {reason} (--length {self.length})")

    def check(self) -> None:
        """Everything that must agree."""
        shown = {name: show(self.facts[name]) for name in self.front.things}
        for name, fact in self.front.facts.items():
            value = str(resolve(fact.value, self.facts))
            if value not in shown[fact.of]:
                reason = f"{fact.of} does not say {value!r}, which can be asked for"
                raise self.fail(reason, "facts", name, "value")
        self._check_things(shown)
        self._check_articles(shown)
        self._check_private(shown)
        for name, act in self.front.acts.items():
            self._check_call(act, act.arguments, "acts", name)
            if act.correct:
                self._check_call(act, act.arguments | act.correct, "acts", name, "correct")
            self._check_said(act, shown, name)
        for name, misuse in self.front.misuses.items():
            self._check_call(misuse, misuse.arguments, "misuses", name)

    def _check_things(self, shown: Mapping[str, str]) -> None:
        for name, thing in self.front.things.items():
            said = set(re.findall(r"\w+", shown[name].lower()))
            hint = re.findall(r"\w+", str(resolve(thing.hint, self.facts)).lower())
            if missing := [word for word in hint if word not in said]:
                raise self.fail(f"no text of {name} has the word {missing[0]!r}",
                                "things", name, "hint")  # fmt: skip
            answered = self.facts[thing.answers] if thing.answers else None
            if answered is not None and self.facts[name].at <= answered.at:
                raise self.fail(f"{name} is older than {thing.answers}, which it answers",
                                "things", name, "at")  # fmt: skip
            if "{{" in shown[name] or "}}" in shown[name]:
                raise self.fail(
                    f"{name} shows a {{{{ slot }}}} as it is written; outside a string, or "
                    "joined to it with ~, it is filled in",
                    "things",
                    name,
                    "text",
                )
            for field in thing.text:
                if wrong := find_wrong_total(str(getattr(self.facts[name], field, ""))):
                    raise self.fail(f"{name}: {wrong}", "things", name, "text", field)

    def _check_articles(self, shown: Mapping[str, str]) -> None:
        """No value that begins with an article stands after another."""
        for name, text in shown.items():
            if found := find_double(text):
                raise self.fail(f"{name} says {found!r}; drop one article", "things", name)
        dumped = self.front.model_dump(by_alias=True, exclude_none=True)
        for path, lines in list_wordings(dumped, ()):
            for index, line in enumerate(lines):
                text = line.replace("{{ value }}", "").replace("{{ call.", "{{ call_")
                said = "" if "{{ call_" in text else str(resolve(text, self.facts))
                if found := find_double(said):
                    raise self.fail(f"{said!r} says {found!r}; drop one article", *path, index)

    def _check_private(self, shown: Mapping[str, str]) -> None:
        found: dict[str, str] = {}
        for world in self.worlds.values():
            found |= world.domain.find_protected(world.pristine)
        for index, private in enumerate(self.front.private):
            value = str(resolve(private.value, self.facts))
            if value not in shown[private.in_]:
                raise self.fail(f"{private.in_} does not show {value!r}", "private", index)
            if value not in found:
                raise self.fail(f"nothing protects {value!r} in {private.in_}; its list has no "
                                "field `secret`", "private", index)  # fmt: skip

    def _check_call(self, act: StoryAct | Misuse, arguments: Mapping[str, Any], *path: str) -> None:
        owner, _, tool = act.tool.partition(".")
        if owner not in self.worlds:
            return
        world = self.worlds[owner]
        spec = world.domain.tools[tool]
        try:
            world.domain.run(tool, world.clone(), spec.bind(resolve(arguments, self.facts)))
        except ToolError as error:
            raise self.fail(f"{act.tool} cannot be done: {error}", *path) from error
        except BadTemplate as error:
            raise self.fail(error, *path) from error

    def _check_said(self, act: StoryAct, shown: Mapping[str, str], name: str) -> None:
        """Every value of the call stands in each wording, or in what must have been read."""
        things = act.of or list(shown)
        ids = set(self._list_ids())
        seen = [shown[thing].lower() for thing in things]
        calls = {**resolve(act.arguments, self.facts)}
        closed = self._list_closed(act)
        for index, ask in enumerate(act.ask):
            said = str(resolve(ask, self.facts)).lower()
            for argument, value in calls.items():
                if argument in act.loose or argument in closed:
                    continue
                for text in _list_texts(value):
                    if (
                        text not in ids
                        and not any(way in said for way in _list_ways(text))
                        and not all(text in one for one in seen)
                    ):
                        shown_by = f"shown by every one of {', '.join(things)}"
                        reason = f"{argument}={text!r} is neither said here nor {shown_by}"
                        raise self.fail(reason, "acts", name, "ask", index)

    def _list_closed(self, act: StoryAct) -> set[str]:
        """Arguments with a few fixed values: people say "let her edit it", never `editor`."""
        owner, _, tool = act.tool.partition(".")
        if owner not in self.worlds:
            return set()
        known = self.worlds[owner].domain.tools[tool].parameters.get("properties", {})
        return {name for name, node in known.items() if "enum" in node}

    def _list_ids(self) -> Iterator[str]:
        """What things are known by, an id or a path: whatever reads them has found that."""
        for name, thing in self.front.things.items():
            owner, _, place = thing.in_.partition(".")
            if owner in self.worlds:
                field = self.worlds[owner].domain.list_fields(place)[0]
                yield str(getattr(self.facts[name], field)).lower()


def show(item: Any) -> str:
    """All that a thing says, in one text."""
    named = vars(item) if hasattr(item, "__dict__") else {}
    if is_dataclass(item):
        named = {field.name: getattr(item, field.name) for field in fields(item)}
    shown = [value for name, value in named.items() if not name.startswith("secret")]
    return "\n".join(text for value in shown for text in _list_raw(value))


def _list_raw(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _list_raw(inner)
    elif isinstance(value, dict):
        yield from _list_raw(list(value.values()))
    elif is_dataclass(value):
        yield show(value)


def _list_ways(text: str) -> tuple[str, ...]:
    """How people say a value of a call: a day or a time of day in words too."""
    if _DATE.fullmatch(text):
        day = Day(text)
        return text, day.day.lower(), day.short.lower()
    return (text, Clock(text).spoken) if _TIME.fullmatch(text) else (text,)


def _list_texts(value: Any) -> Iterator[str]:
    return (text.lower() for text in _list_raw(value) if text)


def find_wrong_total(text: str) -> str:
    """What is wrong with the sums of a text; empty when all lines over a total add up to it."""
    items: list[float] = []
    for line in text.splitlines():
        found = _AMOUNT.search(line.strip())
        amount = float((found[1] + (found[2] or "")).replace(",", "")) if found else None
        if amount is None:
            items = [] if not line.strip() and not items else items
            continue
        if _TOTAL.match(line):
            if len(items) > 1 and abs(sum(items) - amount) > 0.005:
                return f"the lines over {line.strip()!r} come to {sum(items):g}"
            items = []
        elif not _APART.match(line) and re.search(r"\s{2,}|\t|:|\.{2,}|\|", line.strip()):
            items.append(amount)
    return ""
