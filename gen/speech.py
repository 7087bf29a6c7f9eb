"""What agent and user say beside the task's own wordings: frames, thoughts, questions, refusals."""

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

from gen.template import shipped_folder
from gen.wording import Body, read_body, split_front_matter

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
def load_speech(name: str) -> Body:
    """The shipped body of that name: `request` or `agent`."""
    path = shipped_folder() / "speech" / f"{name}.j2"
    _, text, first_line = split_front_matter(path.read_text(encoding="utf-8"), path)
    return read_body(text, path, first_line)


def say(block: str, rng: Random, **facts: str) -> str:
    """One wording of one of the agent's blocks, its facts filled in."""
    text = rng.choice(_expand(block))
    return text.format_map(facts) if facts else text


@cache
def _expand(block: str) -> tuple[str, ...]:
    """Every wording of a block, with `{fact}` where a fact stands.

    The agent speaks a dozen times a record, from a few small blocks whose facts are plain text:
    picking from the expanded wordings is some thirty times quicker than rendering, and picks each
    with the same chance.
    """
    body = load_speech("agent")
    facts = {name: f"{{{name}}}" for name in body.blocks[block].names}
    found: list[str] = []
    pending: list[list[int]] = [[]]
    while pending:
        chosen = pending.pop()
        taken: list[int] = []

        def choose(options: Sequence[str]) -> str:
            number = chosen[len(taken)] if len(taken) < len(chosen) else 0
            if len(taken) >= len(chosen):
                pending.extend([*taken, n] for n in range(1, len(options)))
            taken.append(number)
            return options[number]

        found.append(body.render_chosen(block, facts, choose))
    return tuple(sorted(found))
