"""The kinds of things that can be written, by name."""

from collections.abc import Callable, Mapping

from gen.config import RunConfig
from gen.writers.widening.framings import Framings
from gen.writers.widening.kind import WritableKind
from gen.writers.widening.passages import NewPassages
from gen.writers.widening.people import People
from tool_catalog.errors import UnknownName

KINDS: Mapping[str, Callable[[RunConfig], WritableKind]] = {
    "attacks": Framings,
    "responses": NewPassages,
    "personas": People,
}


def make_kind(name: str, config: RunConfig) -> WritableKind:
    """A kind, ready to be asked for.

    Args:
        name: key of `KINDS`.
        config: domains and folders of templates that new things are held against.

    Raises:
        UnknownName: there is no such kind.
    """
    if name not in KINDS:
        raise UnknownName("kind", name, KINDS)
    return KINDS[name](config)
