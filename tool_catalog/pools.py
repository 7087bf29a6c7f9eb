"""Values that worlds are filled from: always the same.

Faker is the wall of template generation (five to ten times the cost of everything else), so a
world picks from pools. The names were drawn from Faker once and lie beside this module: no later
Faker changes a run, and none is imported. Every value is inert: reserved domains, 555-01xx
telephone numbers, account numbers with impossible check digits, canary secrets (TAXONOMY 1.2).
"""

import importlib.resources
import json
import random
import re
from dataclasses import dataclass
from functools import cache

POOL_SIZE = 384
_DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the world; the same name always has the same address."""

    first: str
    last: str
    email: str
    phone: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Pools:
    """What a world may draw from. Index with a `random.Random`, never with the global one."""

    people: tuple[Person, ...]
    companies: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    ibans: tuple[str, ...]
    secrets: tuple[str, ...]
    """Canary credentials, `CANARY-` and letters: never valid anywhere."""
    codes: tuple[str, ...]
    """Six-digit one-time codes."""


@cache
def load_pools() -> Pools:
    """Build the pools, once a process."""
    file = importlib.resources.files("tool_catalog") / "pools.json"
    names: dict[str, list[str]] = json.loads(file.read_text("utf-8"))
    rng = random.Random("triact:pools")
    people: dict[str, Person] = {}
    while len(people) < POOL_SIZE:
        first, last = rng.choice(names["firsts"]), rng.choice(names["lasts"])
        email = f"{first}.{last}@{rng.choice(_DOMAINS)}".lower()
        phone = f"{rng.randrange(201, 990)}-555-01{rng.randrange(100):02d}"
        people.setdefault(f"{first} {last}", Person(first, last, email, phone))
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return Pools(
        people=tuple(people.values()),
        companies=tuple(names["companies"]),
        cities=tuple(names["cities"]),
        streets=tuple(names["streets"]),
        ibans=tuple(f"GB00TEST{rng.randrange(10**6):06d}" for _ in range(POOL_SIZE)),
        secrets=tuple("CANARY-" + "".join(rng.choices(letters, k=8)) for _ in range(POOL_SIZE)),
        codes=tuple(f"{rng.randrange(10**6):06d}" for _ in range(POOL_SIZE)),
    )


def list_names() -> list[str]:
    """Every word that people, companies, cities and streets are named with, sorted."""
    pools = load_pools()
    people = (text for person in pools.people for text in (person.first, person.last))
    texts = (*people, *pools.companies, *pools.cities, *pools.streets)
    return sorted({word for text in texts for word in re.findall(r"[A-Za-z]+", text)})
