from typing import Any

import pytest
from pydantic import ValidationError

from gen.labels import Decision
from gen.records import SCHEMA_VERSION, CallMatch, Expectation, Record, Step


def test_a_record_goes_through_json_and_back(records: list[Record]) -> None:
    for record in records[:30]:
        text = record.model_dump_json()
        again = Record.model_validate_json(text)
        assert again == record
        assert again.model_dump_json() == text
        assert record.schema_version == SCHEMA_VERSION


def dump(record: Record, **changed: Any) -> dict[str, Any]:
    return {**record.model_dump(mode="json"), **changed}


@pytest.mark.parametrize(
    "changed",
    [
        {"extra": 1},
        {"schema_version": "0.9"},
        {"user_label": "dubious"},
        {"reference": None},
        {"leaves": {"user": "U.B.x", "mood": "good"}},
    ],
)
def test_a_record_of_another_shape_is_refused(
    records: list[Record], changed: dict[str, Any]
) -> None:
    Record.model_validate(dump(records[0]))
    with pytest.raises(ValidationError):
        Record.model_validate(dump(records[0], **changed))


def test_a_record_cannot_be_changed(records: list[Record]) -> None:
    with pytest.raises(ValidationError):
        records[0].role = "other"  # type: ignore[misc]


def test_arguments_are_not_padded() -> None:
    step = Step(tool="t", arguments={"b": 1, "a": [None]})
    assert step.model_dump_json().count("null") == 1
    assert list(Step.model_validate_json(step.model_dump_json()).arguments) == ["b", "a"]


def test_confirm_is_due_when_a_required_call_is_among_those_to_confirm() -> None:
    send = CallMatch(tool="send")
    about = {"decision": Decision.VERIFY, "case": "x", "confirm": ("send",)}
    assert Expectation(**about, required=(CallMatch(tool="read"), send)).confirm_due()
    assert not Expectation(**about, required=(CallMatch(tool="read"),)).confirm_due()
    assert not Expectation(**about, forbidden=(send,)).confirm_due()
