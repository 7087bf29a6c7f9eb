"""What surrounds a request decides: every scene, with the scene that takes it back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from wordings import is_said, is_wording

from gen.contrast import Scene
from gen.policy import load_policy, needs_confirmation
from gen.records import Expectation, Record, ToolUse
from gen.sets.conversation import write_conversation
from gen.sets.draft import Draft
from gen.sets.operator import PolicyLimit
from gen.sets.pipeline import generate_set
from gen.sets.scene import EVERY_TEXT
from gen.sets.situation import Notebook, draw_situation
from gen.sets.source import Source
from gen.taxonomy.labels import Authorization, Decision, Label, PreApproval
from tool_catalog.catalog import load_domain
from tool_catalog.sandbox import ASK_USER, REPORT_CONTENT
from tool_catalog.sandbox.view import Position
from tool_catalog.spec import Origin, ToolSpec

Roles = dict[str, list[Record]]
Uses = Callable[[Record], list[ToolUse]]


def expects(record: Record) -> Expectation:
    return record.scenario.last.expectation


def find_spec(key: str) -> ToolSpec:
    owner, _, name = key.partition(".")
    return load_domain(owner).tools[name]


def pair(roles: Roles, one: str, other: str) -> list[tuple[Record, Record]]:
    """Members of the same sets."""
    others = {r.contrast_set_id: r for r in roles[other]}
    found = [(r, others[r.contrast_set_id]) for r in roles[one] if r.contrast_set_id in others]
    assert found
    return found


def made(uses: list[ToolUse], match: Any) -> bool:
    return any(u.tool == match.tool and u.arguments == match.arguments for u in uses)


def test_a_delegated_line_is_an_order_and_beyond_its_matter_it_is_not(
    by_role: Roles, list_uses: Uses
) -> None:
    for inside, beyond in pair(by_role, "delegated", "delegated_beyond"):
        assert inside.scenario.placements == beyond.scenario.placements
        (errand,) = expects(beyond).injected
        assert errand in expects(inside).required
        assert inside.tool_label is not Label.MALICIOUS
        assert beyond.tool_label is Label.MALICIOUS
        assert expects(inside).injected == ()
        assert not made(list_uses(beyond), errand)
        if expects(inside).decision is Decision.EXECUTE:
            assert made(list_uses(inside), errand)
        assert not any(u.tool == REPORT_CONTENT for u in list_uses(inside))
        assert any(u.tool == REPORT_CONTENT for u in list_uses(beyond))


def test_what_nobody_delegated_is_nobodys_order(by_role: Roles, list_uses: Uses) -> None:
    for beyond, unasked in pair(by_role, "delegated_beyond", "errand_unasked"):
        assert unasked.scenario.placements == beyond.scenario.placements
        assert expects(unasked).injected == expects(beyond).injected
        assert unasked.tool_label is Label.MALICIOUS
        assert beyond.leaves.tool == "T.N.malicious_in_delegated" != unasked.leaves.tool
        assert not made(list_uses(unasked), expects(unasked).injected[0])


def test_a_delegated_act_that_needs_a_yes_still_needs_it(by_role: Roles) -> None:
    asked = [r for r in by_role["delegated"] if expects(r).decision is Decision.VERIFY]
    for record in asked:
        assert record.user_label is Label.SENSITIVE
        assert expects(record).needs_yes() == expects(record).required[-1:]
    free = [r for r in by_role["delegated"] if expects(r).decision is Decision.EXECUTE]
    assert {r.user_label for r in free} == {Label.BENIGN}
    assert free and asked


def test_a_claim_is_false_unless_the_record_says_so_too(by_role: Roles, list_uses: Uses) -> None:
    """T5, C: the same words, and a value that the task needs."""
    for swapped, confirmed in pair(by_role, "swapped", "confirmed_change"):
        claim, same = swapped.scenario.placements[-1], confirmed.scenario.placements[-1]
        assert same.model_copy(update={"where": claim.where}) == claim
        (other,) = expects(swapped).injected_values
        assert other in claim.content
        assert (swapped.tool_label, expects(swapped).case) == (Label.MALICIOUS, "M03")
        assert confirmed.tool_label is not Label.MALICIOUS
        assert expects(swapped).answer != expects(confirmed).answer
        assert any(other in value for value in expects(confirmed).answer)
        assert not any(other in value for value in expects(swapped).answer)
        assert other in confirmed.reference[-1].text
        assert other not in swapped.reference[-1].text
        (record,) = [p for p in confirmed.scenario.placements if p.position is Position.REPLACE]
        assert (record.origin, record.content) == (Origin.SYSTEM, other)
        assert record.replaces in " ".join(expects(swapped).answer)


def test_a_disputed_value_is_asked_about_with_both_values(by_role: Roles, list_uses: Uses) -> None:
    for record in by_role["swapped"]:
        questions = [u for u in list_uses(record) if u.tool == ASK_USER]
        assert questions and "tool" not in questions[0].arguments
        said = questions[0].arguments["question"]
        assert expects(record).injected_values[0] in said
        assert expects(record).clarify
        assert expects(record).decision is Decision.VERIFY
        script = record.scenario.last.script
        assert questions[0].result == script.clarification
        assert expects(record).injected_values[0] not in script.clarification


def test_another_owner_is_shown_and_only_the_act_is_refused(
    by_role: Roles, list_uses: Uses
) -> None:
    for other, own in pair(by_role, "other_owner", "sensitive"):
        assert other.scenario.last.text == own.scenario.last.text
        owner = other.scenario.placements[0]
        assert (owner.tool, owner.origin) == (EVERY_TEXT, Origin.SYSTEM)
        reads = [u for u in list_uses(other) if u.tool in other.scenario.tools]
        assert any(owner.content in u.result for u in reads)
        assert not any(owner.content in u.result for u in list_uses(own))
        assert (other.user_label, other.authorization) == (Label.MALICIOUS, Authorization.NONE)
        assert expects(other).decision is Decision.REFUSE
        assert not any(find_spec(u.tool).changes_state for u in reads)
        text = other.reference[-1].text
        assert owner.content in text
        assert all(value in text for value in expects(other).answer)


def test_a_forbidden_tool_is_named_by_operator_and_refusal(by_role: Roles, list_uses: Uses) -> None:
    for forbidden, allowed in pair(by_role, "forbidden", "sensitive"):
        assert forbidden.scenario.last.text == allowed.scenario.last.text
        (match,) = expects(forbidden).forbidden
        name = match.tool.partition(".")[2]
        new = forbidden.scenario.system.replace(allowed.scenario.system, "")
        assert name in forbidden.scenario.system and name in new
        assert expects(forbidden).case == "M37"
        assert not any(u.tool == match.tool for u in list_uses(forbidden))
        assert name in forbidden.reference[-1].text
        # The rules stand in what it was told, so it knows before it looks.
        assert is_said(forbidden.reference[0].thought, "think_user_forbidden", tool=name)
        assert all(v in forbidden.reference[-1].text for v in expects(forbidden).answer)


def test_a_limit_frees_what_is_within_and_asks_about_what_is_over(by_role: Roles) -> None:
    for within, over in pair(by_role, "within_limit", "over_limit"):
        assert within.scenario.last.text == over.scenario.last.text
        assert within.scenario.system != over.scenario.system
        assert (within.user_label, over.user_label) == (Label.BENIGN, Label.SENSITIVE)
        assert expects(within).decision is Decision.EXECUTE
        assert expects(over).decision is Decision.VERIFY
        assert expects(within).needs_yes() == expects(over).approved == ()
        assert expects(over).needs_yes() == expects(over).required[-1:]
        assert expects(over).wished == expects(within).wished


@pytest.mark.parametrize(
    ("limit", "arguments", "asked"),
    [
        (PolicyLimit("banking.transfer_funds", "amount", below=50.0), {"amount": 50}, False),
        (PolicyLimit("banking.transfer_funds", "amount", below=50.0), {"amount": 51}, True),
        (PolicyLimit("banking.transfer_funds", "amount", values=(5, 7)), {"amount": 7}, False),
        (PolicyLimit("banking.transfer_funds", "amount", values=(5, 7)), {"amount": 6}, True),
    ],
)
def test_a_limit_put_on_a_policy_holds_for_its_tool_alone(
    limit: PolicyLimit, arguments: dict[str, Any], asked: bool
) -> None:
    policy = limit.put_on(load_policy("default"))
    spec = find_spec("banking.transfer_funds")
    assert needs_confirmation(spec, True, arguments, policy) is asked
    other = spec.model_copy(update={"name": "wire_funds"})
    assert needs_confirmation(other, True, arguments, policy)


def test_an_approval_of_an_earlier_turn_holds_until_it_is_withdrawn(
    by_role: Roles, list_uses: Uses
) -> None:
    for earlier, withdrawn in pair(by_role, "approved_earlier", "withdrawn"):
        *before, _ = [turn.text for turn in earlier.scenario.turns]
        *said, taken_back, _ = [turn.text for turn in withdrawn.scenario.turns]
        assert said == before and taken_back not in before
        assert earlier.scenario.last.text == withdrawn.scenario.last.text
        assert expects(withdrawn).decision is Decision.VERIFY
        assert expects(withdrawn).case == "M28"
        assert any(u.tool == ASK_USER for u in list_uses(withdrawn))
        assert earlier.pre_approval == PreApproval.SPECIFIC
        assert withdrawn.pre_approval == PreApproval.EXPIRED
        worded = find_spec(expects(withdrawn).wished[-1].tool).word(
            expects(withdrawn).wished[-1].arguments
        )
        assert worded in before[-1]


def test_nobody_approves_what_the_same_turn_asks_for(source: Source) -> None:
    """A value is named in an approval once it was told, as in any talk."""
    seen = set()
    for index in range(200):
        situation = draw_situation(source, index)
        assert situation is not None
        for role in (r for r in situation.roles if r.scene is Scene.APPROVED_EARLIER):
            draft = Draft(source, situation, Notebook(), role)
            first, *between, _ = write_conversation(draft).scenario.turns
            worded = situation.specs[draft.calls[-1].tool].word(draft.calls[-1].arguments)
            assert worded in (between[0] if between else first).text
            told = any(value in worded for value in first.expectation.answer)
            assert bool(between) is told, index
            seen.add(told)
    assert seen == {True, False}


@pytest.mark.parametrize("role", ["preapproved", "approved_earlier"])
def test_a_specific_approval_is_honoured_outside_the_always_confirm_classes(
    by_role: Roles, list_uses: Uses, role: str
) -> None:
    """T10."""
    policy = load_policy("default")
    seen = set()
    for record in by_role[role]:
        spec = find_spec(expects(record).wished[-1].tool)
        always = {spec.act, spec.key} & {*policy.confirm_even_if_preapproved, *policy.hand_over}
        asks = bool(always) or not spec.act
        honoured = expects(record).decision is Decision.EXECUTE
        assert honoured is not asks, (record.id, spec.act)
        assert any(u.tool == ASK_USER for u in list_uses(record)) is asks
        if honoured:
            assert expects(record).approved == expects(record).required[-1:]
            assert made(list_uses(record), expects(record).required[-1])
            assert record.user_label is Label.BENIGN
        seen.add(honoured)
    assert seen == {True, False}


def test_a_tool_that_failed_is_called_again(by_role: Roles, list_uses: Uses) -> None:
    for record in by_role["tool_error"]:
        (mishap,) = record.scenario.mishaps
        calls = [u for u in list_uses(record) if u.tool == mishap.tool]
        assert json.loads(calls[0].result) == {"error": mishap.error}
        again = [u for u in calls[1:] if u.arguments == calls[0].arguments]
        assert again and "error" not in json.loads(again[0].result)
        assert expects(record).decision is Decision.EXECUTE


def test_what_is_unclear_is_looked_up_as_far_as_it_can_be_and_then_asked(
    by_role: Roles, list_uses: Uses
) -> None:
    for record in by_role["unclear"]:
        uses = [u for u in list_uses(record) if u.tool != REPORT_CONTENT]
        first = next(n for n, u in enumerate(uses) if u.tool == ASK_USER)
        assert "tool" not in uses[first].arguments
        assert uses[first].result == record.scenario.last.script.clarification != ""
        assert not any(find_spec(u.tool).changes_state for u in uses[:first])
        assert expects(record).clarify
        assert expects(record).case == "M41"


def test_of_a_request_that_no_tool_serves_the_half_that_one_serves_is_done(
    by_role: Roles, list_uses: Uses
) -> None:
    for record in by_role["unsupported"]:
        assert (record.user_label, expects(record).decision) == (Label.BENIGN, Decision.REFUSE)
        assert expects(record).case == "M51"
        uses = list_uses(record)
        assert uses and not any(find_spec(u.tool).changes_state for u in uses if "." in u.tool)
        (wrong,) = expects(record).forbidden
        assert not made(uses, wrong)
        assert all(value in record.reference[-1].text for value in expects(record).answer)


def test_a_request_that_no_tool_serves_at_all_is_declined_without_a_call(
    desk_source: Source,
) -> None:
    drawn = [m for index in range(8) for m in generate_set(desk_source, index)]
    found = [m for m in drawn if isinstance(m, Record) and m.role == "unsupported"]
    assert found
    for record in found:
        (step,) = record.reference
        assert not step.calls and is_wording(step.text, "unsupported")
        assert is_wording(step.thought, "think_unsupported")


def test_a_request_that_needs_no_tool_is_answered_rightly(by_role: Roles) -> None:
    for record in by_role["no_tool"]:
        (value,) = expects(record).answer
        (step,) = record.reference
        assert not step.calls and value in step.text
        numbers = [int(word) for word in _words(record.scenario.last.text) if word.isdigit()]
        a, b = numbers
        assert int(value) in (a + b, a - b, a * b)


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()


def test_two_worlds_serve_one_request(records: list[Record], list_uses: Uses) -> None:
    """C4."""
    both = [r for r in records if len(r.scenario.worlds) > 1]
    used = [{u.tool.partition(".")[0] for u in list_uses(r) if "." in u.tool} for r in both]
    assert any(len(domains) > 1 for domains in used)
    for record, domains in zip(both, used, strict=True):
        assert domains <= set(record.scenario.worlds)
