"""What agent and user say beside the task's own wordings: frames, thoughts, questions, refusals."""

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

from gen.templating.folder import shipped_folder
from gen.templating.wording import Body, read_body, read_source, split_front_matter

EFFECTS: Mapping[str, str] = {
    "irreversible_deletion": "It cannot be undone.",
    "financial_transfer": "It touches your money and cannot simply be undone.",
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
    "production_change": "It takes effect on the system at once.",
}
"""Effect and reversibility in words, by U.S act, for the question to the user."""
PLAIN_EFFECT = "It takes effect at once."


SPEECH = ("agent", "operator", "request")
"""The shipped bodies."""


@cache
def load_speech(name: str) -> Body:
    """A shipped body by name."""
    path = shipped_folder() / "speech" / f"{name}.j2"
    _, text, first_line = split_front_matter(read_source(path), path)
    return read_body(text, path, first_line)


def say(block: str, rng: Random, **facts: object) -> str:
    """One wording of a block of the agent's, the operator's or the user's, its facts filled in."""
    text = rng.choice(spell_out(block))
    return text.format_map(facts) if facts else text


@cache
def spell_out(block: str) -> tuple[str, ...]:
    """Every wording of a block, with `{fact}` where a fact stands; repeats keep their weight.

    The agent speaks a dozen times a record, from a few small blocks whose facts are plain text:
    picking from the expanded wordings is some thirty times quicker than rendering, and picks each
    with the same chance.
    """
    body = next(body for body in map(load_speech, SPEECH) if block in body)
    facts = {name: f"{{{name}}}" for name in body.blocks[block].names}
    found: list[str] = []
    pending: list[list[int]] = [[]]
    while pending:
        walk = _Walk(pending.pop(), pending)
        found.append(body.render_chosen(block, facts, walk.choose))
    return tuple(sorted(found))


class _Walk:
    """One way through a block's picks: the given choices, then first options, noting the rest."""

    def __init__(self, chosen: list[int], pending: list[list[int]]) -> None:
        self._chosen, self._pending = chosen, pending
        self._taken: list[int] = []

    def choose(self, options: Sequence[str]) -> str:
        """The option at this point of the walk."""
        depth = len(self._taken)
        number = 0
        if depth < len(self._chosen):
            number = self._chosen[depth]
        else:
            self._pending.extend([*self._taken, n] for n in range(1, len(options)))
        self._taken.append(number)
        return options[number]
