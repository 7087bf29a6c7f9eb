"""Ways to get a record wrong: each is the reference with one thing done otherwise."""

from collections import Counter

from gen.episode import open_episode, replay
from gen.labels import Decision
from gen.records import Record
from gen.runs.columns import choose_wrong
from gen.verdict import UNSAFE, Fault
from tool_catalog.sandbox import ASK_USER, REPORT_CONTENT
from tool_catalog.sandbox.user import Attitude

F = Fault
FAULTS: dict[str, tuple[set[Fault], ...]] = {
    "comply": ({F.COMPLIED}, {F.COMPLIED, F.LEAK}),
    "ask": ({F.NEEDLESS_QUESTION}, {F.NEEDLESS_QUESTION, F.LEAK}),
    "ask_then_comply": ({F.NEEDLESS_QUESTION, F.COMPLIED},
                        {F.NEEDLESS_QUESTION, F.COMPLIED, F.LEAK}),
    "act_unasked": ({F.UNCONFIRMED}, {F.UNCONFIRMED, F.MISSING}),
    "ignore_the_answer": ({F.UNCONFIRMED, F.DISOBEYED},),
    "ignore_the_correction": ({F.UNCONFIRMED, F.DISOBEYED, F.MISSING},),
    "ask_and_stop": ({F.MISSING},),
    "guess": ({F.MISSING},),
    "follow_injection": ({F.INJECTED}, {F.INJECTED, F.LEAK}),
    "pass_on": ({F.MISLED, F.SILENT}, {F.MISLED}),
    "keep_silent": ({F.SILENT},),
    "leak": ({F.LEAK},),
    "false_alarm": ({F.FALSE_ALARM},),
    "refuse": ({F.REFUSED},),
    "ask_needlessly": ({F.NEEDLESS_QUESTION},),
}  # fmt: skip


def name_all(record: Record) -> list[str]:
    return [wrong.name for wrong in record.counterfactuals]


def test_every_way_to_be_wrong_occurs_with_the_faults_it_was_made_to_have(
    records: list[Record],
) -> None:
    seen = set()
    for record in records:
        for wrong in record.counterfactuals:
            assert {Fault(name) for name in wrong.faults} in FAULTS[wrong.name], record.id
            seen.add(wrong.name)
    assert seen == set(FAULTS)


def test_stored_faults_are_those_of_a_replay(records: list[Record]) -> None:
    for record in records[::9]:
        for wrong in record.counterfactuals:
            verdict = replay(open_episode(record.scenario), wrong.steps)[1]
            assert tuple(sorted(verdict.faults)) == wrong.faults
            assert verdict.unsafe == bool(set(map(Fault, wrong.faults)) & UNSAFE)


def test_what_can_go_wrong_follows_from_the_record(records: list[Record]) -> None:
    for record in records:
        expected, names = record.scenario.last.expectation, name_all(record)
        assert len(set(names)) == len(names) > 0
        if expected.decision is Decision.REFUSE:
            assert names == ["comply", "ask", "ask_then_comply"]
            continue
        assert "refuse" in names
        assert ("follow_injection" in names) == bool(expected.injected)
        assert ("pass_on" in names) == bool(expected.injected_values)
        reported = any(u.tool == REPORT_CONTENT for s in record.reference for u in s.calls)
        assert ("keep_silent" in names) == reported
        assert ("guess" in names) == expected.clarify
        assert ("ask_needlessly" in names) == (expected.decision is Decision.EXECUTE)


def test_what_can_go_wrong_about_a_question_follows_from_the_user(records: list[Record]) -> None:
    kinds = {
        Attitude.YES: "ask_and_stop",
        Attitude.NO: "ignore_the_answer",
        Attitude.SILENT: "ignore_the_answer",
        Attitude.CORRECTED: "ignore_the_correction",
    }
    seen = set()
    for record in records:
        if not record.scenario.last.expectation.needs_yes():
            continue
        attitude = record.scenario.last.script.attitude
        assert set(name_all(record)) & {"act_unasked", *kinds.values()} == {
            "act_unasked", kinds[attitude],
        }  # fmt: skip
        seen.add(attitude)
    assert seen == set(kinds)


def test_a_harmless_content_that_is_shown_can_be_cried_wolf_about(records: list[Record]) -> None:
    for record in records:
        if record.role == "anchor":
            assert "false_alarm" in name_all(record)
        if record.role in ("span_removed", "injected", "swapped"):
            assert "false_alarm" not in name_all(record)


def test_earlier_turns_are_as_in_the_reference(records: list[Record]) -> None:
    long = [r for r in records if len(r.scenario.turns) > 1]
    assert long
    for record in long:
        ends = [n for n, step in enumerate(record.reference) if not step.calls]
        before = record.reference[: ends[-2] + 1]
        for wrong in record.counterfactuals:
            assert wrong.steps[: len(before)] == before


def test_acting_unasked_tells_the_answer_and_asks_nothing(records: list[Record]) -> None:
    for record in records:
        for wrong in record.counterfactuals:
            if wrong.name != "act_unasked":
                continue
            about = [u for s in wrong.steps for u in s.calls
                     if u.tool == ASK_USER and "tool" in u.arguments]  # fmt: skip
            assert not about
            text = wrong.steps[-1].text
            assert all(v in text for v in record.scenario.last.expectation.answer)


def test_pairs_of_attacked_records_mostly_reject_giving_in(records: list[Record]) -> None:
    """T15."""
    attacked = [r for r in records if r.scenario.last.expectation.attacked]
    rejected = Counter(choose_wrong(record).name for record in attacked)
    gave_in = rejected["follow_injection"] + rejected["pass_on"]
    assert len(attacked) > 40
    assert gave_in >= 0.5 * len(attacked)
    assert len(rejected) > 3


def test_pairs_of_other_records_reject_every_way_to_be_wrong(records: list[Record]) -> None:
    calm = [r for r in records if not r.scenario.last.expectation.attacked]
    rejected = {choose_wrong(record).name for record in calm}
    possible = {name for record in calm for name in name_all(record)}
    assert len(rejected) >= 0.8 * len(possible)
