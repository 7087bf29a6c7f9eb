"""ReAct text as InjecAgent reads it: cut to length, then sections, each under its mark.

Line breaks mean nothing: words are joined by single spaces, and a mark counts wherever it stands.
Source: InjecAgent (Zhan et al., 2024), prompted agents' parser.
"""

import re
from enum import StrEnum
from typing import NamedTuple

_LIMIT = 500
_TURN_END = "[/INST]"
_ABSENT = ("None", "N/A")
"""How a model says that an action or its input is none."""


class Mark(StrEnum):
    """What announces a section; a colon follows."""

    THOUGHT = "Thought"
    ACTION = "Action"
    ACTION_INPUT = "Action Input"
    OBSERVATION = "Observation"
    FINAL_ANSWER = "Final Answer"


class Section(NamedTuple):
    """A stretch of text under one mark."""

    mark: Mark | None
    """None for what stands before the first mark."""
    text: str


_MARK = re.compile(f"({'|'.join(Mark)}):")
_BRACES = re.compile(r"\{.*?\}", re.DOTALL)


def cut_output(output: str) -> list[str]:
    """The words that count: before a prompt's closing tag, and not more than 500.

    A thought announced twice over, as by a model that repeats the end of its prompt, is one.
    """
    said = output.partition(_TURN_END)[0]
    return said.replace("Thought: Thought: ", "Thought: ").split()[:_LIMIT]


def read_sections(text: str) -> list[Section]:
    """Sections in their order; none for an empty text.

    The published parser stops at a first mark with another one right behind it, and such outputs
    are missing from published results; here the first section is empty.
    """
    opening, *rest = _MARK.split(text)
    sections = [Section(None, opening)] if opening else []
    pairs = zip(rest[0::2], rest[1::2], strict=True)
    return sections + [Section(Mark(mark), said.strip()) for mark, said in pairs]


def find_arguments(text: str) -> str | None:
    """Arguments in an action's input: the longest stretch from a brace to the next closing one.

    So nested objects come back cut short, and the first of equals counts. None without braces,
    unless the model says that there is no input.
    """
    if text in _ABSENT:
        return "{}"
    return max(_BRACES.findall(text), key=len, default=None)


def is_no_action(name: str) -> bool:
    """Whether an action's name says that none is taken."""
    return name in _ABSENT
