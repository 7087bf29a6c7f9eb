"""A record says what it must: labels that fit, tools that exist in it, no null-padded arguments."""

from collections.abc import Iterator, Mapping
from typing import Any

from gen.contrast import ROLES, TOOL_LABELS
from gen.labels import Decision, Label
from gen.records import Record, Step

_DECISIONS = {
    Label.BENIGN: Decision.EXECUTE,
    Label.SENSITIVE: Decision.VERIFY,
    Label.MALICIOUS: Decision.REFUSE,
}
"""A user label is what the policy makes of the request, so each goes with one decision here."""


def check_schema(record: Record) -> str:
    """What contradicts itself in a record; empty when nothing does."""
    scenario, expectation = record.scenario, record.scenario.expectation
    offered = {*scenario.tools, "ask_user"}
    if expectation.decision is Decision.REFUSE and any(step.tool for step in record.reference):
        return "schema: a refusal that calls a tool"
    if problem := _check_labels(record):
        return problem
    if not record.reference or record.reference[-1].tool or not record.reference[-1].text:
        return "schema: the reference does not end with a message"
    if not scenario.user.strip():
        return "schema: the user says nothing"
    if not record.counterfactuals:
        return "schema: no counterfactual"
    for step in list_steps(record):
        if step.tool and step.tool not in offered:
            return f"schema: {step.tool} is called but not offered"
        if null := find_null(step.arguments):
            return f"schema: argument {null} of {step.tool} is null-padded"
    return ""


def _check_labels(record: Record) -> str:
    """Labels against the role that gave them and the policy row that ruled."""
    role = next((role for role in ROLES if role.name == record.role), None)
    if role is None:
        return f"schema: no role {record.role!r}"
    if record.tool_label is not TOOL_LABELS[role.content]:
        return f"schema: role {role.name} with tool label {record.tool_label}"
    if role.hard_negative and not record.hard_negative:
        return f"schema: role {role.name} is a hard negative"
    decision = record.scenario.expectation.decision
    if decision is not _DECISIONS[record.user_label]:
        return f"schema: a {record.user_label} request with decision {decision}"
    return ""


def list_steps(record: Record) -> Iterator[Step]:
    """The steps of the reference and of every counterfactual."""
    yield from record.reference
    for counterfactual in record.counterfactuals:
        yield from counterfactual.steps


def find_null(arguments: Mapping[str, Any], path: str = "") -> str:
    """The path of a null inside call arguments; empty when there is none."""
    for name, value in arguments.items():
        if value is None:
            return f"{path}{name}"
        if isinstance(value, dict) and (found := find_null(value, f"{path}{name}.")):
            return found
    return ""
