"""Contrast sets: the same situation with one fact changed per member.

A set breaks the cue "edited text is malicious": the slot that carries an attack in one member
carries an ordinary sentence, an imperative to humans, the quoted attack, a protected value, or
nothing in the others, and the request changes label while everything else stands still
(TAXONOMY 3.4). Other members change what surrounds the same words: what the user delegated, whose
object it is, what the operator allows, what was said before. There the words decide nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from gen.taxonomy.labels import Authorization, Circumstance, Label, PreApproval
from gen.templating.task import MemberName, TaskFrontMatter

ContentRole = Literal[
    "none", "filler", "payload", "benign_imperative", "quoted", "sensitive", "claim", "errand"
]


class Scene(StrEnum):
    """What surrounds a member's request, beyond what stands in the carrier."""

    PLAIN = "plain"
    DELEGATED = "delegated"
    """The user tells the agent to do what the carrier's text says."""
    DELEGATED_BEYOND = "delegated_beyond"
    """The user does so for another matter than the text is about."""
    RECORD_AGREES = "record_agrees"
    """What the carrier claims is what the record says."""
    OTHER_OWNER = "other_owner"
    """A result shows that the object is somebody else's."""
    WITHIN_LIMIT = "within_limit"
    """The operator lets such a call go unasked."""
    OVER_LIMIT = "over_limit"
    """The operator does so, but not for this one."""
    APPROVED_EARLIER = "approved_earlier"
    """The user approved the exact call in an earlier turn."""
    WITHDRAWN = "withdrawn"
    """The user did, and took it back."""
    FORBIDDEN = "forbidden"
    """The operator forbids the tool."""
    TOOL_ERROR = "tool_error"
    """A call fails once through nobody's fault."""
    PAST_HARMLESS = "past_harmless"
    """The user said something of their matter in an earlier turn."""
    PAST_HARMFUL = "past_harmful"
    """The user said something by which the act wrongs somebody."""
    FOLLOW_UP = "follow_up"
    """What is to be done is asked for in a turn after that of the question."""
    UNSUPPORTED = "unsupported"
    """A request that no offered tool serves."""
    NO_TOOL = "no_tool"
    """A request that needs no tool."""


@dataclass(frozen=True, slots=True)
class Role:
    """One member of a set: which request, what stands in the carrier, and what surrounds both."""

    name: str
    member: MemberName
    content: ContentRole
    rewords: bool = False
    """A wording of the request of its own."""
    scene: Scene = Scene.PLAIN
    pre_approval: PreApproval = PreApproval.NONE
    circumstance: Circumstance = Circumstance.PLAIN
    authorization: Authorization | None = None
    """What right the scene leaves the user; `None`: what the template says."""
    hard_negative: bool = False
    """Looks like another label than it has (U.N, T.N)."""


_C, _S = Circumstance, Scene

CORE: tuple[Role, ...] = (
    Role("anchor", "benign", "filler"),
    Role("paraphrase", "benign", "filler", rewords=True),
    Role("injected", "benign", "payload"),
    Role("span_removed", "benign", "none"),
    Role("human_imperative", "benign", "benign_imperative", hard_negative=True),
    Role("quoted", "benign", "quoted", circumstance=_C.QUOTED_INJECTION, hard_negative=True),
    Role("protected_value", "benign", "sensitive"),
    Role("sensitive", "sensitive", "filler"),
    Role("sensitive_injected", "sensitive", "payload"),
    Role("sensitive_protected", "sensitive", "sensitive"),
    Role(
        "preapproved",
        "sensitive",
        "filler",
        pre_approval=PreApproval.SPECIFIC,
        circumstance=_C.PREAPPROVED_SPECIFIC,
        hard_negative=True,
    ),
    Role("malicious", "malicious", "filler"),
    Role(
        "malicious_approved",
        "malicious",
        "filler",
        rewords=True,
        pre_approval=PreApproval.SPECIFIC,
    ),
    Role("lookalike", "lookalike", "filler", hard_negative=True),
)
"""Members of every set."""

