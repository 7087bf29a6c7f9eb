from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gen.records import (
    SCHEMA_VERSION,
    CallMatch,
    Counterfactual,
    Expectation,
    Record,
    Scenario,
    Step,
    ToolUse,
    UserTurn,
)
from gen.taxonomy.labels import Decision


def test_a_record_goes_through_json_and_back(records: list[Record]) -> None:
    for record in records[::4]:
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
        {"schema_version": "1.0"},
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
    step = Step(calls=(ToolUse(tool="t", arguments={"b": 1, "a": [None]}),))
    assert step.model_dump_json().count("null") == 1
    again = Step.model_validate_json(step.model_dump_json())
    assert list(again.calls[0].arguments) == ["b", "a"]


def test_a_yes_is_needed_for_required_calls_of_tools_to_confirm() -> None:
    send, read = CallMatch(tool="send", arguments={"to": "bo"}), CallMatch(tool="read")
    about = Expectation(
        decision=Decision.VERIFY, case="x", confirm=("send",), required=(read, send)
    )
    assert about.needs_yes() == (send,)
    other = send.model_copy(update={"arguments": {"to": "eve"}})
    for changed in ({"required": (read,)}, {"confirm": ()}, {"approved": (send,)}):
        assert about.model_copy(update=changed).needs_yes() == ()
    assert about.model_copy(update={"approved": (other,)}).needs_yes() == (send,)
    assert about.model_copy(update={"required": (), "forbidden": (send,)}).needs_yes() == ()


def test_the_last_turn_is_the_one_that_a_scenario_is_about() -> None:
    expectation = Expectation(decision=Decision.EXECUTE, case="x")
    turns = tuple(UserTurn(text=text, expectation=expectation) for text in ("One.", "Two."))
    scenario = Scenario(
        worlds={"email": "{}", "calendar": "{}"},
        tools=("email.read_email",),
        system="",
        turns=turns,
    )
    assert scenario.last.text == "Two."
    assert scenario.domain == "email"
    with pytest.raises(ValidationError):
        Scenario(worlds={"email": "{}"}, tools=(), system="", turns=())


def test_conversations_have_turns_worlds_calls_at_once_and_mishaps(records: list[Record]) -> None:
    turns = {len(r.scenario.turns) for r in records}
    assert turns == {1, 2, 3}
    assert {len(r.scenario.worlds) for r in records} >= {1, 2}
    assert {len(s.calls) for r in records for s in r.reference} >= {0, 1, 2}
    assert any(r.scenario.mishaps for r in records)


names = st.text("abcdefgh_.", min_size=1, max_size=8)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
uses = st.builds(ToolUse, tool=names, arguments=st.dictionaries(names, values), result=texts)
steps = st.builds(Step, thought=texts, calls=st.lists(uses, max_size=2).map(tuple), text=texts)


@given(st.lists(steps, max_size=3).map(tuple), texts)
def test_whatever_an_agent_does_goes_through_json_and_back(
    records: list[Record], steps: tuple[Step, ...], text: str
) -> None:
    wrong = Counterfactual(name=text, faults=(text,), steps=steps)
    record = records[0].model_copy(update={"reference": steps, "counterfactuals": (wrong,)})
    written = record.model_dump_json()
    again = Record.model_validate_json(written)
    assert again == record
    assert again.model_dump_json() == written
