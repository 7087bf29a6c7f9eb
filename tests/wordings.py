"""What agent and user may say: the wordings of a block, with its facts filled in."""

import re
from functools import cache

from gen.templating.speech import spell_out

_FACT = re.compile(r"\\\{(\w+)\\\}")


@cache
def _list_patterns(block: str, facts: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], ...]:
    """A pattern a wording; a fact that is not given may be anything."""
    known = dict(facts)

    def fill(found: re.Match[str]) -> str:
        return re.escape(known[found[1]]) if found[1] in known else ".+?"

    texts = (_FACT.sub(fill, re.escape(text)) for text in spell_out(block))
    return tuple(re.compile(f"(?i:{t[:1]}){t[1:]}" if t[:1].isalpha() else t, re.S) for t in texts)


def is_said(text: str, block: str, **facts: str) -> bool:
    """Whether a text holds a wording of a block."""
    return any(p.search(text) for p in _list_patterns(block, tuple(sorted(facts.items()))))


def is_wording(text: str, block: str, **facts: str) -> bool:
    """Whether a text is a wording of a block, and nothing more."""
    return any(p.fullmatch(text) for p in _list_patterns(block, tuple(sorted(facts.items()))))
