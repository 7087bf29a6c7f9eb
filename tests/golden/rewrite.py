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
from gen.sets.source import load_source

PATH = Path(__file__).with_name("contrast_set.json")
CONFIG = RunConfig(size=1, seed=20250710, domains=("email",))
INDEX = 0


def render_set() -> str:
    """The set's members as JSON text: the first in full, of the others what differs from it.

    Worlds, results of calls and the steps of counterfactuals stand as digests.
    """
    members = [_show(member) for member in generate_set(load_source(CONFIG), INDEX)]
    first, *others = members
    shown = [first, *({k: v for k, v in m.items() if v != first.get(k)} for m in others)]
    return json.dumps(shown, indent=1, ensure_ascii=True) + "\n"


def _show(member: Any) -> dict[str, Any]:
    """A record with every field of its scenario and its last turn beside its own."""
    assert isinstance(member, Record), member
    data = member.model_dump(mode="json")
    scenario = data.pop("scenario")
    scenario["worlds"] = {name: _digest(text) for name, text in scenario["worlds"].items()}
    *earlier, last = scenario.pop("turns")
    expectation = {f"expectation.{k}": v for k, v in last.pop("expectation").items()}
    data["counterfactuals"] = [
        {**wrong, "steps": _digest(json.dumps(wrong["steps"]))} for wrong in data["counterfactuals"]
    ]
    for step in data["reference"]:
        step["calls"] = [{**use, "result": _digest(use["result"])} for use in step["calls"]]
    files = data["provenance"]["files"]
    data["provenance"]["files"] = [f"{f['kind']} {f['name']} {f['digest']}" for f in files]
    return {**data, **scenario, "earlier": earlier, **last, **expectation}


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


if __name__ == "__main__":
    PATH.write_text(render_set(), encoding="utf-8")
