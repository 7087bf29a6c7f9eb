"""Turns of a member: what is said and expected in each, and what the agent is to make of it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from wordings import is_said, is_wording

from gen.contrast import Scene
from gen.records import CallMatch, Quarantined, Record
from gen.sets.conversation import Conversation, write_conversation
from gen.sets.draft import Draft
from gen.sets.exposure import list_protected, list_reportable
from gen.sets.pipeline import find_gap
from gen.sets.reference.closing import word_call
from gen.sets.reference.plan import Plan
from gen.sets.situation import Notebook, draw_situation
from gen.sets.source import Source
from gen.sets.thoughts import name_topic
from gen.stories.telling import speaks_as_user
from gen.taxonomy.labels import Decision, Modifier
from gen.templating.facts import resolve
from gen.templating.speech import spell_out
from tool_catalog.sandbox.user import Attitude

Pairs = list[tuple[Draft, Conversation]]


@pytest.fixture(scope="module")
def pairs(source: Source, contrast_sets: dict[int, list[Record | Quarantined]]) -> Pairs:
    """Every member of some sets, on its way to a record."""
    found = []
    for index in contrast_sets:
        situation, notebook = draw_situation(source, index), Notebook()
        assert situation is not None
        for role in situation.roles:
            if not find_gap(situation, role):
                draft = Draft(source, situation, notebook, role)
                found.append((draft, write_conversation(draft)))
    return found


def list_last(pairs: Pairs) -> Iterator[tuple[Draft, Plan]]:
    yield from ((draft, conversation.plans[-1]) for draft, conversation in pairs)


def name_last(draft: Draft) -> str:
    return draft.situation.names[draft.calls[-1].tool]


def choose_opening(draft: Draft) -> str:
    """What should be thought of the request, by what there is to be known of it."""
    named = {
        "unsupported": "think_user_benign" if draft.half else "think_unsupported",
        "no_tool": "think_no_tool",
        "unclear": "think_user_unclear", "malicious": "think_user_malicious",
        "follow_up_malicious": "think_user_malicious", "past_harmful": "think_user_malicious",
        "forbidden": "think_user_forbidden", "malicious_approved": "think_user_malicious",
    }  # fmt: skip
    if draft.role.name in named:
        return named[draft.role.name]
    if draft.ruling.decision is Decision.EXECUTE and draft.calls[-1].tool in draft.confirm:
        within = draft.role.scene is Scene.WITHIN_LIMIT
        return "think_user_allowed" if within else "think_user_approved"
    # That it is somebody else's shows only in what is read.
    asks = (
        draft.ruling.decision is Decision.VERIFY or draft.role.name == "other_owner"
    ) and draft.due
    later = draft.role.scene is Scene.FOLLOW_UP
    if asks and draft.role.scene is not Scene.DELEGATED:
        return "think_later_sensitive" if later else "think_user_sensitive"
    return "think_later_benign" if later and draft.calls else "think_user_benign"


def test_a_request_is_first_thought_of_as_what_it_is(pairs: Pairs) -> None:
    seen = set()
    for draft, plan in list_last(pairs):
        block = choose_opening(draft)
        with_tool = block.endswith(("sensitive", "allowed", "approved", "forbidden"))
        with_tool |= block == "think_later_benign"
        facts = {"tool": name_last(draft)} if with_tool else {}
        assert is_wording(plan.opening, block, **facts), (draft.role.name, plan.opening)
        seen.add(block)
    assert len(seen) == 10


def offers(draft: Draft, scene: Scene) -> list[str]:
    """How a refusal may end: with the half that could be done."""
    if scene is Scene.FOLLOW_UP:
        return list(spell_out("refusal_later_offer"))
    topic = name_topic(draft)
    topic = "the answer to your question" if speaks_as_user(topic) else topic
    facts = {"topic": topic, "Topic": topic[:1].upper() + topic[1:]}
    return [text.format_map(facts) for text in spell_out("refusal_offer")]


def test_a_refusal_says_why_and_thinks_so_where_it_shows_in_what_was_read(pairs: Pairs) -> None:
    seen = set()
    for draft, plan in list_last(pairs):
        scene = draft.role.scene
        if draft.ruling.decision is not Decision.REFUSE:
            assert (plan.refusal, plan.refusal_thought) == ("", "")
            continue
        facts, thought = {}, ""
        block = "declined_later" if scene is Scene.FOLLOW_UP else "declined"
        if scene is Scene.UNSUPPORTED:
            assert draft.half
            block, thought = "unsupported_half", "think_unsupported"
        elif scene is Scene.OTHER_OWNER:
            block, thought = "refusal_owner", "think_other_owner"
            facts = {"owner": draft.situation.strangers[0].name}
        elif scene is Scene.FORBIDDEN:
            block, thought = "refusal_forbidden", "think_forbidden"
            facts = {"tool": name_last(draft)}
        if block.startswith("declined"):
            assert any(plan.refusal.endswith(f" {offer}") for offer in offers(draft, scene))
        else:
            assert is_wording(plan.refusal, block, **facts)
        if thought:
            assert is_wording(plan.refusal_thought, thought, **facts)
        else:
            assert plan.refusal_thought == ""
        seen.add(block)
    assert seen == {
        "unsupported_half", "declined", "declined_later", "refusal_owner", "refusal_forbidden",
    }  # fmt: skip


def test_what_must_not_be_done_is_what_a_refusal_is_about(pairs: Pairs) -> None:
    for draft, plan in list_last(pairs):
        expected = plan.expectation
        if expected.decision is not Decision.REFUSE:
            assert expected.forbidden == ()
            assert expected.required == draft.wanted
            continue
        assert (expected.required, expected.injected, expected.injected_values) == ((), (), ())
        if draft.role.member == "malicious" or draft.role.scene is Scene.PAST_HARMFUL:
            assert expected.forbidden == draft.calls
        elif draft.role.scene is Scene.UNSUPPORTED:
            assert expected.forbidden == draft.situation.calls["sensitive"][-1:]
        else:
            assert expected.forbidden == draft.calls[-1:]
        assert expected.forbidden


def test_what_an_outsider_wants_is_expected_of_whoever_is_not_refused(pairs: Pairs) -> None:
    served = [(d, p.expectation) for d, p in list_last(pairs) if not d.refuses]
    assert all(e.injected == d.injected for d, e in served)
    assert all(e.injected_values == d.injected_values for d, e in served)
    assert any(e.injected for _, e in served) and any(e.injected_values for _, e in served)


def test_the_script_is_what_the_user_has_in_mind(pairs: Pairs) -> None:
    attitudes = set()
    for draft, conversation in pairs:
        script = conversation.scenario.last.script
        if draft.idle:
            assert script.wanted == ()
            continue
        assert script.attitude is draft.attitude
        assert script.wanted == draft.calls
        assert script.seed == draft.situation.index
        corrected = draft.attitude is Attitude.CORRECTED
        changed = resolve(draft.member.correct, draft.situation.facts) if corrected else {}
        assert script.corrections == changed
        assert bool(script.corrections) is corrected
        attitudes.add(script.attitude)
    assert len(attitudes) == 4


def test_a_question_for_a_fact_and_its_answer_go_together(pairs: Pairs) -> None:
    seen = set()
    for draft, conversation in pairs:
        plan, script = conversation.plans[-1], conversation.scenario.last.script
        asks = draft.ruling.decision is Decision.VERIFY and (
            Modifier.CLARIFY in draft.ruling.modifiers or draft.role.name == "swapped"
        )
        assert plan.expectation.clarify is asks
        assert bool(plan.open_question) is bool(script.clarification) is asks
        assert plan.which is (draft.role.name == "swapped")
        if plan.which:
            front, facts = draft.situation.template.front.swap, draft.situation.facts
            assert front is not None and draft.situation.swap is not None
            value, what = (str(resolve(v, facts)) for v in (front.value, front.what))
            other = draft.situation.swap.values[0]
            assert is_wording(script.clarification, "go_by_record", value=value)
            assert is_wording(plan.open_question, "which", what=what, value=value, other=other)
        elif asks:
            assert plan.open_question == draft.write_answer("unclear_question")
            assert script.clarification == draft.write_answer("unclear_reply")
        seen.add((asks, plan.which))
    assert seen == {(False, False), (True, False), (True, True)}


def list_first(draft: Draft) -> tuple[CallMatch, ...]:
    """The calls of the first of several turns."""
    if draft.role.scene in (Scene.PAST_HARMLESS, Scene.PAST_HARMFUL):
        return ()
    opens = draft.role.scene is Scene.FOLLOW_UP
    return draft.situation.calls["opening" if opens else "benign"]


def test_what_was_read_in_an_earlier_turn_is_not_read_again(pairs: Pairs) -> None:
    long = [(d, c) for d, c in pairs if len(c.plans) > 1]
    assert {len(c.plans) for _, c in long} >= {2, 3}
    for draft, conversation in long:
        first, *_, last = conversation.plans
        assert first.calls == list_first(draft)
        assert not set(map(str, first.calls)) & set(map(str, last.calls))
        assert list(last.calls) == [c for c in draft.calls if c not in first.calls]
    assert {len(c.plans[-1].calls) for _, c in long} >= {0, 1}


def test_the_agent_has_all_that_was_said_before_it_calls_anything(pairs: Pairs) -> None:
    for _, conversation in pairs:
        said = conversation.scenario.system
        for turn, plan in zip(conversation.scenario.turns, conversation.plans, strict=True):
            said += f" {turn.text} {turn.script.clarification}"
            assert plan.given == said
            assert plan.expectation == turn.expectation


def test_no_remark_is_answered_with_a_question() -> None:
    """What ends in a question mark is put to the user, and a turn would not end there."""
    for block in ("noted", "heard", "heard_harmful", "stopped", "unanswered"):
        assert not [said for said in spell_out(block) if said.rstrip().endswith("?")]


def test_a_remark_asks_for_nothing_and_keeps_the_rules(pairs: Pairs) -> None:
    withdrawn = [(d, c) for d, c in pairs if d.role.scene is Scene.WITHDRAWN]
    assert withdrawn
    for draft, conversation in withdrawn:
        turn, plan = conversation.scenario.turns[-2], conversation.plans[-2]
        assert is_wording(turn.text, "withdrawal")
        assert is_wording(plan.found, "noted")
        assert (plan.calls, plan.beside) == ((), ())
        assert is_wording(plan.opening, "think_noted")
        expected = turn.expectation
        assert (expected.decision, expected.case) == (Decision.EXECUTE, "base:benign/benign")
        assert expected.confirm == draft.confirm
        assert expected.reportable == tuple(list_reportable(draft))
        assert set(expected.protected) == set(list_protected(draft, turn.text))
        assert (expected.required, expected.answer) == ((), ())


def test_an_errand_is_told_of_as_done_or_as_left(pairs: Pairs) -> None:
    delegated = 0
    for draft, plan in list_last(pairs):
        if draft.role.scene is not Scene.DELEGATED:
            assert plan.left == ""
            assert (plan.delegated, plan.beyond) == (
                "", draft.role.scene is Scene.DELEGATED_BEYOND,
            )  # fmt: skip
            continue
        call = draft.calls[-1]
        wording = word_call(draft.situation.specs[call.tool], call.arguments, plan.titles)
        assert is_wording(plan.done, "errand_done", wording=wording)
        assert is_wording(plan.left, "errand_left", wording=wording)
        assert plan.delegated == draft.content_text != ""
        assert not plan.beyond
        delegated += 1
    assert delegated


def test_what_is_told_of_a_call_is_told_by_requests_that_make_one(pairs: Pairs) -> None:
    for draft, plan in list_last(pairs):
        if draft.role.scene is Scene.DELEGATED:
            continue
        if draft.role.member in ("sensitive", "unclear") and draft.wanted:
            made = draft.wanted[-1].arguments
            assert plan.done == draft.write_answer(f"{draft.role.member}_done", made)
        else:
            assert plan.done == ""


def test_a_malicious_request_is_told_no_fact_and_half_a_one_that_can_be_half_served(
    pairs: Pairs,
) -> None:
    for draft, plan in list_last(pairs):
        if draft.role.member == "malicious":
            assert (plan.found, plan.expectation.answer, plan.expectation.answer_after) == (
                "", (), (),
            )  # fmt: skip
        elif draft.role.scene is Scene.UNSUPPORTED:
            assert plan.found == draft.write_answer("opening_answer") != ""
        elif draft.role.scene is Scene.PLAIN and not draft.idle:
            assert plan.found == draft.write_answer(f"{draft.role.member}_answer")


def test_an_operator_speaks_of_owners_where_a_task_has_objects_of_others(pairs: Pairs) -> None:
    spoken = set()
    for draft, conversation in pairs:
        owned = draft.situation.template.front.owned is not None
        words = is_said(conversation.scenario.system, "owner")
        assert words is owned
        spoken.add(words)
    assert spoken == {True, False}


def test_only_a_tool_error_breaks_a_call(pairs: Pairs) -> None:
    for draft, conversation in pairs:
        mishaps = conversation.scenario.mishaps
        assert len(mishaps) == (draft.role.scene is Scene.TOOL_ERROR)
        assert all(m.tool in {c.tool for c in draft.calls} for m in mishaps)


def test_an_operators_limit_stands_on_either_side_of_a_call(pairs: Pairs) -> None:
    limited = {"within_limit": False, "over_limit": True}
    seen = set()
    for draft, conversation in pairs:
        assert (draft.limit is not None) is (draft.role.name in limited)
        if draft.limit is not None:
            assert draft.due is limited[draft.role.name]
            assert draft.limit.argument in conversation.scenario.system
            seen.add(draft.role.name)
    assert seen == set(limited)


def test_a_record_without_a_value_to_change_says_what_it_says(source: Source, pairs: Pairs) -> None:
    draft = next(draft for draft, _ in pairs if draft.role.name == "confirmed_change")
    situation = draft.situation
    front = situation.template.front.model_copy(update={"swap": None})
    bare = replace(situation, template=replace(situation.template, front=front))
    for some in (bare, replace(situation, swap=None)):
        lacking = Draft(source, some, Notebook(), draft.role)
        plan = write_conversation(lacking).plans[-1]
        assert plan.found == lacking.write_answer("benign_answer")
        assert all(value in plan.found for value in plan.expectation.answer)
    changed = write_conversation(draft).plans[-1]
    assert changed.found != plan.found
