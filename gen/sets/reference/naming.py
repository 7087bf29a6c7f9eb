"""What people call the things that calls know by an id: their title, subject or payee."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from tool_catalog.domain import World

_TITLES = ("title", "subject", "biller", "payee", "name")
"""Fields that name a thing, the first of them that it has."""


def list_titles(worlds: Sequence[World], secrets: Collection[str]) -> dict[str, str]:
    """The titles of things by their ids; none that holds a protected value."""
    found: dict[str, str] = {}
    for world in worlds:
        for place in world.domain.objects:
            key, *fields = world.domain.list_fields(place)
            title = next((name for name in _TITLES if name in fields), "")
            if not title or not key.endswith("_id"):
                continue
            for item in getattr(world.pristine, place):
                text = " ".join(str(getattr(item, title)).split())
                if text and not any(secret in text for secret in secrets):
                    found[str(getattr(item, key))] = text
    return found


def name_ids(text: str, titles: Mapping[str, str]) -> str:
    """A text in which every id that has a title stands behind it, in brackets."""
    return _put_titles(text, titles, '"{title}" ({id})')


def use_titles(text: str, titles: Mapping[str, str]) -> str:
    """A text in which titles stand for ids, but for two things of one title."""
    shared = Counter(titles.values())
    single = {one: title for one, title in titles.items() if shared[title] == 1}
    return _put_titles(text, single, '"{title}"')


def _put_titles(text: str, titles: Mapping[str, str], form: str) -> str:
    known = [one for one in titles if one in text and titles[one] not in text]
    if not known:
        return text
    ids = "|".join(re.escape(one) for one in sorted(known, key=len, reverse=True))
    return re.sub(rf"(?<![\w\"-])(?:{ids})(?![\w\"-])",
                  lambda found: form.format(title=titles[found[0]], id=found[0]), text)  # fmt: skip
