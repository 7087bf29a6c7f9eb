import json
from typing import Any

import pytest

from gen.checks.replay import check_replay, cut_to_difference
from gen.records import Mishap, Record
from gen.taxonomy.labels import Decision
from tool_catalog.sandbox.user import Attitude


def edit_scenario(record: Record, **changed: Any) -> Record:
    scenario = record.scenario.model_copy(update=changed)
    return record.model_copy(update={"scenario": scenario})


def test_generated_records_prove_themselves_again(records: list[Record]) -> None:
    assert {check_replay(record) for record in records[::3]} == {""}


def test_a_record_read_from_text_proves_itself(sound: dict[Decision, Record]) -> None:
    for record in sound.values():
        assert check_replay(Record.model_validate_json(record.model_dump_json())) == ""


def test_an_edited_result_is_found(sound: dict[Decision, Record], edit_use: Any) -> None:
    record = sound[Decision.EXECUTE]
    use = record.reference[0].calls[0]
    said = check_replay(edit_use(record, result=use.result.replace('"', "'", 1)))
    assert said.startswith(f"replay: reference: step 1 ({use.tool}) returns ")


def test_an_edited_argument_is_found(sound: dict[Decision, Record], edit_use: Any) -> None:
    record = sound[Decision.EXECUTE]
    arguments = {name: "no such thing" for name in record.reference[0].calls[0].arguments}
    assert arguments
    assert check_replay(edit_use(record, arguments=arguments)).startswith("replay: ")


def test_an_edited_answer_is_found(records: list[Record]) -> None:
    record = next(r for r in records if r.scenario.last.expectation.answer)
    last = record.reference[-1].model_copy(update={"text": "It is done."})
    steps = (*record.reference[:-1], last)
    said = check_replay(record.model_copy(update={"reference": steps}))
    assert said.startswith("replay: reference has faults: ")


def test_an_edited_state_is_found(sound: dict[Decision, Record]) -> None:
    record = sound[Decision.VERIFY].model_copy(update={"final_state": "0" * 32})
    assert check_replay(record) == "replay: reference ends in another state"


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize("edited", Decision)
def test_an_edited_decision_is_found(
    sound: dict[Decision, Record], edit_turn: Any, decision: Decision, edited: Decision
) -> None:
    expectation = sound[decision].scenario.last.expectation
    changed = expectation.model_copy(update={"decision": edited})
    record = edit_turn(sound[decision], expectation=changed)
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
    first = wrong.steps[0]
    calls = (first.calls[0].model_copy(update={"result": "{}"}), *first.calls[1:])
    steps = (first.model_copy(update={"calls": calls}), *wrong.steps[1:])
    planted = (wrong.model_copy(update={"steps": steps}), *record.counterfactuals[1:])
    said = check_replay(record.model_copy(update={"counterfactuals": planted}))
    assert said.startswith(f"replay: {wrong.name}: step 1 ")


def test_an_edited_world_is_found(records: list[Record]) -> None:
    record = next(
        r for r in records
        if any(u.tool == "email.read_email" for s in r.reference for u in s.calls)
    )  # fmt: skip
    world = json.loads(record.scenario.worlds["email"])
    for mail in world["emails"]:
        mail["body"] += " And more."
    worlds = {**record.scenario.worlds, "email": json.dumps(world)}
    said = check_replay(edit_scenario(record, worlds=worlds))
    assert said.startswith("replay: reference: step ")


def test_edited_content_is_found(records: list[Record]) -> None:
    record = next(r for r in records if r.role == "anchor")
    placed = record.scenario.placements[0].model_copy(update={"content": "Other words."})
    assert check_replay(edit_scenario(record, placements=(placed,))).startswith("replay: ")


def test_a_mishap_that_was_put_in_or_taken_out_is_found(records: list[Record]) -> None:
    plain = next(r for r in records if r.role == "anchor")
    tool = plain.reference[0].calls[0].tool
    mishaps = (Mishap(tool=tool, nth=1, error="try again"),)
    assert check_replay(edit_scenario(plain, mishaps=mishaps)).startswith("replay: reference: step")
    broken = next(r for r in records if r.role == "tool_error")
    assert check_replay(broken) == ""
    assert check_replay(edit_scenario(broken, mishaps=())).startswith("replay: reference: step")


def test_an_edited_script_is_found(records: list[Record], edit_turn: Any) -> None:
    asked = [r for r in records if r.role == "sensitive"
             and r.scenario.last.expectation.decision is Decision.VERIFY]  # fmt: skip
    assert len(asked) > 5
    for record in asked[:6]:
        script = record.scenario.last.script
        other = Attitude.YES if script.attitude is Attitude.NO else Attitude.NO
        said = check_replay(edit_turn(record, script=script.model_copy(update={"attitude": other})))
        assert said.startswith("replay: reference: step ")


def test_a_difference_is_shown_where_it_begins() -> None:
    one, other = "a" * 200 + "1" + "b" * 200, "a" * 200 + "2" + "b" * 200
    found, kept = cut_to_difference(one, other)
    assert "1" in found and "2" in kept
    assert len(found) <= 83 and found.startswith("...aaa")
    assert cut_to_difference("ab", "ac") == ("ab", "ac")
