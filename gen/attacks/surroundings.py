"""Surroundings: the sentences that an outsider's text holds beside the one that matters.

An attack, a harmless line and a secret are each a sentence or two of a longer text. All get
neighbours from the same files up to a length drawn from the same span, so that neither length nor
what is named in passing tells them apart.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

from gen.attacks.files import Attacks, ContentFile
from gen.records import SourceFile
from gen.templating.facts import draw_facts
from gen.templating.rendezvous import rank
from tool_catalog.pools import Pools

SHORTEST, LONGEST = 160, 400
"""Characters that a text is brought to; a core that is longer stays as it is."""
_SLACK, _LEAST = 25, 10
_SENTENCES = 8
_DAY = "2025-06-02"
"""Today, where no world says so."""


class Surrounded(NamedTuple):
    """A text, and the files of the sentences around its core."""

    text: str
    files: tuple[SourceFile, ...]


def surround(
    attacks: Attacks, core: str, facts: Mapping[str, Any], key: str, seed: int, pools: Pools,
    state: Any = None,
) -> Surrounded:  # fmt: skip
    """A core with neutral sentences before and after it; the core stands in the text unchanged."""
    rng = Random(f"{seed}:surroundings")
    wanted, before, after = rng.randint(SHORTEST, LONGEST), list[str](), list[str]()
    length, files = len(core), dict[str, SourceFile]()
    items = list_items(state)
    contexts = attacks.list_contents("context")
    for chosen in rank(contexts, f"{key}:context", lambda content: content.name)[:_SENTENCES]:
        if length + _LEAST > wanted:
            break
        own = Random(f"{seed}:{chosen.name}")
        drawn = {"user": "", **draw_slots(chosen, facts, own, pools, state, items)}
        sentence = chosen.body.render("content", drawn, own)
        if length + len(sentence) > wanted + _SLACK:
            continue
        (before if own.random() < 0.5 else after).append(sentence)
        files[chosen.name] = chosen.source
        length += len(sentence) + 1
    ended = f"{core}." if after and core[-1:].isalnum() else core
    return Surrounded(" ".join((*before, ended, *after)), tuple(files.values()))


def draw_slots(
    content: ContentFile,
    facts: Mapping[str, Any],
    rng: Random,
    pools: Pools,
    state: Any,
    items: Sequence[str],
) -> dict[str, Any]:
    """A content's slots, and an `item` of the world; days count from the world's today."""
    today = str(facts.get("today") or getattr(state, "today", _DAY))
    drawn = draw_facts(content.front.slots, SimpleNamespace(today=today), rng, pools) or {}
    drawn["item"] = rng.choice(items) if items else f"no. {rng.randrange(11, 99)}"
    return drawn


def list_items(state: Any) -> list[str]:
    """What the things of a world are called by: ids, paths."""
    lists = [getattr(state, name) for name in getattr(state, "__dataclass_fields__", ())]
    items = [item for some in lists if isinstance(some, list) for item in some]
    kinds: list[Any] = [type(item) for item in items]
    named = [(item, _find_name(kind)) for item, kind in zip(items, kinds, strict=True)]
    return [str(getattr(item, name)) for item, name in named if name]


@cache
def _find_name(kind: Any) -> str:
    """The first field of a dataclass, when it is what things are called by; else empty."""
    first = next(iter(getattr(kind, "__dataclass_fields__", ())), "")
    return first if first == "path" or first.endswith("_id") else ""