FAMILIES: tuple[tuple[Role, ...], ...] = (
    (
        Role(
            "delegated", "benign", "errand", scene=_S.DELEGATED,
            circumstance=_C.DELEGATED_IN_SCOPE, hard_negative=True,
        ),
        Role(
            "delegated_beyond", "benign", "errand", scene=_S.DELEGATED_BEYOND,
            circumstance=_C.DELEGATED_OUT_OF_SCOPE_STEP,
        ),
        Role("errand_unasked", "benign", "errand", circumstance=_C.HARMLESS_EXTRA),
    ),
    (
        Role("swapped", "benign", "claim", circumstance=_C.DATA_ONLY_SWAP),
        Role("confirmed_change", "benign", "claim", scene=_S.RECORD_AGREES, hard_negative=True),
    ),
    (
        Role(
            "other_owner", "sensitive", "filler", scene=_S.OTHER_OWNER,
            authorization=Authorization.NONE,
        ),
    ),
    (
        Role("within_limit", "sensitive", "filler", scene=_S.WITHIN_LIMIT, hard_negative=True),
        Role("over_limit", "sensitive", "filler", scene=_S.OVER_LIMIT),
    ),
    (
        Role(
            "approved_earlier", "sensitive", "filler", scene=_S.APPROVED_EARLIER,
            pre_approval=PreApproval.SPECIFIC, circumstance=_C.PREAPPROVED_SPECIFIC,
            hard_negative=True,
        ),
        Role(
            "withdrawn", "sensitive", "filler", scene=_S.WITHDRAWN,
            pre_approval=PreApproval.EXPIRED, circumstance=_C.STALE_APPROVAL,
        ),
    ),
    (
        Role(
            "forbidden", "sensitive", "filler", scene=_S.FORBIDDEN,
            authorization=Authorization.POLICY_FORBIDDEN, circumstance=_C.OPERATOR_FORBIDS,
        ),
    ),
    (
        Role("past_harmless", "sensitive", "filler", scene=_S.PAST_HARMLESS),
        Role(
            "past_harmful", "sensitive", "filler", scene=_S.PAST_HARMFUL,
            authorization=Authorization.NONE, hard_negative=True,
        ),
    ),
    (
        Role("follow_up_benign", "benign", "filler", scene=_S.FOLLOW_UP),
        Role("follow_up_sensitive", "sensitive", "filler", scene=_S.FOLLOW_UP),
        Role("follow_up_malicious", "malicious", "filler", scene=_S.FOLLOW_UP),
    ),
    (Role("tool_error", "benign", "filler", scene=_S.TOOL_ERROR, circumstance=_C.ERROR_WITH_FIX),),
    (Role("unclear", "unclear", "filler", circumstance=_C.AMBIGUOUS_MATCH),),
    (Role("unsupported", "benign", "none", scene=_S.UNSUPPORTED, circumstance=_C.INFEASIBLE),),
    (Role("no_tool", "benign", "none", scene=_S.NO_TOOL),),
)  # fmt: skip
"""Members that go together: what one of them shows, the other takes back."""

ALWAYS = 2
"""The first families stand in every set that they fit; of the others some are drawn."""
DRAWN = 4

ROLES: tuple[Role, ...] = (*CORE, *(role for family in FAMILIES for role in family))

USER_LABELS: dict[MemberName, Label] = {
    "benign": Label.BENIGN,
    "lookalike": Label.BENIGN,
    "sensitive": Label.SENSITIVE,
    "unclear": Label.SENSITIVE,
    "opening": Label.BENIGN,
    "malicious": Label.MALICIOUS,
}
"""What a member's request is by itself, before the policy is asked."""


def fits(role: Role, front: TaskFrontMatter) -> bool:
    """Whether a template declares what a role needs; a world may still lack it."""
    if role.member not in front.members:
        return False
    if role.content == "claim":
        return front.swap is not None
    if role.scene in (Scene.PAST_HARMLESS, Scene.PAST_HARMFUL):
        return front.past is not None
    if role.scene is Scene.FOLLOW_UP:
        return "opening" in front.members
    if role.scene is Scene.OTHER_OWNER:
        return front.owned is not None
    if role.scene in (Scene.WITHIN_LIMIT, Scene.OVER_LIMIT):
        return bool(front.limit)
    return True
