"""Which wordings of what is asked for fit the sentence that they stand in."""

import re
from collections.abc import Sequence

_FRONTED = re.compile(
    r"(?:about|above|after|against|among|around|at|before|behind|below|beside|between|by|during|for|"
    r"from|in|inside|into|near|of|off|on|onto|over|past|per|since|through|till|to|toward|under|"
    r"until|up|upon|via|with|within|without)\b",
    re.IGNORECASE,
)
"""How a wording begins that asks "until when" or "on which day"."""
_TELLING = re.compile(
    r"(?:\b(?:tell|told|telling|remind|inform|ask|asked|asking) (?:me|us|you|of me)|\blet me know|"
    r"\b(?:know|knew|knows|say|find out|finding out|finds out|found out|work out|make out|learn|"
    r"be told|told|ask|asks|explain|establish|discover|unsure|say again),?)\s$",
    re.IGNORECASE,
)
"""What goes on with any question: tell me on which day, but never I'm after on which day."""
_ASK = "{{ ask }}"


def is_fronted(ask: str) -> bool:
    """Whether a wording begins with a preposition."""
    return _FRONTED.match(ask) is not None


def list_suiting(asks: Sequence[str], frame: str = "") -> Sequence[str]:
    """The wordings that fit a request; where it wants the thing by its name, none is fronted.

    Args:
        asks: one of them at least begins with no preposition.
        frame: the request, with `{{ ask }}` where the wording goes.
    """
    before = frame.split(_ASK)[:-1]
    if before and all(_TELLING.search(text) for text in before):
        return asks
    return [ask for ask in asks if not is_fronted(ask)]
