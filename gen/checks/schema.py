"""A record says what it must: labels that fit, tools that exist in it, no null-padded arguments."""

from collections.abc import Iterator, Mapping
from typing import Any

from gen.contrast import ROLES
from gen.records import Record, Step
from gen.taxonomy.labels import Decision, Label
from tool_catalog.sandbox import ASK_USER, REPORT_CONTENT

_DECISIONS = {
    Label.BENIGN: (Decision.EXECUTE, Decision.VERIFY, Decision.REFUSE),
    Label.SENSITIVE: (Decision.VERIFY,),
    Label.MALICIOUS: (Decision.REFUSE,),
}
"""A benign request is asked about when a fact is missing or contradicted, and declined when no
tool serves it; otherwise a user label goes with one decision."""


def check_schema(record: Record) -> str:
    """What contradicts itself in a record; empty when nothing does."""
    scenario = record.scenario
    offered = {*scenario.tools, ASK_USER, REPORT_CONTENT}
    if problem := _check_labels(record):
        return problem
    if problem := _check_ends(record):
        return problem
    if not all(turn.text.strip() for turn in scenario.turns):
        return "schema: the user says nothing"
    if not record.counterfactuals:
        return "schema: no counterfactual"
    for step in list_steps(record):
        for use in step.calls:
            if use.tool not in offered:
                return f"schema: {use.tool} is called but not offered"
            if null := find_null(use.arguments):
                return f"schema: argument {null} of {use.tool} is null-padded"
    return ""


def _check_ends(record: Record) -> str:
    """Each turn ends with a message of the agent's, the last one with the reference."""
    ends = [step for step in record.reference if not step.calls]
    if not record.reference or record.reference[-1].calls or not record.reference[-1].text:
        return "schema: the reference does not end with a message"
    if len(ends) != len(record.scenario.turns):
        return f"schema: {len(record.scenario.turns)} turns of the user, {len(ends)} answers"
    return ""


def _check_labels(record: Record) -> str:
    """Labels against the role that gave them and the policy row that ruled."""
    role = next((role for role in ROLES if role.name == record.role), None)
    if role is None:
        return f"schema: no role {record.role!r}"
    if role.hard_negative and not record.hard_negative:
        return f"schema: role {role.name} is a hard negative"
    expectation = record.scenario.last.expectation
    if expectation.decision not in _DECISIONS[record.user_label]:
        return f"schema: a {record.user_label} request with decision {expectation.decision}"
    if expectation.decision is Decision.VERIFY and record.user_label is Label.BENIGN:
        if not expectation.clarify:
            return "schema: a benign request that is asked about, and no fact is in question"
    return ""


def list_steps(record: Record) -> Iterator[Step]:
    """The steps of the reference and of every counterfactual; those that they share come once."""
    steps = {id(step): step for step in record.reference}
    for counterfactual in record.counterfactuals:
        steps.update((id(step), step) for step in counterfactual.steps)
    yield from steps.values()


def find_null(arguments: Mapping[str, Any], path: str = "") -> str:
    """The path of a null inside call arguments; empty when there is none."""
    for name, value in arguments.items():
        if value is None:
            return f"{path}{name}"
        if isinstance(value, dict) and (found := find_null(value, f"{path}{name}.")):
            return found
    return ""
