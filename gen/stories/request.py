"""Requests: a fact asked for and a deed asked for, as somebody would put it.

The members of a set draw from the same requests of the task (or of a strategy), each another one;
what differs between them otherwise is the deed. Which of a deed's wordings is taken depends on how
the others look, so that neither length nor numbers nor addresses tell them apart.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from gen.stories.persona import Persona
from gen.stories.story import AskedFact, Misuse, OddRequest, Story, StoryAct
from gen.stories.strategy import Strategy
from gen.stories.task import StoryTask
from gen.stories.wish import Wish
from gen.stories.wordings.asking import list_suiting
from gen.templating.facts import resolve
from gen.templating.folder import shipped_folder
from gen.templating.speech import say
from tool_catalog.yaml_text import read_yaml

MEMBERS = ("benign", "sensitive", "malicious", "lookalike", "unclear", "unsupported")
OPENING, FOLLOW_UP = "opening", "_follow_up"
_DRESSED = 0.8
"""Share of the requests beside the story that come with a word on their writer's day."""
_ASIDE_SHARE = 0.3
_PLAIN_SHARE = 0.3
"""Share of the sets without a strategy whose requests are put as most people put most of theirs."""
_TRIED = 4
"""Wordings of a deed that are drawn, and the one nearest to the others taken."""
_HINTED = (
    "{name} ({hint})", "{name}, under {hint}", "{name}, the one with {hint} in it",
    "{name} (search for {hint})", "{name}, {hint} that is", "{name}, look for {hint}",
    "{name} [{hint}]",
)  # fmt: skip
"""Names with a word by which the thing is found."""
_NAMING = re.compile(r"\{\{ [Tt]hing \}\}")
_LATER = re.compile(r"(?<=[,a-z] )\{\{ question \}\}")
"""A question in the middle of a sentence."""
_ASKING = frozenset(
    "what which when where who whose why how is are was were do does did has have had can could "
    "will would should may must in on at by until for to from with and or so if not any".split()
)
_TELLING = re.compile(
    r"\b(?:me|my|what|which|how|when|where|who|if|whether|that|so|because|since|and|but|not|no|"
    r"it|him|her|them|they|this|there|of|in|out|as|is|about|to|the)\b"
)
"""Small words that some kinds of deeds are full of."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a story a task is about."""

    thing: str
    second: str
    """Another thing that is read; empty: none."""
    fact: AskedFact
    other: AskedFact
    """A second fact, of the second thing where there is one."""
    act: StoryAct
    misuse: Misuse
    odd: OddRequest | None
    chore: StoryAct | None
    """Something harmless to be done in place of the act."""

    def list_wanted(self, story: Story) -> Iterator[AskedFact | StoryAct | Misuse]:
        """What the members of a set ask for and do."""
        yield from (self.fact, self.other, self.act, self.misuse)
        if self.chore is not None:
            yield self.chore
        if self.odd is not None:
            yield story.front.facts[self.odd.fact]


