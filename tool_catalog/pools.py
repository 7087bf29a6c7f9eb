"""Values that worlds are filled from: drawn once a process, always the same.

Faker is the wall of template generation (five to ten times the cost of everything else), so a
world picks from pools instead of calling Faker. Every value is inert: reserved domains, 555-01xx
telephone numbers, account numbers with impossible check digits, canary secrets (TAXONOMY 1.2).
"""

import random
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache

POOL_SIZE = 384
_PROVIDERS = ("faker.providers.person", "faker.providers.company", "faker.providers.address")
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

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Pools:
    """What a world may draw from. Index with a `random.Random`, never with the global one."""

    people: tuple[Person, ...]
    women: tuple[Person, ...]
    """Those of the people whose first name is a woman's."""
    men: tuple[Person, ...]
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
    from faker import Faker
    from faker.providers.person.en_US import Provider

    fake = Faker("en_US", use_weighting=False, providers=list(_PROVIDERS))
    fake.seed_instance(20250710)
    firsts = _distinct(fake.first_name, 160)
    lasts = _distinct(fake.last_name, 160)
    rng = random.Random("triact:pools")
    people: dict[str, Person] = {}
    while len(people) < POOL_SIZE:
        first, last = rng.choice(firsts), rng.choice(lasts)
        email = f"{first}.{last}@{rng.choice(_DOMAINS)}".lower()
        phone = f"{rng.randrange(201, 990)}-555-01{rng.randrange(100):02d}"
        people.setdefault(f"{first} {last}", Person(first, last, email, phone))
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return Pools(
        people=tuple(people.values()),
        women=_choose(people.values(), set(Provider.first_names_female)),
        men=_choose(people.values(), set(Provider.first_names_male)),
        companies=tuple(_distinct(lambda: re.sub(r"[,-].*", "", fake.company()), 192)),
        cities=tuple(_distinct(fake.city, 192)),
        streets=tuple(_distinct(fake.street_name, 192)),
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


def _choose(people: Iterable[Person], firsts: Collection[str]) -> tuple[Person, ...]:
    return tuple(person for person in people if person.first in firsts)


def _distinct(draw: Callable[[], str], count: int) -> list[str]:
    seen: dict[str, None] = {}
    while len(seen) < count:
        value = draw()
        if value.isascii():
            seen[value] = None
    return list(seen)
