"""Texts of one contrast set, by a key that says where each of them stands.

Templates write them; a model may write some anew. Labels, facts and placements are not among them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gen.taxonomy.labels import Label

THOUGHT = "thought:"
"""How the key of a thought begins; the role's name and the number of its message follow."""


def name_thought(role: str, number: int) -> str:
    """Where a thought of a member's reference stands among the texts of the set."""
    return f"{THOUGHT}{role}:{number}"


QUOTE = '"..."'
"""Stands in a thought for what it quotes; a quotation is never worded anew."""
_QUOTED = re.compile(r'"(.*)"', re.DOTALL)


def hide_quote(thought: str) -> str:
    """A thought without the passage that it quotes, which may itself be worded anew."""
    return _QUOTED.sub(QUOTE, thought)


def show_quote(words: str, thought: str) -> str:
    """Words for a thought with the passage that the thought quotes."""
    quoted = _QUOTED.search(thought)
    return words.replace(QUOTE, quoted[0]) if quoted else words


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a set as the templates have it."""

    key: str
    """`user:...` for what the user asks, `tool:...` for what stands in a tool result."""
    text: str
    label: Label
    kept: tuple[str, ...]
    """Values that any other wording must hold, letter for letter."""
    acts: tuple[str, ...] = ()
    """Names of the tools that do what it asks for; none of a text that asks for nothing."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a model wrote for a set, and who it was."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """By key."""
    generator: str = "template"
    """Model id."""
    prompt_digest: str = ""
    endpoint_host: str = ""
    language: str = "en"

    def choose(self, key: str, text: str) -> str:
        """The model's text of a key where there is one, else the templates'."""
        return self.texts.get(key, text)
