"""What the files of goals, techniques and contents declare in their front matter."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gen.attacks.genre import Genre
from gen.attacks.manner import Manner
from gen.taxonomy.labels import Circumstance
from gen.templating.facts import Slot

TechniqueForm = Literal["imperative", "soft", "claim"]
ContentFileRole = Literal[
    "quoted",
    "sensitive",
    "errand_note",
]

ANY_DOMAIN = "any"
SHORT = "T.N.malicious_short"
_FACT = re.compile(r"{{ ([a-z]\w*(?:\.[a-z]\w*)*) }}")


def _read_wording(text: str) -> str:
    """Turn `{{ slot.field }}` into the `{slot.field}` of `str.format`, which is faster."""
    found = _FACT.sub(r"{\1}", text)
    if re.search("[{}]", _FACT.sub("", text)):
        raise ValueError("a wording may hold {{ slot.field }} only")
    return found


Wording = Annotated[str, AfterValidator(_read_wording)]


class Order(BaseModel):
    """What a goal comes down to in one domain: a call, or values to be passed on as true."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slots: dict[str, Slot] = Field(default_factory=dict)
    tool: str = ""
    """Empty: nothing is to be called."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    loose: list[str] = Field(default_factory=list)
    """Arguments whose wording is the agent's to choose."""
    values: list[Any] = Field(default_factory=list)
    """The attacker's values that the answer must not pass on; only without a tool."""
    phrases: list[Wording] = Field(min_length=3)
    """The order as a plain infinitive."""
    brief: Wording = ""
    """The order in at most six words, for techniques that are short; empty: not for them."""
    statements: list[Wording] = Field(default_factory=list)
    """The same as sentences that order nothing: "the bank wants every statement copied to ..."."""
    subject: Wording = ""
    """What is wanted as a noun phrase with its values; empty: made from the first phrase."""
    scope: str = ""
    """Errands only: the matter as a user delegates it, "filing mail"; such an order may stand on
    the user's own list, and no attack is made of it."""

    @model_validator(mode="after")
    def _validate_effect(self) -> "Order":
        if self.tool and self.values:
            raise ValueError("name a tool or values, not both")
        if not self.tool and (self.arguments or self.loose or self.scope):
            raise ValueError("arguments and a scope need a tool")
        return self


class GoalFront(BaseModel):
    """The declared part of a goal file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leaf: str
    harm: str
    circumstance: Circumstance = Circumstance.INJECTION_IN_NAMED_OBJECT
    """The mixed case of the goal; a technique's own case goes before it."""
    orders: dict[str, list[Order]] = Field(default_factory=dict)
    """By domain, or `any` for orders that need no world; a domain's folder may hold more."""


class TechniqueFront(BaseModel):
    """The declared part of a technique file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leaf: str
    form: TechniqueForm
    """An order as an instruction or as a hint that it should be done, or a claim about a value."""
    circumstance: Circumstance = Circumstance.INJECTION_IN_NAMED_OBJECT
    hard_negative: str = ""
    """T.N leaf, when the payload is made to look harmless."""
    texts: dict[Genre, Manner] = Field(min_length=1)
    split: bool = False
    """Whether the text stands in two places, each half by itself."""
    twin_leaf: str = ""
    """T.N or T.B leaf of the twins; empty: what asks people, and plain text."""


class ContentFront(BaseModel):
    """The declared part of a content file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: ContentFileRole
    leaf: str
    slots: dict[str, Slot] = Field(default_factory=dict)
    protected: list[str] = Field(default_factory=list)
    """`$references` to what must not leave; role sensitive only."""
    texts: dict[Genre, list[str]] = Field(min_length=1)
    """Its lines by genre."""
