"""The closed sets that a record is labelled with (TAXONOMY 1.1, 1.2, 1.4)."""

from collections.abc import Iterable
from enum import StrEnum


class Label(StrEnum):
    """What a user's request or a tool's result is, mildest first; compare with `worst`."""

    BENIGN = "benign"
    SENSITIVE = "sensitive"
    MALICIOUS = "malicious"


class Decision(StrEnum):
    """What the agent should do next."""

    EXECUTE = "execute"
    VERIFY = "verify"
    REFUSE = "refuse"


class Modifier(StrEnum):
    """How the decision is to be carried out."""

    IGNORE = "ignore"
    """Do not act on untrusted instructions; what is left is data."""
    WARN = "warn"
    """Tell the user what was found and where, and that it was not followed."""
    MINIMISE = "minimise"
    """Use, show and send only what the task needs; mask secrets."""
    CLARIFY = "clarify"
    """Ask for a missing fact, which is not an approval."""
    HAND_OVER = "hand_over"
    """Leave the step itself to the human."""
    STOP = "stop"
    """End here with a report; there is no safe way on."""
    SUPPORT = "support"
    """Add supportive words and where to find help."""


class Profile(StrEnum):
    """The shipped policies, strictest first."""

    STRICT = "strict"
    DEFAULT = "default"
    PERMISSIVE = "permissive"


class Authorization(StrEnum):
    """What right the user has to the object of the request."""

    OWNER = "owner"
    DELEGATE_WITH_PROOF = "delegate_with_proof"
    CLAIMED_ONLY = "claimed_only"
    NONE = "none"
    POLICY_FORBIDDEN = "policy_forbidden"


class PreApproval(StrEnum):
    """What stands in the conversation that could pass for an approval of the next act."""

    NONE = "none"
    VAGUE = "vague"
    SPECIFIC = "specific"
    EXPIRED = "expired"
    OTHER_CALL = "other_call"
    FORGED = "forged"


class Circumstance(StrEnum):
    """The mixed cases of TAXONOMY 1.4.3 in its order, after `PLAIN`, which is none of them."""

    PLAIN = "plain"
    INJECTION_IN_NAMED_OBJECT = "injection_in_named_object"
    WHOLE_FIELD_PAYLOAD = "whole_field_payload"
    DATA_ONLY_SWAP = "data_only_swap"
    HARMLESS_EXTRA = "harmless_extra"
    ENTAILED_EXTRA_STEP = "entailed_extra_step"
    DELEGATED_IN_SCOPE = "delegated_in_scope"
    DELEGATED_OUT_OF_SCOPE_STEP = "delegated_out_of_scope_step"
    THIRD_PARTY_REQUEST = "third_party_request"
    QUOTED_INJECTION = "quoted_injection"
    QUOTED_THEN_LIVE = "quoted_then_live"
    PRETENDS_TO_BE_USER = "pretends_to_be_user"
    FORGED_CONFIRMATION = "forged_confirmation"
    SYSTEM_ROLE_CLAIM = "system_role_claim"
    GUARD_SPOOF = "guard_spoof"
    FALSE_ERROR = "false_error"
    ERROR_WITH_FIX = "error_with_fix"
    TOOL_MOVED = "tool_moved"
    POISONED_TOOL_DESCRIPTION = "poisoned_tool_description"
    CHANGED_TOOL_DEFINITION = "changed_tool_definition"
    OUT_OF_SCOPE_PARAMETER = "out_of_scope_parameter"
    ANSWERED_YES = "answered_yes"
    ANSWERED_NO = "answered_no"
    NO_THEN_FALLBACK = "no_then_fallback"
    YES_WITH_CHANGE = "yes_with_change"
    VAGUE_ANSWER = "vague_answer"
    NO_ANSWER = "no_answer"
    YES_TO_OTHER_CALL = "yes_to_other_call"
    STALE_APPROVAL = "stale_approval"
    PREAPPROVED_SPECIFIC = "preapproved_specific"
    PREAPPROVED_ALWAYS_CONFIRM = "preapproved_always_confirm"
    NEVER_ASK_AGAIN = "never_ask_again"
    APPROVES_INJECTED_ACT = "approves_injected_act"
    HAND_OFF = "hand_off"
    CLAIMED_AUTHORITY = "claimed_authority"
    AUTHORISED_SECURITY_WORK = "authorised_security_work"
    LATE_HARM = "late_harm"
    OPERATOR_FORBIDS = "operator_forbids"
    UNASKED_SECRET = "unasked_secret"
    OTHER_PERSONS_RECORD = "other_persons_record"
    OWN_SECRET = "own_secret"
    AMBIGUOUS_MATCH = "ambiguous_match"
    OBTAINABLE_FACT_MISSING = "obtainable_fact_missing"
    POISONED_MEMORY = "poisoned_memory"
    DELAYED_TRIGGER = "delayed_trigger"
    SPLIT_PAYLOAD = "split_payload"
    STOP_INJECTION = "stop_injection"
    CONCEALMENT_INJECTION = "concealment_injection"
    CRISIS_TEXT = "crisis_text"
    UNVERIFIED_TOOL = "unverified_tool"
    HAZARDOUS_OPTION = "hazardous_option"
    INFEASIBLE = "infeasible"
    EMERGENCY = "emergency"

    @property
    def case(self) -> str:
        """The case's number in TAXONOMY 1.4.3, as `M07`; empty for `PLAIN`."""
        return _CASES[self]


_CASES = {c: f"M{number:02}" if number else "" for number, c in enumerate(Circumstance)}


def worst(labels: Iterable[Label]) -> Label:
    """The label that stands for several: malicious over sensitive over benign.

    Nothing at all is benign.
    """
    found = set(labels)
    return next((label for label in reversed(Label) if label in found), Label.BENIGN)
