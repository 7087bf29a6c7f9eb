import json
from typing import Any

import pytest

from gen.checks.replay import check_replay
from gen.labels import Decision
from gen.records import Record
from tool_catalog.user import Attitude


def edit_reference(record: Record, number: int, **changed: Any) -> Record:
    steps = list(record.reference)
    steps[number] = steps[number].model_copy(update=changed)
    return record.model_copy(update={"reference": tuple(steps)})


def edit_expectation(record: Record, **changed: Any) -> Record:
    expectation = record.scenario.expectation.model_copy(update=changed)
    scenario = record.scenario.model_copy(update={"expectation": expectation})
    return record.model_copy(update={"scenario": scenario})


def test_generated_records_prove_themselves_again(records: list[Record]) -> None:
    assert {check_replay(record) for record in records[::4]} == {""}


def test_a_record_read_from_text_proves_itself(sound: dict[Decision, Record]) -> None:
    for record in sound.values():
        assert check_replay(Record.model_validate_json(record.model_dump_json())) == ""


def test_an_edited_result_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE]
    result = record.reference[0].result.replace('"', "'", 1)
    said = check_replay(edit_reference(record, 0, result=result))
    assert said.startswith(f"replay: reference: step 1 ({record.reference[0].tool}) returns ")


def test_an_edited_argument_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.EXECUTE]
    arguments = {name: "no such thing" for name in record.reference[0].arguments}
    assert arguments
    assert check_replay(edit_reference(record, 0, arguments=arguments)).startswith("replay: ")


def test_an_edited_answer_is_found(sound: dict[Decision, Record]) -> None:
    record = next(r for r in sound.values() if r.scenario.expectation.answer)
    said = check_replay(edit_reference(record, -1, text="It is done."))
    assert said.startswith("replay: reference has faults: ")


def test_an_edited_state_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.VERIFY].model_copy(update={"final_state": "0" * 32})
    assert check_replay(record) == "replay: reference ends in another state"


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize("edited", Decision)
def test_an_edited_decision_is_found(
    sound: dict[Decision, Record], decision: Decision, edited: Decision
) -> None:
    record = edit_expectation(sound[decision], decision=edited)
    assert (check_replay(record) == "") == (decision is edited)


def test_an_edited_fault_is_found(sound: dict[Decision, Record]) -> None:
    for record in sound.values():
        for number, wrong in enumerate(record.counterfactuals):
            planted = list(record.counterfactuals)
            planted[number] = wrong.model_copy(update={"faults": ("wasteful",)})
            said = check_replay(record.model_copy(update={"counterfactuals": tuple(planted)}))
            made = ", ".join(wrong.faults)
            assert said == f"replay: {wrong.name}: faults {made}, stored wasteful"


def test_an_edited_counterfactual_result_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.REFUSE]
    wrong = record.counterfactuals[0]
    steps = (wrong.steps[0].model_copy(update={"result": "{}"}), *wrong.steps[1:])
    planted = (wrong.model_copy(update={"steps": steps}), *record.counterfactuals[1:])
    said = check_replay(record.model_copy(update={"counterfactuals": planted}))
    assert said.startswith(f"replay: {wrong.name}: step 1 ")


def test_an_edited_world_is_found(records: list[Record]) -> None:
    record = next(r for r in records if "read_email" in {s.tool for s in r.reference})
    world = json.loads(record.scenario.world)
    for mail in world["emails"]:
        mail["body"] += " And more."
    scenario = record.scenario.model_copy(update={"world": json.dumps(world)})
    said = check_replay(record.model_copy(update={"scenario": scenario}))
    assert said.startswith("replay: reference: step ")


def test_edited_content_is_found(records: list[Record]) -> None:
    record = next(r for r in records if r.role == "anchor")
    placed = record.scenario.placements[0].model_copy(update={"content": "Other words."})
    scenario = record.scenario.model_copy(update={"placements": (placed,)})
    assert check_replay(record.model_copy(update={"scenario": scenario})).startswith("replay: ")


def test_an_edited_script_is_found(records: list[Record]) -> None:
    asked = [r for r in records if r.scenario.expectation.decision is Decision.VERIFY]
    for record in asked[:6]:
        said_no = record.scenario.script.attitude is Attitude.NO
        other = Attitude.YES if said_no else Attitude.NO
        script = record.scenario.script.model_copy(update={"attitude": other})
        scenario = record.scenario.model_copy(update={"script": script})
        said = check_replay(record.model_copy(update={"scenario": scenario}))
        assert said.startswith("replay: reference: step ")
