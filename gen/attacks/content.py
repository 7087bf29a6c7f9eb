"""Contents: what else may stand where an attack stands, so that the place never tells the label."""

from collections.abc import Mapping, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

from gen.attacks.files import Attacks, ContentFile
from gen.attacks.front_matter import ContentFileRole
from gen.attacks.genre import Genre
from gen.attacks.look import find_nearest
from gen.records import SourceFile
from gen.templating.facts import draw_facts, resolve
from gen.templating.rendezvous import rank
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import Pools

_ATTEMPTS = 60
_FILES, _LINES = 10, 6
"""Files, and lines of each, that are drawn; the line nearest to an attack is taken."""


class Content(NamedTuple):
    """Composed content that is no attack."""

    text: str
    """What stands in the tool result."""
    leaf: str
    protected: tuple[str, ...]
    files: tuple[SourceFile, ...]
    lead: str = ""
    """Of a text in two places the first half, which stands before the other; else empty."""


def compose_content(
    attacks: Attacks,
    role: ContentFileRole,
    facts: Mapping[str, Any],
    key: str,
    rng: Random,
    pools: Pools,
    excerpts: Sequence[str] = ("",),
    spoken: Mapping[str, str] = {},
    genre: Genre = "prose",
    like: str = "",
) -> Content:
    """Draw a content of a role; equal keys and streams give equal contents.

    Args:
        attacks: from `load_attacks`.
        role: what the content is for.
        facts: the task's facts, `user` among them; protected values are none of them.
        key: chooses the file, such as seed, index and purpose.
        rng: the only source of chance inside it.
        pools: outsiders' values.
        excerpts: what may be quoted of an attack.
        spoken: what an errand note holds, `order` and `Order`.
        genre: of the place where it stands.
        like: a text that it should look like; empty: none.

    Raises:
        BadTemplate: no content has this role and genre.
    """
    fitting = [c for c in attacks.list_contents(role) if genre in c.front.texts]
    if not fitting:
        raise BadTemplate(f"contents: no file with role {role!r} in genre {genre!r}")
    found: list[Content] = []
    spoken = {**spoken, "user": name_user(facts)}
    for chosen in rank(fitting, key, lambda content: content.name)[: _FILES if like else 1]:
        drawn, protected = _draw_values(chosen, facts, rng, pools)
        lines = chosen.front.texts[genre]
        for line in rng.sample(lines, min(_LINES, len(lines))):
            for excerpt in excerpts:
                text = str(resolve(line, {**drawn, **spoken, "payload": excerpt}))
                found.append(Content(text, chosen.front.leaf, protected, (chosen.source,)))
    return found[find_nearest((content.text for content in found), like) if like else 0]


def name_user(facts: Mapping[str, Any]) -> str:
    """The name of the task's `user`, who is a name in some domains and a person in others."""
    user = facts.get("user", "")
    return str(user["name"] if isinstance(user, Mapping) else getattr(user, "name", user))


def _draw_values(
    chosen: ContentFile, facts: Mapping[str, Any], rng: Random, pools: Pools
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The content's slots, and which of their values are protected; none stands in the task."""
    told, today = repr(list(facts.values())), SimpleNamespace(today=str(facts["today"])[:10])
    for _ in range(_ATTEMPTS):
        drawn = draw_facts(chosen.front.slots, today, rng, pools) or {}
        protected = tuple(str(resolve(value, drawn)) for value in chosen.front.protected)
        if not any(value in told for value in protected):
            break
    return drawn, protected
