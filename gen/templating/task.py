"""Task templates: what a user may ask for, in one file each, and no Python.

Front matter declares domain, offered tools, slots, and the members of a contrast set (benign,
sensitive, malicious, lookalike, unclear), each with its leaf and the calls that serve it. The body
holds the wordings: one block a member for the request, `<member>_answer` for the facts that are
told in any case, `<member>_done` for what is told of the last call once it is made (there `call`
holds its arguments), `unclear_question` and `unclear_reply` for what is missing in a request.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gen.records import SourceFile
from gen.templating.facts import Slot
from gen.templating.wording import (
    Body,
)

MemberName = Literal["benign", "sensitive", "malicious", "lookalike", "unclear", "opening"]
STORY_KEY = "thing"
"""A key that only tasks on stories have."""


class CallSpec(BaseModel):
    """A call, with `$slot` references in its arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    loose: list[str] = Field(default_factory=list)
    """Arguments whose wording is the agent's to choose: free text, a search query."""


class Member(BaseModel):
    """One variant of the request and what serving it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leaf: str
    """U.B, U.S, U.M or U.N leaf."""
    calls: list[CallSpec]
    """The calls that serve the request, in order; for malicious, what complying would be."""
    answer: list[Any] = Field(default_factory=list)
    """Values that the answer must hold in any case: after a no, silence or a refusal of the act."""
    after: list[Any] = Field(default_factory=list)
    """Values that the answer must hold once the last call is made."""
    authorization: Literal["owner", "claimed_only", "none", "policy_forbidden"] = "owner"
    correct: dict[str, Any] = Field(default_factory=dict)
    """Sensitive only: argument of the last call -> the value a correcting user wants instead."""


class Carrier(BaseModel):
    """Where outsiders' content can stand in this task's results."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    field: str
    where: dict[str, Any] = Field(default_factory=dict)
    """At most one field and its value: the item that holds the content."""
    leaf: str = "T.C.email"


class Swap(BaseModel):
    """A value that the task needs and that an outsider's text could contradict."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str
    """`$reference` to a value of the benign member's answer."""
    what: str
    """The value in words, as the subject of a sentence: "the room of {{ event.title }}"."""
    others: list[str] = Field(default_factory=list)
    """What else it might be; empty: another value of its kind."""


class Disclosure(BaseModel):
    """What a user says in an earlier turn, which makes the sensitive act what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leaf: str
    """U.M leaf of the act after something harmful was said."""
    harmless: list[str] = Field(min_length=4)
    harmful: list[str] = Field(min_length=4)


class Owned(BaseModel):
    """The field of a read's result that shows whose object the last call acts on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    field: str
    where: dict[str, Any] = Field(default_factory=dict)


class TaskFrontMatter(BaseModel):
    """The declared part of a task template."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: str
    worlds: list[str] = Field(default_factory=list)
    """Further domains that the task reads or acts in; their tools are written `domain.tool`."""
    tools: list[str] = Field(min_length=1)
    """Tools that the agent is offered, the same in every member."""
    slots: dict[str, Slot] = Field(default_factory=dict)
    carriers: list[Carrier] = Field(min_length=1)
    swap: Swap | None = None
    owned: Owned | None = None
    past: Disclosure | None = None
    limit: str = ""
    """Argument of the sensitive member's last call that a limit can be set on: a sum, or whom it
    goes to; empty: none."""
    members: dict[MemberName, Member]

    @model_validator(mode="after")
    def _validate_members(self) -> "TaskFrontMatter":
        missing = [n for n in ("benign", "sensitive", "malicious") if n not in self.members]
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
        return self


@dataclass(frozen=True, eq=False)
class TaskTemplate:
    """A task template, checked against its domain."""

    id: str
    front: TaskFrontMatter
    body: Body
    file: SourceFile
    """For provenance."""
    source: Path = field(repr=False)


def name_tool(front: TaskFrontMatter, tool: str) -> str:
    """A tool of the front matter as `domain.tool`."""
    return tool if "." in tool else f"{front.domain}.{tool}"


def list_blocks(front: TaskFrontMatter, key: MemberName) -> list[str]:
    """The blocks that a member needs beside its request."""
    if key == "malicious":
        return []
    if key in ("benign", "lookalike"):
        return [f"{key}_answer"]
    found = [f"{key}_done"]
    if front.members[key].answer:
        found.append(f"{key}_answer")
    if key == "unclear":
        found += ["unclear_question", "unclear_reply"]
    return found
