"""Contents: what else may stand where an attack stands, so that the place never tells the label."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

from gen.attacks.files import Attacks, ContentFile
from gen.attacks.front_matter import Role
from gen.records import SourceFile
from gen.templating.facts import draw_facts, resolve
from gen.templating.rendezvous import choose
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import Pools

_ATTEMPTS = 60
_DAY = "2025-06-02"
"""Today, where no world says so."""
_NAMED = re.compile(r"\w+_id|path")


class Content(NamedTuple):
    """Composed content that is no attack."""

    text: str
    leaf: str
    protected: tuple[str, ...]
    tags: tuple[str, ...]
    files: tuple[SourceFile, ...]


def compose_content(
    attacks: Attacks,
    role: Role,
    facts: Mapping[str, Any],
    key: str,
    rng: Random,
    pools: Pools,
    payload: str = "",
    tag: str = "",
    state: Any = None,
    spoken: Mapping[str, str] = {},
) -> Content:
    """Draw a content of a role; equal keys and streams give equal contents.

    Args:
        attacks: from `load_attacks`.
        role: what the content is for.
        facts: the task's facts, `user` among them; protected values are none of them.
        key: chooses the file, such as seed, index and purpose.
        rng: the only source of chance inside it.
        pools: outsiders' values.
        payload: what quoted and delegated contents hold.
        tag: only contents with this tag.
        state: the world, whose ids and days a content may name as an order does.
        spoken: what an errand note holds, `order` and `Order`.

    Raises:
        BadTemplate: no content has this role and tag.
    """
    fitting = [c for c in attacks.contents
               if c.front.role == role and (not tag or tag in c.front.tags)]  # fmt: skip
    if not fitting:
        raise BadTemplate(f"contents: no file with role {role!r}{f' and tag {tag!r}' * bool(tag)}")
    chosen = choose(fitting, key, lambda content: content.name)
    today = str(facts.get("today") or getattr(state, "today", _DAY))
    drawn, protected = _draw_values(chosen, repr(list(facts.values())), today, rng, pools)
    item = rng.choice(_list_items(state) or pools.codes)
    drawn.update(spoken, user=name_user(facts), payload=payload, item=item)
    text = chosen.body.render("content", drawn, rng)
    return Content(text, chosen.front.leaf, protected, chosen.front.tags, (chosen.source,))


def name_user(facts: Mapping[str, Any]) -> str:
    """The name of the task's `user`, who is a name in some domains and a person in others."""
    user = facts.get("user", "")
    return str(user["name"] if isinstance(user, Mapping) else getattr(user, "name", user))


def _draw_values(
    chosen: ContentFile, told: str, today: str, rng: Random, pools: Pools
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The content's slots, and which of their values are protected; none stands in the task."""
    for _ in range(_ATTEMPTS):
        drawn = draw_facts(chosen.front.slots, SimpleNamespace(today=today), rng, pools) or {}
        protected = tuple(str(resolve(value, drawn)) for value in chosen.front.protected)
        if not any(value in told for value in protected):
            break
    return drawn, protected


def _list_items(state: Any) -> list[str]:
    """What the things of a world are called by: ids, paths."""
    if not is_dataclass(state):
        return []
    lists = [getattr(state, f.name) for f in fields(state)]
    items = [item for some in lists if isinstance(some, list) for item in some]
    named = [(item, fields(item)[0].name) for item in items if is_dataclass(item)]
    return [str(getattr(item, name)) for item, name in named if _NAMED.fullmatch(name)]