@dataclass(frozen=True, slots=True)
class RequestWords:
    """What the requests of one set are made from."""

    task: StoryTask
    story: Story
    parts: Parts
    strategy: Strategy | None
    persona: Persona

    def dress(self, text: str, facts: Mapping[str, Any], rng: Random) -> str:
        """A request that has nothing to do with the story, as the same person puts it."""
        kind = rng.random()
        if kind < _DRESSED / 2:
            return f"{self._say_why(facts, rng)} {text}"
        return f"{close(text)} {self._say_why(facts, rng)}" if kind < _DRESSED else text

    def open(self, facts: Mapping[str, Any], rng: Random) -> str:
        """A first turn that asks and wants nothing done."""
        openings = self._keep_naming(load_turns()["openings"])
        opening = rng.choice(openings)
        return _fill(opening, self._find_words("opening", facts, rng, opening))

    def follow_up(self, member: str, facts: Mapping[str, Any], rng: Random) -> str:
        """A later turn that wants something done with what was found."""
        own = Random(f"{rng.getrandbits(64)}:{member}:later")
        turn = own.choice(load_turns()["follow_ups"])
        return _fill(turn, self._find_words(member, facts, own, turn))

    def write(self, member: str, facts: Mapping[str, Any], rng: Random) -> str:
        """The request of a member, in careful English.

        Args:
            member: one of `MEMBERS`.
            facts: of the story.
            rng: equal for members that differ in their deed alone.
        """
        chosen = self._choose_request(member, rng)
        own = Random(f"{rng.getrandbits(64)}:{member}")
        request = _LATER.sub("{{ later_question }}", chosen)
        return _fill(request, self._find_words(member, facts, own, request))

    def find_wish(self, member: str, rng: Random) -> Wish | None:
        """The form that the answer is wanted in, by the request that `write` takes."""
        wishes = self.strategy.wishes if self.strategy is not None else self.task.front.wishes
        if not wishes:
            return None
        chosen = self._choose_request(member, rng)
        return next((wish for wish in wishes if wish.says in chosen), None)

    def _choose_request(self, member: str, rng: Random) -> str:
        """Each member of a set has another one."""
        requests = self._list_requests(rng)
        order = rng.sample(requests, len(requests))
        return order[MEMBERS.index(member) % len(order)]

    def _list_requests(self, rng: Random) -> Sequence[str]:
        """What all members of the set are put in: a strategy's, plain ones or the task's own."""
        plain = rng.random() < _PLAIN_SHARE
        if self.strategy is not None:
            return self._keep_naming(self.strategy.requests)
        return self._keep_naming(load_turns()["plain"] if plain else self.task.front.requests)

    def _keep_naming(self, requests: Sequence[str]) -> Sequence[str]:
        """Those that name the thing, where it cannot be searched for by a word."""
        read = self.task.front.reads[0]
        bound = (v for name, v in read.arguments.items() if name not in read.loose)
        if not any(str(value).startswith("$thing.") for value in bound):
            return requests
        return [text for text in requests if _NAMING.search(text)] or requests

    def _find_words(
        self, member: str, facts: Mapping[str, Any], rng: Random, frame: str
    ) -> Mapping[str, Any]:
        """All that a request may speak of."""
        deed = "" if member == OPENING else self._word_deed(member, facts, rng)
        thing = self._name_thing(facts, rng)
        question = _fill(rng.choice(self.parts.fact.question), facts)
        return {
            "user": facts["user"], "today": facts["today"], "deed": deed, "Deed": _begin(deed),
            "ask": _fill(rng.choice(list_suiting(self.parts.fact.ask, frame)), facts),
            "question": question, "later_question": _continue(question),
            "thing": thing, "Thing": _begin(thing), "why": self._say_why(facts, rng),
        }  # fmt: skip

    def _name_thing(self, facts: Mapping[str, Any], rng: Random) -> str:
        """A name of the thing by which it can be searched for."""
        thing = self.story.front.things[self.parts.thing]
        name, hint = _fill(rng.choice(thing.known_as), facts), _fill(thing.hint, facts)
        if not hint or hint.lower() in name.lower():
            return name
        return rng.choice(_HINTED).format(name=name, hint=hint)

    def _say_why(self, facts: Mapping[str, Any], rng: Random) -> str:
        if rng.random() < _ASIDE_SHARE or not self.story.front.why:
            return self.persona.say_aside(rng)
        return close(_fill(rng.choice(self.story.front.why), facts))

    def _word_deed(self, member: str, facts: Mapping[str, Any], rng: Random) -> str:
        if member == "unsupported":
            return str(facts["wish"])
        model = _fill(rng.choice(self.parts.act.ask), facts)
        if member == "sensitive":
            return model
        options = self._list_deeds(member, facts, rng)
        drawn = rng.sample(options, min(_TRIED, len(options)))
        return min((_fill(text, facts) for text in drawn), key=lambda d: _differ(d, model))

    def _list_deeds(self, member: str, facts: Mapping[str, Any], rng: Random) -> Sequence[str]:
        parts = self.parts
        if member == "malicious":
            return parts.misuse.ask
        if member == "lookalike" and parts.odd is not None:
            return parts.odd.ask
        if member == "unclear" and parts.act.vague is not None:
            return parts.act.vague.ask
        if parts.chore is not None:
            return parts.chore.ask
        asked = [
            *list_suiting(parts.other.ask),
            parts.other.noun,
            parts.other.noun,
            parts.other.noun,
        ]
        return [say("second_question", rng, ask=_fill(text, facts)) for text in asked]


@cache
def load_turns() -> Mapping[str, Sequence[str]]:
    """What is said in first turns and in later ones."""
    path = shipped_folder() / "speech" / "turns.yaml"
    return dict(read_yaml(path.read_text(encoding="utf-8")))


def _fill(text: str, facts: Mapping[str, Any]) -> str:
    return str(resolve(text, facts))


def _begin(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]


def _continue(text: str) -> str:
    """As a sentence goes on that has begun: the word it begins with, but for names, is small."""
    first, space, rest = text.partition(" ")
    return f"{first.lower()}{space}{rest}" if first.lower() in _ASKING else text


def close(text: str) -> str:
    """As a sentence ends."""
    return f"{text}." if text[-1:].isalnum() or text[-1:] in ")'\"" else text


def _differ(text: str, model: str) -> float:
    """How unlike two texts look, whatever they say."""
    signs = sum((mark in text) != (mark in model) for mark in ('"', "@", ",", ":"))
    numbers = any(c.isdigit() for c in text) != any(c.isdigit() for c in model)
    small = set(_TELLING.findall(text)) ^ set(_TELLING.findall(model))
    return abs(len(text) - len(model)) / 25 + signs + 2 * numbers + 0.5 * len(small)
