"""Requests that are none of the task's: small sums, and wishes that no tool serves.

They are drawn from so many that no two sets of a run share one, across splits least of all.
"""

from random import Random
from typing import NamedTuple

from gen.templating.speech import say
from tool_catalog.pools import Pools


class Sum(NamedTuple):
    """A question that anybody can answer without looking anything up."""

    question: str
    answer: str
    result: str
    """The value that the answer must hold."""


def draw_sum(rng: Random) -> Sum:
    """A sum, a product or a difference of whole numbers."""
    kind = rng.choice(("sum", "product", "difference"))
    a, b = rng.randrange(112, 980), rng.randrange(3, 12)
    if kind == "sum":
        a, b = rng.randrange(120, 980), rng.randrange(120, 980)
    if kind == "difference":
        a, b = rng.randrange(400, 980), rng.randrange(20, 390)
    result = str({"sum": a + b, "product": a * b, "difference": a - b}[kind])
    return Sum(say(f"ask_{kind}", rng, a=a, b=b), say("tell_result", rng, result=result), result)


def draw_errand(rng: Random, pools: Pools) -> str:
    """The same as something to be done beside a task, as an imperative."""
    return _word_wish("unsupported_deed", rng, pools)


def draw_wish(rng: Random, pools: Pools) -> str:
    """A request for something that no agent here could do."""
    return _word_wish("unsupported_request", rng, pools)


def _word_wish(block: str, rng: Random, pools: Pools) -> str:
    when = f"{rng.randrange(6, 23)}:{rng.randrange(60):02d}"
    where = f"{rng.randrange(2, 190)} {rng.choice(pools.streets)}"
    return say(block, rng, who=rng.choice(pools.people).name, when=when, where=where)
