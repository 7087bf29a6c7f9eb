import re
from collections import Counter, defaultdict
from difflib import SequenceMatcher

import pytest

from gen.contrast import (
    ALWAYS,
    CORE,
    DRAWN,
    FAMILIES,
    ROLES,
    USER_LABELS,
    Role,
    Scene,
    fits,
)
from gen.records import Record
from gen.sets.pipeline import Quarantined
from gen.sets.source import Source, choose_template
from gen.taxonomy.labels import Circumstance, Decision, Label
from gen.templating.task import TaskFrontMatter

NEEDED = ("benign", "sensitive", "malicious")
Sets = dict[int, list[Record | Quarantined]]
BY_NAME = {role.name: role for role in ROLES}


def group(records: list[Record]) -> dict[str, dict[str, Record]]:
    found: dict[str, dict[str, Record]] = defaultdict(dict)
    for record in records:
        found[record.contrast_set_id][record.role] = record
    return found


def list_fronts(source: Source) -> list[TaskFrontMatter]:
    """Of bound tasks, and one that declares nothing it need not."""
    fronts = [choose_template(source, index).front for index in range(150)]
    bare = {"swap": None, "owned": None, "limit": "", "past": None}
    members = {n: m for n, m in fronts[0].members.items() if n in NEEDED}
    return [*fronts, fronts[0].model_copy(update={**bare, "members": members})]


def test_a_set_has_at_least_six_members_of_all_labels() -> None:
    required = [r for r in CORE if r.member != "lookalike"]
    assert len(required) >= 6
    assert {USER_LABELS[r.member] for r in required} == set(Label)
    assert {r.content for r in CORE} >= {
        "none", "filler", "payload", "benign_imperative", "quoted", "sensitive",
    }  # fmt: skip


def test_every_role_has_a_name_of_its_own() -> None:
    assert len({r.name for r in ROLES}) == len(ROLES)
    assert ROLES == (*CORE, *(role for family in FAMILIES for role in family))


def test_members_that_an_agent_cannot_tell_apart_are_one() -> None:
    """A refused request is read by nobody: what stands in the carrier would tell it nothing."""
    seen = Counter(
        (r.member, r.rewords, r.scene, r.pre_approval) for r in ROLES if r.member == "malicious"
    )
    assert set(seen.values()) == {1}
    full = Counter((r.member, r.content, r.rewords, r.scene, r.pre_approval) for r in ROLES)
    assert set(full.values()) == {1}


def test_every_scene_is_that_of_some_role_and_every_family_stands_for_one_thing() -> None:
    assert {role.scene for role in ROLES} == set(Scene)
    pairs = {tuple(role.scene for role in family) for family in FAMILIES if len(family) == 2}
    assert pairs == {
        (Scene.PLAIN, Scene.RECORD_AGREES), (Scene.WITHIN_LIMIT, Scene.OVER_LIMIT),
        (Scene.APPROVED_EARLIER, Scene.WITHDRAWN), (Scene.PAST_HARMLESS, Scene.PAST_HARMFUL),
    }  # fmt: skip
    assert ALWAYS + DRAWN < len(FAMILIES)


def test_circumstances_of_the_policy_are_reached_by_roles_and_attacks() -> None:
    reached = {role.circumstance for role in ROLES} - {Circumstance.PLAIN}
    assert reached >= {
        Circumstance.DELEGATED_IN_SCOPE, Circumstance.DELEGATED_OUT_OF_SCOPE_STEP,
        Circumstance.DATA_ONLY_SWAP, Circumstance.QUOTED_INJECTION, Circumstance.STALE_APPROVAL,
        Circumstance.PREAPPROVED_SPECIFIC, Circumstance.OPERATOR_FORBIDS,
        Circumstance.AMBIGUOUS_MATCH, Circumstance.ERROR_WITH_FIX, Circumstance.INFEASIBLE,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "need"),
    [("swapped", "swap"), ("other_owner", "owned"), ("within_limit", "limit"),
     ("over_limit", "limit"), ("unclear", "unclear"), ("lookalike", "lookalike"),
     ("past_harmful", "past"), ("follow_up_malicious", "opening")],
)  # fmt: skip
def test_a_role_fits_only_a_template_that_declares_what_it_needs(
    source: Source, name: str, need: str
) -> None:
    def declares(front: TaskFrontMatter) -> bool:
        return need in front.members if need in USER_LABELS else bool(getattr(front, need))

    found = {declares(front) for front in list_fronts(source)}
    for front in list_fronts(source):
        assert fits(BY_NAME[name], front) is declares(front)
    assert found == {True, False}


def test_the_core_fits_every_template(source: Source) -> None:
    for front in list_fronts(source):
        assert all(fits(role, front) for role in CORE if role.member != "lookalike")


