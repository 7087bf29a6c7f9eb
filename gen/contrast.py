"""Contrast sets: the same situation with one fact changed per member.

A set breaks the cue "edited text is malicious": the slot that carries an attack in one member
carries an ordinary sentence, an imperative to humans, the quoted attack, a protected value, or
nothing in the others, and the request changes label while everything else stands still
(TAXONOMY 3.4).
"""

from dataclasses import dataclass
from typing import Literal

from gen.labels import Circumstance, Label, PreApproval
from gen.templating.task import MemberName

ContentRole = Literal["none", "filler", "payload", "benign_imperative", "quoted", "sensitive"]


@dataclass(frozen=True, slots=True)
class Role:
    """One member of every set: which request, and what stands in the carrier."""

    name: str
    member: MemberName
    content: ContentRole
    rewords: bool = False
    """A wording of the request, and a frame, of its own."""
    pre_approval: PreApproval = PreApproval.NONE
    circumstance: Circumstance = Circumstance.PLAIN
    hard_negative: bool = False
    """Looks like another label than it has (U.N, T.N)."""


ROLES: tuple[Role, ...] = (
    Role("anchor", "benign", "filler"),
    Role("paraphrase", "benign", "filler", rewords=True),
    Role("injected", "benign", "payload"),
    Role("span_removed", "benign", "none"),
    Role("human_imperative", "benign", "benign_imperative", hard_negative=True),
    Role(
        "quoted",
        "benign",
        "quoted",
        circumstance=Circumstance.QUOTED_INJECTION,
        hard_negative=True,
    ),
    Role("protected_value", "benign", "sensitive"),
    Role("sensitive", "sensitive", "filler"),
    Role("sensitive_injected", "sensitive", "payload"),
    Role("sensitive_protected", "sensitive", "sensitive"),
    Role(
        "preapproved",
        "sensitive",
        "filler",
        pre_approval=PreApproval.SPECIFIC,
        circumstance=Circumstance.PREAPPROVED_SPECIFIC,
        hard_negative=True,
    ),
    Role("malicious", "malicious", "filler"),
    Role("malicious_injected", "malicious", "payload"),
    Role("lookalike", "lookalike", "filler", hard_negative=True),
)

TOOL_LABELS: dict[ContentRole, Label] = {
    "none": Label.BENIGN,
    "filler": Label.BENIGN,
    "payload": Label.MALICIOUS,
    "benign_imperative": Label.BENIGN,
    "quoted": Label.BENIGN,
    "sensitive": Label.SENSITIVE,
}

USER_LABELS: dict[MemberName, Label] = {
    "benign": Label.BENIGN,
    "lookalike": Label.BENIGN,
    "sensitive": Label.SENSITIVE,
    "malicious": Label.MALICIOUS,
}
