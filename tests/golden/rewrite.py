"""One contrast set, as it is rendered for a fixed seed; run this file to write it anew.

What changes here changes every run that is generated from an old seed: look at the difference,
and say so in the changelog.
"""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

from gen.config import RunConfig
from gen.records import Record
from gen.sets.pipeline import generate_set
from gen.sets.situation import load_source

PATH = Path(__file__).with_name("contrast_set.json")
CONFIG = RunConfig(size=1, seed=20250710, domains=("email",))
INDEX = 0


def render_set() -> str:
    """The set's members as JSON text; the world, which all share, as a digest."""
    members = [_show(member) for member in generate_set(load_source(CONFIG), INDEX)]
    return json.dumps(members, indent=1, ensure_ascii=True) + "\n"


def _show(member: Any) -> dict[str, Any]:
    assert isinstance(member, Record), member
    data = member.model_dump(mode="json")
    world = data["scenario"].pop("world")
    data["scenario"]["world_digest"] = blake2b(world.encode(), digest_size=8).hexdigest()
    return data


if __name__ == "__main__":
    PATH.write_text(render_set(), encoding="utf-8")