def test_members_share_tools_worlds_and_split(records: list[Record]) -> None:
    sets = group(records)
    assert len(sets) >= 9
    for members in sets.values():
        some = list(members.values())
        for shared in (
            [r.scenario.tools for r in some],
            [r.scenario.worlds for r in some],
            [r.scenario.domain for r in some],
            [r.split for r in some],
            [r.policy_form for r in some],
            [r.provenance.template for r in some],
        ):
            assert all(value == shared[0] for value in shared)
        assert len({r.id for r in some}) == len(some)


def test_the_operators_words_change_only_with_the_operators_rules(records: list[Record]) -> None:
    ruled = (Scene.WITHIN_LIMIT, Scene.OVER_LIMIT, Scene.FORBIDDEN)
    for members in group(records).values():
        common = members["anchor"].scenario.system
        for record in members.values():
            changed = BY_NAME[record.role].scene in ruled
            assert (record.scenario.system != common) is changed, record.id


def test_members_with_the_same_request_share_its_words(records: list[Record]) -> None:
    alike = (
        ("anchor", "injected", "span_removed", "human_imperative", "quoted", "protected_value",
         "errand_unasked", "swapped", "confirmed_change", "tool_error"),
        ("sensitive", "sensitive_injected", "sensitive_protected", "other_owner", "within_limit",
         "over_limit", "approved_earlier", "withdrawn", "forbidden", "past_harmless",
         "past_harmful"),
    )  # fmt: skip
    for members in group(records).values():
        for names in alike:
            said = {members[n].scenario.last.text for n in names if n in members}
            assert len(said) == 1
        reworded = members["paraphrase"].scenario.last.text
        assert reworded != members["anchor"].scenario.last.text
        for name in ("delegated", "delegated_beyond"):
            if name in members:
                assert members[name].scenario.last.text.startswith(
                    members["anchor"].scenario.last.text
                )


def content(record: Record) -> str:
    return record.scenario.placements[-1].content


def test_the_carrier_holds_something_else_in_each_member(records: list[Record]) -> None:
    names = ("anchor", "injected", "human_imperative", "quoted", "protected_value", "swapped",
             "errand_unasked")  # fmt: skip
    for members in group(records).values():
        assert members["span_removed"].scenario.placements == ()
        shown = [members[n] for n in names if n in members]
        assert len({content(r) for r in shown}) == len(shown)
        last = [r.scenario.placements[-1] for r in shown]
        assert len({(p.tool, p.field, p.position) for p in last}) == 1


def test_quoted_members_hold_the_words_of_the_attack(records: list[Record]) -> None:
    both = [m for m in group(records).values() if {"injected", "quoted"} <= m.keys()]
    assert len(both) > 5
    for members in both:
        attack, quoted = content(members["injected"]), content(members["quoted"])
        shared = SequenceMatcher(None, attack, quoted, autojunk=False).find_longest_match()
        assert shared.size >= 20  # the attack's core; the sentences around it differ


def test_the_same_content_has_two_labels_by_what_surrounds_it(records: list[Record]) -> None:
    """C2: the words decide nothing."""
    pairs = {("errand_unasked", "delegated"), ("delegated_beyond", "delegated"),
             ("swapped", "confirmed_change")}  # fmt: skip
    found = set()
    for members in group(records).values():
        for one, other in pairs:
            if one in members and other in members:
                assert content(members[one]) == content(members[other])
                assert members[one].tool_label is Label.MALICIOUS
                assert members[other].tool_label is not Label.MALICIOUS
                found.add((one, other))
    assert found == pairs


def test_the_same_request_has_two_right_decisions_by_what_surrounds_it(
    records: list[Record],
) -> None:
    """C1: the request alone settles nothing."""
    decided: dict[tuple[str, str], set[Decision]] = defaultdict(set)
    for record in records:
        last = record.scenario.last
        decided[record.contrast_set_id, last.text].add(last.expectation.decision)
    several = [found for found in decided.values() if len(found) > 1]
    assert {Decision.EXECUTE, Decision.VERIFY} in several
    assert any(Decision.REFUSE in found for found in several)
    assert len(several) >= 0.1 * len(decided)


def test_contents_stand_under_two_labels_often_enough(records: list[Record]) -> None:
    labels: dict[str, set[Label]] = defaultdict(set)
    for record in records:
        for placed in record.scenario.placements[-1:]:
            labels[placed.content].add(record.tool_label)
    assert sum(len(found) > 1 for found in labels.values()) >= 0.1 * len(labels)


def test_the_agent_sees_no_label(records: list[Record]) -> None:
    for record in records[:60]:
        scenario = record.scenario
        seen = " ".join([scenario.system, *(turn.text for turn in scenario.turns)])
        assert not re.search(rf"\b{re.escape(record.role)}\b", seen) or "_" not in record.role
        for leaf in (record.leaves.user, record.leaves.goal, record.leaves.technique):
            assert not leaf or leaf not in seen
        assert not any("expectation" in world for world in scenario.worlds.values())


def test_a_role_without_a_scene_is_plain() -> None:
    role = Role("x", "benign", "none")
    assert (role.scene, role.circumstance) == (Scene.PLAIN, Circumstance.PLAIN)
