"""Filling worlds: reading word lists once, and drawing people, places and values of a shape."""

import importlib.resources
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any, NamedTuple

from tool_catalog.pools import Person, Pools
from tool_catalog.yaml_text import read_yaml

_DRAWS = {"#": "0123456789", "+": "123456789", "@": "ABCDEFGHJKLMNPQRSTUVWXYZ"}


class Site(NamedTuple):
    """Where something is."""

    city: str
    street: str


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


def draw_sites(rng: Random, pools: Pools, count: int) -> list[Site]:
    """Places, so that no name occurs twice."""
    drawn = (rng.sample(some, count) for some in (pools.cities, pools.streets))
    return [Site(*names) for names in zip(*drawn, strict=True)]
