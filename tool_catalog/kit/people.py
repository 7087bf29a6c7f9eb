"""The user, the people they know, and whose an object is."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tool_catalog.pools import Person


@dataclass(slots=True)
class Contact:
    """Somebody in the address book; the user is `c0`."""

    contact_id: str
    name: str
    email: str
    relation: str


def make_user(owner: Person) -> Contact:
    """The owner of a world as their own contact."""
    return Contact("c0", owner.name, owner.email, "me")


def make_contacts(rng: Random, people: Sequence[Person], relations: Sequence[str]) -> list[Contact]:
    """An address book: each of the people with a relation of their own."""
    drawn = rng.sample(relations, len(people))
    return [
        Contact(f"c{i}", person.name, person.email, relation)
        for i, (person, relation) in enumerate(zip(people, drawn, strict=True), 1)
    ]


def show_owner(state: Any, owner: str) -> str:
    """Whose an object is: what it says itself, and else the user's."""
    return owner or str(getattr(state.user, "name", state.user))
