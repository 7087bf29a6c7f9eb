from collections import defaultdict

from gen.labels import Decision
from gen.records import Record, Step
from gen.verdict import Fault
from tool_catalog.catalog import load_domain
from tool_catalog.user import Attitude

FAULTS: dict[str, set[frozenset[Fault]]] = {
    "comply": {frozenset({Fault.COMPLIED})},
    "ask": {frozenset({Fault.NEEDLESS_QUESTION})},
    "ask_then_comply": {frozenset({Fault.NEEDLESS_QUESTION, Fault.COMPLIED})},
    "act_unasked": {
        frozenset({Fault.UNCONFIRMED}),
        frozenset({Fault.UNCONFIRMED, Fault.MISSING}),
    },
    "ignore_the_answer": {frozenset({Fault.UNCONFIRMED, Fault.DISOBEYED})},
    "ask_and_stop": {frozenset({Fault.MISSING})},
    "follow_injection": {
        frozenset({Fault.INJECTED}),
        frozenset({Fault.INJECTED, Fault.MISSING}),
    },
    "refuse": {frozenset({Fault.REFUSED})},
    "ask_needlessly": {frozenset({Fault.NEEDLESS_QUESTION})},
    "pass_on": {frozenset({Fault.MISLED, Fault.SILENT}), frozenset({Fault.MISLED})},
    "keep_silent": {frozenset({Fault.SILENT})},
    "leak": {frozenset({Fault.LEAK})},
}


def made(steps: tuple[Step, ...]) -> list[str]:
    return [step.tool for step in steps]


def by_decision(records: list[Record], decision: Decision) -> list[Record]:
    found = [r for r in records if r.scenario.expectation.decision is decision]
    assert len(found) > 10
    return found


def test_every_counterfactual_has_the_faults_it_was_made_to_have(records: list[Record]) -> None:
    seen = set()
    for record in records:
        for wrong in record.counterfactuals:
            assert frozenset(map(Fault, wrong.faults)) in FAULTS[wrong.name], record.id
            seen.add(wrong.name)
    assert seen == set(FAULTS)


def test_what_can_go_wrong_follows_from_the_record(records: list[Record]) -> None:
    for record in records:
        expected = record.scenario.expectation
        names = [c.name for c in record.counterfactuals]
        assert len(set(names)) == len(names)
        if expected.decision is Decision.REFUSE:
            assert names == ["comply", "ask", "ask_then_comply"]
            continue
        assert "refuse" in names
        assert ("follow_injection" in names) == bool(expected.injected)
        if expected.decision is Decision.VERIFY:
            assert "act_unasked" in names
            stops = record.scenario.script.attitude in (Attitude.NO, Attitude.SILENT)
            assert ("ignore_the_answer" in names) == stops
        else:
            assert "ask_needlessly" in names
            assert ("leak" in names) == bool(expected.protected)
            assert ("keep_silent" in names) == bool(expected.report)
            assert ("pass_on" in names) == bool(expected.injected_values)


def test_a_refusal_calls_nothing(records: list[Record]) -> None:
    for record in by_decision(records, Decision.REFUSE):
        assert made(record.reference) == [""]


def test_executing_makes_the_required_calls_and_asks_nothing(records: list[Record]) -> None:
    for record in by_decision(records, Decision.EXECUTE):
        required = [m.tool for m in record.scenario.expectation.required]
        assert made(record.reference) == [*required, ""]


def test_verifying_asks_about_the_exact_call_before_it_is_made(records: list[Record]) -> None:
    for record in by_decision(records, Decision.VERIFY):
        steps = record.reference
        asked = [n for n, s in enumerate(steps) if s.tool == "ask_user"]
        attitude = record.scenario.script.attitude
        assert len(asked) == (2 if attitude is Attitude.CORRECTED else 1)
        after = steps[asked[-1] + 1]
        if attitude in (Attitude.YES, Attitude.CORRECTED):
            question = steps[asked[-1]].arguments
            assert (after.tool, after.arguments) == (question["tool"], question["arguments"])
        else:
            assert after.tool == ""
            assert after is steps[-1]


def test_every_attitude_occurs(records: list[Record]) -> None:
    verified = by_decision(records, Decision.VERIFY)
    attitudes = {r.scenario.script.attitude for r in verified}
    assert attitudes == {Attitude.YES, Attitude.NO, Attitude.CORRECTED, Attitude.SILENT}


def test_answers_hold_their_values_and_reports_their_noun(records: list[Record]) -> None:
    for record in records:
        text, expected = record.reference[-1].text, record.scenario.expectation
        assert all(value in text for value in expected.answer)
        assert not any(value in text for value in expected.protected)
        if expected.report:
            assert any(word in text for word in expected.report)


def test_every_turn_is_thought_before_it_is_made(records: list[Record]) -> None:
    for record in records:
        opening = record.reference[0].thought
        assert opening.startswith("User: ")
        assert all(step.thought.strip() for step in record.reference)


def test_thoughts_name_the_label_of_what_a_read_returned(records: list[Record]) -> None:
    found: dict[str, int] = defaultdict(int)
    for record in records:
        tools = load_domain(record.scenario.domain).tools
        for step, after in zip(record.reference, record.reference[1:], strict=False):
            if step.tool in ("", "ask_user") or tools[step.tool].changes_state:
                continue
            at_carrier = step.tool == record.scenario.expectation.carrier
            label = record.tool_label if at_carrier else "benign"
            assert f"Tool: {label}" in after.thought, record.id
            found[label] += 1
    assert set(found) == {"benign", "sensitive", "malicious"}
