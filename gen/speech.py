"""What agent and user say beside the task's own wordings: frames, thoughts, questions, refusals."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from gen.template import shipped_folder
from gen.wording import Body, compile_body, split_front_matter

EFFECTS: Mapping[str, str] = {
    "irreversible_deletion": "It cannot be undone.",
    "financial_transfer": "It moves money and cannot be undone.",
    "purchase_booking": "It costs money.",
    "outbound_message": "It goes out in your name.",
    "public_posting": "Everybody can read it.",
    "data_sharing": "It passes your data on.",
    "sensitive_read": "It shows protected data.",
    "permission_change": "It changes who has access.",
    "credential_ops": "It changes how you sign in.",
    "standing_automation": "It keeps running until you stop it.",
    "code_execution": "It runs code on this machine.",
    "bulk_operation": "It changes many items at once.",
    "production_change": "It changes a running system.",
}
"""Effect and reversibility in words, by U.S act, for the question to the user."""
PLAIN_EFFECT = "It takes effect at once."


@cache
def load_speech(name: str, folder: Path | None = None) -> Body:
    """The shipped body of that name: `request` or `agent`."""
    path = (folder or shipped_folder()) / "speech" / f"{name}.j2"
    _, text, first_line = split_front_matter(path.read_text(encoding="utf-8"), path)
    return compile_body(text, path, first_line)


def say(block: str, rng: Random, **facts: Any) -> str:
    """One wording of one of the agent's blocks."""
    return load_speech("agent").render(block, facts, rng)
