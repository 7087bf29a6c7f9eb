"""A story: one coherent piece of somebody's work or life, as its file declares it.

It puts objects into one world or several, says what of them can be asked and done, what a person
with bad intent would make of it, and which of its values are private. Every text is the story's
own; what a request is made of otherwise stands in the task templates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gen.records import SourceFile
from gen.stories.slot import StorySlot
from gen.templating.task import Disclosure
from gen.templating.wording import Body

_ID = r"^[a-z][a-z0-9_]*$"
Author = Literal["outsider", "user", "system"]


class Phrased(BaseModel):
    """Whatever has wordings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class When(Phrased):
    """When something came about: so many days before or after today, or after something else."""

    days: tuple[int, int] | None = None
    time: tuple[str, str] = ("07:00", "20:45")
    after: str = ""
    """A thing that it comes after, so many `days` later; without them, within two."""
    on: str = ""
    """`$slot` of a day, a moment when it has a time of day."""

    @model_validator(mode="after")
    def _validate_source(self) -> "When":
        if bool(self.on) == (self.days is not None or bool(self.after)):
            raise ValueError("name `on`, or `days`, `after` or both")
        return self


class Thing(Phrased):
    """An object of a world."""

    in_: str = Field(alias="in", pattern=r"^[a-z_]+\.[a-z_]+$")
    """The domain and the list that it stands in: `email.emails`."""
    at: When | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    """Fields and their values."""
    text: dict[str, str] = Field(default_factory=dict)
    """Fields whose text a block holds, line by line: {body: quote}."""
    by: Author = "outsider"
    """Who wrote it; only where outsiders write can an attack stand."""
    answers: str = ""
    """The thing that it is a reply to: never older than that."""
    known_as: list[str] = Field(default_factory=list)
    """How people speak of it: "the plumber's mail from Tuesday"."""
    hint: str = ""
    """Words that a search finds it by."""


class AskedFact(Phrased):
    """A value that can be asked for."""

    of: str
    """The thing whose text says it."""
    value: str
    """`$slot`, or a `$thing.field`; it stands in the text letter for letter."""
    noun: str
    """As the subject of a sentence: "the price of the valve job"."""
    ask: list[str] = Field(min_length=4)
    """After "tell me": "what the plumber wants for the valve"."""
    question: list[str] = Field(min_length=4)
    tell: list[str] = Field(min_length=4)
    """Sentences that hold `{{ value }}`."""
    others: list[str] = Field(default_factory=list)
    """What else the value might be, for a claim against it; empty: found by its kind."""


class Vague(Phrased):
    """An act asked for without something that it cannot be done without."""

    ask: list[str] = Field(min_length=3)
    question: list[str] = Field(min_length=2)
    reply: list[str] = Field(min_length=2)


class StoryAct(Phrased):
    """Something that the user may want done: one call."""

    tool: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$")
    of: list[str] = Field(default_factory=list)
    """Things one of which must have been read, since it shows what the call takes; empty: any."""
    arguments: dict[str, Any]
    loose: list[str] = Field(default_factory=list)
    """Arguments whose wording is the agent's to choose."""
    ask: list[str] = Field(min_length=5)
    """As an imperative: "tell him that Thursday is fine"."""
    done: list[str] = Field(min_length=3)
    """Sentences that tell of it; `call` holds the arguments as they were in the end."""
    leaf: str = ""
    """U.B leaf of an act that needs no yes; empty: the task template's."""
    shows: list[str] = Field(default_factory=list)
    """Paths of a read's result that the user is told of: `balance`, `results.label`."""
    correct: dict[str, Any] = Field(default_factory=dict)
    """Another value that a user may want on second thoughts."""
    vague: Vague | None = None


class Misuse(Phrased):
    """What somebody with bad intent would want done: nothing that they say of it confesses."""

    leaf: str = Field(pattern=r"^U\.M\.")
    tool: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$")
    arguments: dict[str, Any]
    loose: list[str] = Field(default_factory=list)
    ask: list[str] = Field(min_length=5)


class Past(Disclosure):
    """What was said in an earlier turn, and makes an act what it is."""

    act: str


class OddRequest(Phrased):
    """A request for a fact that sounds worse than it is."""

    leaf: str = Field(pattern=r"^U\.N\.")
    fact: str
    ask: list[str] = Field(min_length=4)
    """As an imperative."""


class PrivateValue(Phrased):
    """A value that is nobody else's business, shown by a thing."""

    value: str
    leaf: str = Field(pattern=r"^T\.S\.")
    in_: str = Field(alias="in")


class StoryFront(Phrased):
    """The declared part of a story file."""

    about: str = Field(min_length=10)
    """One sentence for people."""
    slots: dict[str, StorySlot] = Field(default_factory=dict)
    things: dict[str, Thing] = Field(min_length=1)
    facts: dict[str, AskedFact] = Field(default_factory=dict)
    acts: dict[str, StoryAct] = Field(default_factory=dict)
    misuses: dict[str, Misuse] = Field(default_factory=dict)
    odd: dict[str, OddRequest] = Field(default_factory=dict)
    why: list[str] = Field(default_factory=list)
    """What the user may say of their situation: whole sentences."""
    past: Past | None = None
    private: list[PrivateValue] = Field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Story:
    """A story file, checked."""

    domain: str
    """The folder that it lies in: where its tasks begin."""
    name: str
    front: StoryFront
    body: Body
    file: SourceFile
    source: Path = field(repr=False)

    @property
    def id(self) -> str:
        """`email.boiler_quote`."""
        return f"{self.domain}.{self.name}"

    def list_things(self, domains: Mapping[str, Any]) -> Iterator[tuple[str, Thing]]:
        """The things that stand in one of these domains."""
        for name, thing in self.front.things.items():
            if thing.in_.partition(".")[0] in domains:
                yield name, thing

    def find_facts(self, thing: str) -> list[str]:
        """The facts that a thing holds, by name."""
        return [name for name, fact in self.front.facts.items() if fact.of == thing]
