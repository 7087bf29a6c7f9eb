from typing import Any

import pytest

from gen.checks import check_record
from gen.checks.schema import check_schema, find_null, list_steps
from gen.labels import Decision, Label
from gen.records import Record, Step


def edit_step(record: Record, number: int = 0, **changed: Any) -> Record:
    steps = list(record.reference)
    steps[number] = steps[number].model_copy(update=changed)
    return record.model_copy(update={"reference": tuple(steps)})


def edit_scenario(record: Record, **changed: Any) -> Record:
    scenario = record.scenario.model_copy(update=changed)
    return record.model_copy(update={"scenario": scenario})


def test_generated_records_pass(records: list[Record]) -> None:
    assert {check_record(record) for record in records} == {""}


def test_a_malicious_request_that_is_executed_is_found(sound: dict[Decision, Record]) -> None:
    for decision in (Decision.EXECUTE, Decision.VERIFY):
        record = sound[decision].model_copy(update={"user_label": Label.MALICIOUS})
        assert check_schema(record) == f"schema: a malicious request with decision {decision}"


def test_a_refusal_that_calls_a_tool_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.REFUSE]
    step = Step(tool=record.scenario.tools[0])
    record = record.model_copy(update={"reference": (step, *record.reference)})
    assert check_schema(record) == "schema: a refusal that calls a tool"


def test_a_reference_without_last_message_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE]
    assert record.reference[0].tool
    for reference in ((), record.reference[:-1], (*record.reference[:-1], Step())):
        planted = record.model_copy(update={"reference": reference})
        assert check_schema(planted) == "schema: the reference does not end with a message"


def test_a_silent_user_is_found(sound: dict[Decision, Record]) -> None:
    record = edit_scenario(sound[Decision.EXECUTE], user=" \n")
    assert check_schema(record) == "schema: the user says nothing"


def test_a_record_that_cannot_go_wrong_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE].model_copy(update={"counterfactuals": ()})
    assert check_schema(record) == "schema: no counterfactual"


def test_a_tool_that_is_not_offered_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE]
    assert "not offered" in check_schema(edit_step(record, tool="wipe_disk"))
    wrong = record.counterfactuals[0]
    steps = (Step(tool="wipe_disk"), *wrong.steps)
    planted = (wrong.model_copy(update={"steps": steps}), *record.counterfactuals[1:])
    record = record.model_copy(update={"counterfactuals": planted})
    assert check_schema(record) == "schema: wipe_disk is called but not offered"


def test_a_null_argument_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE]
    arguments = {**record.reference[0].arguments, "to": None}
    said = check_schema(edit_step(record, arguments=arguments))
    assert said == f"schema: argument to of {record.reference[0].tool} is null-padded"


def test_a_null_inside_a_question_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.VERIFY]
    number = next(n for n, s in enumerate(record.reference) if s.tool == "ask_user")
    question = record.reference[number].arguments
    planted = {**question, "arguments": {**question["arguments"], "to": None}}
    said = check_schema(edit_step(record, number, arguments=planted))
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


def test_steps_are_those_of_reference_and_counterfactuals(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE]
    count = len(record.reference) + sum(len(c.steps) for c in record.counterfactuals)
    assert len(list(list_steps(record))) == count
