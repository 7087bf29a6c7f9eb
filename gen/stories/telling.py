"""Telling: how an answer says a fact, what a read has shown, and what it was read in.

A story words every fact four times as a sentence. Where one of them is "It's 60 m above ground.",
the noun of the fact can stand in its place of "it": the answer takes up the question.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from gen.stories.request import Parts
from gen.stories.story import AskedFact, Story, StoryAct
from gen.templating.facts import resolve
from gen.templating.folder import shipped_folder
from gen.templating.speech import say
from tool_catalog.domain import World
from tool_catalog.errors import ToolError
from tool_catalog.yaml_text import read_yaml

_TAKEN_UP = 0.6
"""Share of the answers that take up the question's noun, where a wording allows it."""
_WHOLE = 0.6
"""Share of the answers that do not begin with the bare value, where it could."""
_IT = re.compile(r"It(?:'s| is| was) (?=\{\{ value \}\}(?: \w+)?[.,])")
_HEAD = re.compile(
    r"(?:the|what) (.*?)(?: (?:of|in|on|at|for|with|by|from|to|that|which|he|she|they|"
    r"it|we|a|an|per)\b|$)"
)
"""What a noun phrase is about, before what is said of it."""
_MANY = re.compile(r"[^su]s$")
_OWN = re.compile(r"\b(?:I|I'm|I've|me|my|mine|we|we're|we've|our|ours|us|that|this|those)\b", re.I)
_READ = re.compile(
    r"\b(?:e-?mail|mail|message|page|file|note|notes|entry|bill|review|post|text|list|log|sheet|"
    r"invoice|letter|listing|ticket|record|report|comment|status|topic|booking|profile|article|"
    r"notice|minutes|statement|SMS|reply|thread|attachment)\b"
)
"""What can be read; "the memorial tea" is known by its name, and nobody reads it."""
_OWN_NAME = 0.5


def tell_fact(fact: AskedFact, facts: Mapping[str, Any], rng: Random) -> str:
    """A sentence that says a fact."""
    value = str(resolve(fact.value, facts))
    taken_up = _take_up(fact)
    lines: Sequence[str] = fact.tell
    if taken_up and rng.random() < _TAKEN_UP:
        lines = taken_up
    whole = [text for text in lines if not text.startswith("{{ value }}")]
    if whole and (value[:1].islower() or rng.random() < _WHOLE):  # no sentence begins small
        lines = whole
    return str(resolve(rng.choice(lines), {**facts, "value": value}))


def _take_up(fact: AskedFact) -> list[str]:
    """Its sentences that begin with "it", with its noun instead."""
    head = _HEAD.match(fact.noun)
    if head is None or (fact.noun.startswith("the ") and _MANY.search(head[1])):
        return []
    noun = fact.noun[:1].upper() + fact.noun[1:]
    found = ((text, _IT.match(text)) for text in fact.tell)
    return [
        f"{noun} {'was' if ' was' in start[0] else 'is'} {text[start.end() :]}"
        for text, start in found
        if start is not None
    ]


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


def name_source(story: Story, name: str, facts: Mapping[str, Any], rng: Random) -> str:
    """What a thing is called by somebody who has just read it: "the e-mail from Ada Lind"."""
    thing = story.front.things[name]
    own = [
        text for text in thing.known_as
        if text[:4] == "the " and _READ.search(text) and not speaks_as_user(text)
    ]  # fmt: skip
    if own and rng.random() < _OWN_NAME:
        return str(resolve(rng.choice(own), facts))
    names = _load_sources()
    return rng.choice(names.get(thing.in_) or names[""]).format(thing=facts[name])


def name_untold(story: Story, parts: Parts, facts: Mapping[str, Any], rng: Random) -> str:
    """A fact of what is read that no request asks for, as a noun; empty where there is none."""
    of_story = story.front.facts
    asked = [parts.fact, parts.other]
    asked += [of_story[parts.odd.fact]] if parts.odd is not None else []
    found = [
        fact.noun for fact in of_story.values()
        if fact.of in (parts.thing, parts.second) and not any(fact is one for one in asked)
        and not speaks_as_user(fact.noun)
    ]  # fmt: skip
    return str(resolve(rng.choice(found), facts)) if found else ""


def speaks_as_user(text: str) -> bool:
    """Whether it has words that mean something else in another's mouth."""
    return _OWN.search(text) is not None


@cache
def _load_sources() -> Mapping[str, Sequence[str]]:
    path = shipped_folder() / "speech" / "sources.yaml"
    return dict(read_yaml(path.read_text(encoding="utf-8")))
