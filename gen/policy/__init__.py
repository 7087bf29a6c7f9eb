"""Policies, and the one oracle that rules by them."""

from gen.policy.confirmation import is_forbidden, needs_confirmation
from gen.policy.document import Policy, load_policy
from gen.policy.oracle import PendingStep, Ruling, decide

__all__ = [
    "PendingStep",
    "Policy",
    "Ruling",
    "decide",
    "is_forbidden",
    "load_policy",
    "needs_confirmation",
]
