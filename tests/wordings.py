"""What agent and user may say: the wordings of a block, with its facts filled in."""

from functools import cache
from random import Random

from gen.templating.speech import say


@cache
def list_wordings(block: str, **facts: str) -> frozenset[str]:
    """As good as all wordings of a block."""
    return frozenset(say(block, Random(seed), **facts) for seed in range(800))


def is_said(text: str, block: str, **facts: str) -> bool:
    """Whether a text holds one of them."""
    return any(wording in text for wording in list_wordings(block, **facts))
