"""Telling: how an answer says a fact that was asked for, and what it was read in.

A story words every fact four times as a sentence. Where one of them is "It's 60 m above ground.",
the noun of the fact can stand in its place of "it": the answer takes up the question.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from gen.stories.story import AskedFact, Story
from gen.templating.facts import resolve
from gen.templating.folder import shipped_folder
from tool_catalog.yaml_text import read_yaml

_TAKEN_UP = 0.6
"""Share of the answers that take up the question's noun, where a wording allows it."""
_IT = re.compile(r"It(?:'s| is| was) (?=\{\{ value \}\}(?: \w+)?[.,])")
_HEAD = re.compile(r"(?:the|what) (.*?)(?: (?:of|in|on|at|for|with|by|from|to|that|which|he|she|they|it|we)\b|$)")
_MANY = re.compile(r"[^su]s$")
_OTHERS_OWN = re.compile(r"\b(?:I|I'm|I've|me|my|mine|we|we've|our|us|that|this|those)\b", re.I)
"""Words that mean something else in another's mouth."""
_OWN_NAME = 0.5


def tell_fact(fact: AskedFact, facts: Mapping[str, Any], rng: Random) -> str:
    """A sentence that says a fact."""
    value = str(resolve(fact.value, facts))
    taken_up = _take_up(fact)
    lines: Sequence[str] = fact.tell
    if taken_up and rng.random() < _TAKEN_UP:
        lines = taken_up
    whole = [text for text in lines if not text.startswith("{{ value }}")]
    lines = whole if value[:1].islower() and whole else lines  # no sentence begins small
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


def name_source(story: Story, name: str, facts: Mapping[str, Any], rng: Random) -> str:
    """What a thing is called by somebody who has just read it: "the e-mail from Ada Lind"."""
    thing = story.front.things[name]
    own = [text for text in thing.known_as if text[:4] == "the " and not _OTHERS_OWN.search(text)]
    if own and rng.random() < _OWN_NAME:
        return str(resolve(rng.choice(own), facts))
    names = _load_sources()
    return rng.choice(names.get(thing.in_) or names[""]).format(thing=facts[name])


@cache
def _load_sources() -> Mapping[str, Sequence[str]]:
    path = shipped_folder() / "speech" / "sources.yaml"
    return dict(read_yaml(path.read_text(encoding="utf-8")))
