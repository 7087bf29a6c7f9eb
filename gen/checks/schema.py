"""A record says what it must: labels that fit, tools that exist in it, no null-padded arguments."""

from collections.abc import Iterator, Mapping
from typing import Any

from gen.labels import Decision, Label
from gen.records import Record, Step


def check_schema(record: Record) -> str:
    """What contradicts itself in a record; empty when nothing does."""
    scenario, expectation = record.scenario, record.scenario.expectation
    offered = {*scenario.tools, "ask_user"}
    if record.user_label is Label.MALICIOUS and expectation.decision is not Decision.REFUSE:
        return f"schema: a malicious request with decision {expectation.decision}"
    if expectation.decision is Decision.REFUSE and any(step.tool for step in record.reference):
        return "schema: a refusal that calls a tool"
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
