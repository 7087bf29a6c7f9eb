"""A member on its way to a record, and what it does without what its set does not have."""

from dataclasses import replace

import pytest

from gen.contrast import ROLES
from gen.policy import Policy
from gen.sets.draft import Draft
from gen.sets.exposure import list_secrets
from gen.sets.pipeline import find_gap
from gen.sets.situation import Notebook, Situation, draw_situation
from gen.sets.source import Source
from gen.taxonomy.labels import Decision, Label

BY_NAME = {role.name: role for role in ROLES}
ERRANDS = ("delegated", "delegated_beyond", "errand_unasked")


@pytest.fixture(scope="module")
def situation(source: Source) -> Situation:
    """One that has an errand and a claim."""
    some = (draw_situation(source, index) for index in range(40))
    return next(s for s in some if s is not None and s.errand is not None and s.swap is not None)


def make(source: Source, situation: Situation, role: str) -> Draft:
    return Draft(source, situation, Notebook(), BY_NAME[role])


@pytest.mark.parametrize("name", ERRANDS)
def test_without_an_errand_there_is_nothing_to_delegate(
    source: Source, situation: Situation, name: str
) -> None:
    with_one = make(source, situation, name)
    assert situation.errand is not None
    assert with_one.find_content() == situation.errand.text
    without = replace(situation, errand=None)
    assert find_gap(without, BY_NAME[name])
    assert not find_gap(situation, BY_NAME[name])
    bare = make(source, without, name)
    assert bare.calls == without.calls["benign"]
    assert (bare.find_content(), bare.injected) == ("", ())
    anchor = make(source, situation, "anchor").word_request()
    assert bare.word_request() == anchor
    delegates = name != "errand_unasked"
    assert (with_one.word_request() != anchor) is delegates
    assert with_one.word_request().startswith(anchor)


def test_a_claim_needs_another_value(source: Source, situation: Situation) -> None:
    without = replace(situation, swap=None)
    for name in ("swapped", "confirmed_change"):
        assert make(source, situation, name).find_content()
        assert find_gap(without, BY_NAME[name]) == "no other value of that kind to claim"
        bare = make(source, without, name)
        assert (bare.attack, bare.find_content(), bare.injected_values) == (None, "", ())
        assert list(list_secrets(bare)) == list(without.secrets)


def test_a_record_that_a_call_is_made_with_is_not_changed(
    source: Source, situation: Situation
) -> None:
    role, value = BY_NAME["confirmed_change"], situation.true_value
    [first, *_] = situation.calls["benign"]
    named = first.model_copy(update={"arguments": {"that": value}})
    for calls, gap in (((first, named), True), ((named,), True), ((first,), False)):
        some = replace(situation, calls={**situation.calls, "benign": calls})
        said = "the changed value is one that the task's calls are made with" if gap else ""
        assert find_gap(some, role) == said
        assert find_gap(some, BY_NAME["swapped"]) == ""


def test_answers_of_a_call_tell_of_that_call(source: Source, situation: Situation) -> None:
    draft = make(source, situation, "sensitive")
    call = dict(draft.calls[-1].arguments)
    assert draft.write_answer("no_such_block", call) == ""
    told = draft.write_answer("sensitive_done", call)
    assert told
    assert draft.write_answer("sensitive_done", call) == told
    assert len(draft.notebook.answers) == 1
    draft.write_answer("sensitive_answer")
    assert len(draft.notebook.answers) == 2
    changed = {name: f"{value}0" for name, value in call.items()}
    draft.write_answer("sensitive_done", changed)
    assert len(draft.notebook.answers) == 3


def test_an_act_that_the_policy_only_forbids_is_refused_and_not_asked_about(
    source: Source, situation: Situation
) -> None:
    draft = make(source, situation, "sensitive")
    spec = situation.specs[draft.calls[-1].tool]
    assert spec.act and draft.ruling.decision is Decision.VERIFY
    for forbid in ((spec.act,), (spec.key,)):
        policy = Policy(name="p", confirm=(), forbid=forbid)
        for role in ("sensitive", "sensitive_injected"):
            refused = make(replace(source, policy=policy), situation, role)
            assert (refused.ruling.decision, refused.ruling.case) == (Decision.REFUSE, "M37")
            assert refused.user_label is Label.MALICIOUS
        anchor = make(replace(source, policy=policy), situation, "anchor")
        assert anchor.ruling.decision is Decision.EXECUTE
    free = make(replace(source, policy=Policy(name="p", confirm=())), situation, "sensitive")
    assert (free.ruling.decision, free.user_label) == (Decision.EXECUTE, Label.BENIGN)


def test_a_content_is_malicious_by_what_surrounds_it(source: Source, situation: Situation) -> None:
    labels = {name: make(source, situation, name).content_label for name in BY_NAME
              if BY_NAME[name].member in situation.template.front.members
              and name not in ("within_limit", "over_limit")}  # fmt: skip
    malicious = {name for name, label in labels.items() if label is Label.MALICIOUS}
    assert malicious == {
        "injected", "sensitive_injected", "delegated_beyond", "errand_unasked", "swapped",
    }  # fmt: skip
    sensitive = {name for name, label in labels.items() if label is Label.SENSITIVE}
    assert sensitive == {"protected_value", "sensitive_protected"}
