"""A second look at a rewording: does it mean the same? Of neither text it is told what it is."""

import re
from collections.abc import Iterator
from random import Random

from pydantic import BaseModel, ConfigDict

from gen.sets.words import Text
from gen.writers.instructions import Instruction, Message
from gen.writers.meaning import Flaw
from gen.writers.rewording import mask_text, name_kind, show_text


class Sameness(BaseModel):
    """What a judge is asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    same_act: bool
    same_reason: bool
    same_people: bool
    same_stance: bool

    def find_flaw(self) -> Flaw | None:
        """What is another thing; `None` when nothing is."""
        others = [name.removeprefix("same_") for name, same in self if not same]
        if not others:
            return None
        return Flaw(f"judge {others[0]}", f"it has not the same {', '.join(others)} as the text")


def write_comparison(
    instruction: Instruction, text: Text, masked_words: str, *, seed: int, index: int
) -> list[Message]:
    """What a judge is told of a text and other words for it, in an order that tells nothing.

    Args:
        instruction: `same`.
        text: as the templates have it.
        masked_words: the rewording, its values still hidden.
        seed: of the run.
        index: of the set.
    """
    pair = [mask_text(text).text, masked_words]
    Random(f"{seed}:{index}:{text.text}:pair").shuffle(pair)
    facts = {
        "kind": instruction.lists["kinds"][name_kind(text)],
        "first": show_text("", pair[0]).removeprefix(": "),
        "second": show_text("", pair[1]).removeprefix(": "),
    }
    return instruction.write(facts)


def split_sentences(text: str) -> Iterator[str]:
    """The sentences of a text, with what ends them."""
    yield from re.split(r"(?<=[.!?])\s+(?=\S)", text)
