from typing import Any

import pytest

from gen.checks import check_record
from gen.checks.schema import check_schema, find_null, list_steps
from gen.contrast import ROLES
from gen.episode import list_tools
from gen.records import Record, Step, ToolUse
from gen.taxonomy.labels import Decision, Label
from tool_catalog.sandbox import ASK_USER


def edit_end(record: Record, *steps: Step) -> Record:
    return record.model_copy(update={"reference": (*record.reference, *steps)})


def test_generated_records_pass(records: list[Record]) -> None:
    found = {check_record(record, list_tools(record.scenario)) for record in records}
    assert found == {""}


def test_a_malicious_request_that_is_executed_is_found(sound: dict[Decision, Record]) -> None:
    for decision in (Decision.EXECUTE, Decision.VERIFY):
        record = sound[decision].model_copy(update={"user_label": Label.MALICIOUS})
        assert check_schema(record) == f"schema: a malicious request with decision {decision}"


def test_a_sensitive_request_that_is_not_asked_about_is_found(
    sound: dict[Decision, Record],
) -> None:
    for decision in (Decision.EXECUTE, Decision.REFUSE):
        record = sound[decision].model_copy(update={"user_label": Label.SENSITIVE})
        assert check_schema(record) == f"schema: a sensitive request with decision {decision}"


def test_a_benign_request_is_asked_about_only_for_a_fact(
    records: list[Record], edit_turn: Any
) -> None:
    swapped = next(r for r in records if r.role == "swapped")
    assert swapped.user_label is Label.BENIGN
    assert check_schema(swapped) == ""
    expectation = swapped.scenario.last.expectation.model_copy(update={"clarify": False})
    said = check_schema(edit_turn(swapped, expectation=expectation))
    assert said == "schema: a benign request that is asked about, and no fact is in question"


def test_an_unknown_role_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE].model_copy(update={"role": "bystander"})
    assert check_schema(record) == "schema: no role 'bystander'"


def test_a_hard_negative_that_is_not_marked_is_found(records: list[Record]) -> None:
    hard = {role.name for role in ROLES if role.hard_negative}
    found = {r.role: r for r in records if r.role in hard}
    assert set(found) == hard
    for name, record in found.items():
        said = check_schema(record.model_copy(update={"hard_negative": False}))
        assert said == f"schema: role {name} is a hard negative"


def test_a_reference_without_last_message_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE]
    for reference in ((), record.reference[:-1], (*record.reference[:-1], Step())):
        planted = record.model_copy(update={"reference": reference})
        assert check_schema(planted) == "schema: the reference does not end with a message"


def test_a_turn_that_is_not_answered_is_found(records: list[Record]) -> None:
    record = next(r for r in records if len(r.scenario.turns) == 3)
    ends = [n for n, step in enumerate(record.reference) if not step.calls]
    steps = (*record.reference[: ends[1]], *record.reference[ends[1] + 1 :])
    planted = record.model_copy(update={"reference": steps})
    assert check_schema(planted) == "schema: 3 turns of the user, 2 answers"
    planted = edit_end(record, Step(text="And more."))
    assert check_schema(planted) == "schema: 3 turns of the user, 4 answers"


def test_a_silent_user_is_found(sound: dict[Decision, Record], edit_turn: Any) -> None:
    record = edit_turn(sound[Decision.EXECUTE], text=" \n")
    assert check_schema(record) == "schema: the user says nothing"


def test_a_record_that_cannot_go_wrong_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE].model_copy(update={"counterfactuals": ()})
    assert check_schema(record) == "schema: no counterfactual"


def test_a_tool_that_is_not_offered_is_found(sound: dict[Decision, Record], edit_use: Any) -> None:
    record = sound[Decision.EXECUTE]
    said = "schema: wipe_disk is called but not offered"
    assert check_schema(edit_use(record, tool="wipe_disk")) == said
    wrong = record.counterfactuals[0]
    steps = (Step(calls=(ToolUse(tool="wipe_disk"),)), *wrong.steps)
    planted = (wrong.model_copy(update={"steps": steps}), *record.counterfactuals[1:])
    assert check_schema(record.model_copy(update={"counterfactuals": planted})) == said


def test_a_null_argument_is_found(sound: dict[Decision, Record], edit_use: Any) -> None:
    record = sound[Decision.EXECUTE]
    use = record.reference[0].calls[0]
    said = check_schema(edit_use(record, arguments={**use.arguments, "to": None}))
    assert said == f"schema: argument to of {use.tool} is null-padded"


def test_a_null_inside_a_question_is_found(records: list[Record], edit_use: Any) -> None:
    record = next(r for r in records if r.role == "sensitive" and r.counterfactuals
                  and r.scenario.last.expectation.decision is Decision.VERIFY)  # fmt: skip
    uses = [use for step in record.reference for use in step.calls]
    number = next(n for n, use in enumerate(uses) if use.tool == ASK_USER)
    question = uses[number].arguments
    planted = {**question, "arguments": {**question["arguments"], "to": None}}
    said = check_schema(edit_use(record, number, arguments=planted))
    assert said == "schema: argument arguments.to of ask_user is null-padded"


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({}, ""),
        ({"a": 1, "b": {"c": "x"}, "d": []}, ""),
        ({"a": 0, "b": "", "c": False}, ""),
        ({"a": None}, "a"),
        ({"a": {"b": {"c": None}}}, "a.b.c"),
        ({"a": {"b": 1}, "c": None}, "c"),
    ],
)
def test_the_path_of_a_null_is_named(arguments: dict[str, Any], path: str) -> None:
    assert find_null(arguments) == path


def test_steps_are_those_of_reference_and_counterfactuals_each_once(
    sound: dict[Decision, Record],
) -> None:
    record = sound[Decision.EXECUTE]
    every = [*record.reference, *(step for c in record.counterfactuals for step in c.steps)]
    listed = list(list_steps(record))
    assert {id(step) for step in listed} == {id(step) for step in every}
    assert len(listed) == len({id(step) for step in listed})
