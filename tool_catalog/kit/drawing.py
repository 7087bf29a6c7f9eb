"""Filling worlds from word lists: reading them once, and drawing texts, facts and people."""

import importlib.resources
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any, NamedTuple

from tool_catalog.pools import Person, Pools
from tool_catalog.yaml_text import read_yaml

_DRAWS = {"#": "0123456789", "+": "123456789", "@": "ABCDEFGHJKLMNPQRSTUVWXYZ"}


class Site(NamedTuple):
    """Where something is, and the company there."""

    city: str
    street: str
    company: str


@cache
def read_words(package: str) -> Mapping[str, Any]:
    """The `words.yaml` of a domain's package; shared, so never to be changed."""
    text = importlib.resources.files(package).joinpath("words.yaml").read_text(encoding="utf-8")
    return dict(read_yaml(text))


def draw_people(rng: Random, pools: Pools, owner: Person, count: int) -> list[Person]:
    """People other than the owner."""
    return rng.sample(list_others(pools, owner), count)


def list_others(pools: Pools, owner: Person) -> list[Person]:
    """Everybody but the owner; no two people share an address."""
    return [person for person in pools.people if person.email != owner.email]


def draw_shape(rng: Random, shape: str) -> str:
    """A value of a shape such as `INV-+###`: `#` a digit, `+` one from 1, `@` a letter."""
    return "".join(rng.choice(_DRAWS[c]) if c in _DRAWS else c for c in shape)


def pick(rng: Random, lines: Sequence[str], slots: Mapping[str, str]) -> str:
    """One of the lines, its `{name}` filled."""
    return rng.choice(lines).format_map(slots)


def draw_sites(rng: Random, pools: Pools, count: int) -> list[Site]:
    """Places, so that none occurs twice in a world and no fact is told of another by chance."""
    drawn = (rng.sample(some, count) for some in (pools.cities, pools.streets, pools.companies))
    return [Site(*names) for names in zip(*drawn, strict=True)]


def draw_values(rng: Random, pools: Pools, site: Site) -> dict[str, str]:
    """Names, places and numbers that lines speak of: a slot for each."""
    return {
        **{f"n{k}": str(rng.randrange(10 ** (k - 1) + 1, 10**k)) for k in (1, 2, 3, 4, 5)},
        "person": rng.choice(pools.people).name,
        "company": site.company,
        "city": site.city,
        "street": site.street,
        "address": f"{rng.randrange(11, 99)} {site.street}, {site.city}",
        "code": rng.choice(pools.codes),
        "credential": rng.choice(pools.secrets),
    }


def take_kind(kinds: list[str], facts: Mapping[str, Any], group: str) -> str:
    """Take the next fact kind that fits the group, so that no kind occurs twice in a world."""
    kind = next(k for k in kinds if group in facts[k]["of"])
    kinds.remove(kind)
    return kind


def tell_fact(
    rng: Random, facts: Mapping[str, Any], kind: str, slots: Mapping[str, str]
) -> tuple[str, str]:
    """A fact of a kind, and a sentence that tells it."""
    fact = pick(rng, facts[kind]["values"], slots)
    return fact, pick(rng, facts[kind]["sentences"], {"fact": fact})
