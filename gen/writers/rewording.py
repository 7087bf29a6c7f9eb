"""Questions that have texts worded anew: what a model is told, and how its words are read.

It is told the kind of a text (a request, a passage, a note), a style and a few examples: nothing
from which its label, its role or its order in the set could be read.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from gen.sets.words import THOUGHT, Text
from gen.writers.instructions import Instruction, Message
from gen.writers.language import LANGUAGES
from gen.writers.masking import Masked, mask

_EXAMPLES = 3
_KINDS = {"user": "request", "tool": "content", "thought": "thought"}
"""What a model is told of a text, by how its key begins."""


class Rewording(BaseModel):
    """What a model is asked for: a text for each text, by a key that must be there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def read(self) -> list[str]:
        """The texts, in order, each on one line."""
        return [" ".join(str(text).split()) for text in dict(self).values()]


@dataclass(frozen=True, slots=True)
class Question:
    """Texts that are asked for together."""

    texts: tuple[Text, ...]
    masked: tuple[Masked, ...]
    messages: tuple[Message, ...]
    style: str

    @property
    def schema(self) -> type[Rewording]:
        """The form of its answer."""
        return make_form(len(self.texts))


@cache
def make_form(count: int) -> type[Rewording]:
    """The form of an answer of so many texts."""
    fields: dict[str, Any] = {name: (str, ...) for name in _name_texts(count)}
    return create_model(f"Rewording{count}", __base__=Rewording, **fields)


def _name_texts(count: int) -> list[str]:
    return [f"text{number}" for number in range(1, count + 1)]


def choose_style(instruction: Instruction, seed: int, index: int) -> str:
    """The style of a set: one for all its texts, so that it tells none from another."""
    styles: list[str] = instruction.lists["styles"]
    return Random(f"{seed}:{index}:style").choice(styles)


def write_question(
    instruction: Instruction, texts: Sequence[Text], *, seed: int, index: int, language: str
) -> Question:
    """What a model is told of some texts of a set, all of one kind; equal for equal sets."""
    kind = name_kind(texts[0])
    masked = tuple(mask_text(text) for text in texts)
    style = choose_style(instruction, seed, index)
    names = _name_texts(len(texts))
    facts = {
        "language": LANGUAGES[language][0],
        "kind": instruction.lists["kinds"][kind],
        "style": style,
        "examples": _show_examples(instruction, kind, Random(f"{seed}:{index}:examples:{kind}")),
        "texts": "\n".join(map(show_text, names, (one.text for one in masked))),
        "form": json.dumps(dict.fromkeys(names, "...")),
    }
    return Question(tuple(texts), masked, tuple(instruction.write(facts)), style)


def name_kind(text: Text) -> str:
    """What kind of text it is: a request, a passage or a note."""
    return _KINDS[text.key.partition(":")[0]]


def mask_text(text: Text) -> Masked:
    """A text with its values hidden; those of a note also where a sentence begins with them."""
    return mask(text.text, text.kept, any_case=text.key.startswith(THOUGHT))


def show_text(name: str, text: str) -> str:
    """A text as a question shows it: on one line, with quotation marks."""
    return f"{name}: {json.dumps(text, ensure_ascii=False)}"


def _show_examples(instruction: Instruction, kind: str, dice: Random) -> str:
    some: Any = instruction.lists["examples"]
    pairs: list[list[str]] = dice.sample(some[kind], min(_EXAMPLES, len(some[kind])))
    shown = [f"- {json.dumps(one)} may become {json.dumps(other)}" for one, other in pairs]
    return "Examples:\n" + "\n".join(shown)
