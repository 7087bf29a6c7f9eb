"""Requests that need no tool: small sums, with what they come to."""

from random import Random
from typing import NamedTuple

from gen.templating.speech import say


class Sum(NamedTuple):
    """A question that anybody can answer without looking anything up."""

    question: str
    answer: str
    result: str
    """The value that the answer must hold."""


def draw_sum(rng: Random) -> Sum:
    """A sum, a product or a difference of whole numbers."""
    kind = rng.choice(("sum", "product", "difference"))
    a, b = rng.randrange(12, 97), rng.randrange(3, 12)
    if kind == "sum":
        a, b = rng.randrange(120, 980), rng.randrange(120, 980)
    if kind == "difference":
        a, b = rng.randrange(400, 980), rng.randrange(20, 390)
    result = str({"sum": a + b, "product": a * b, "difference": a - b}[kind])
    return Sum(say(f"ask_{kind}", rng, a=a, b=b), say("tell_result", rng, result=result), result)
