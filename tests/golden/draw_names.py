"""The names of the pools, drawn from Faker; run this file to draw them anew.

That changes every run that is generated from an old seed: say so in the changelog.
"""

import json
import re
from collections.abc import Callable
from importlib.resources import files

from faker import Faker


def draw_names() -> str:
    """The names as JSON text."""
    fake = Faker("en_US", use_weighting=False)
    fake.seed_instance(20250710)
    names = {
        "firsts": _distinct(fake.first_name, 160),
        "lasts": _distinct(fake.last_name, 160),
        "companies": _distinct(lambda: re.sub(r"[,-].*", "", fake.company()), 192),
        "cities": _distinct(fake.city, 192),
        "streets": _distinct(fake.street_name, 192),
    }
    return json.dumps(names, indent=1) + "\n"


def _distinct(draw: Callable[[], str], count: int) -> list[str]:
    seen: dict[str, None] = {}
    while len(seen) < count:
        value = draw()
        if value.isascii():
            seen[value] = None
    return list(seen)


if __name__ == "__main__":
    (files("tool_catalog") / "pools.json").write_text(draw_names(), encoding="utf-8")  # type: ignore[attr-defined]
