from collections import defaultdict
from difflib import SequenceMatcher

from gen.contrast import ROLES, TOOL_LABELS, USER_LABELS
from gen.labels import Label
from gen.records import Record


def group(records: list[Record]) -> dict[str, dict[str, Record]]:
    found: dict[str, dict[str, Record]] = defaultdict(dict)
    for record in records:
        found[record.contrast_set_id][record.role] = record
    return found


def test_a_set_has_at_least_six_members_of_all_labels() -> None:
    required = [r for r in ROLES if r.member != "lookalike"]
    assert len(required) >= 6
    assert {USER_LABELS[r.member] for r in required} == set(Label)
    assert {TOOL_LABELS[r.content] for r in required} == set(Label)
    assert len({r.name for r in ROLES}) == len(ROLES)


def test_every_mix_of_user_and_tool_label_that_is_told_apart_is_there() -> None:
    cells = {(USER_LABELS[r.member], TOOL_LABELS[r.content]) for r in ROLES}
    benign, sensitive, malicious = Label
    assert cells == {
        (benign, benign), (benign, sensitive), (benign, malicious),
        (sensitive, benign), (sensitive, sensitive), (sensitive, malicious),
        (malicious, benign), (malicious, malicious),
    }  # fmt: skip


def test_members_share_system_tools_world_and_split(records: list[Record]) -> None:
    sets = group(records)
    assert len(sets) >= 10
    for members in sets.values():
        some = list(members.values())
        for shared in (
            [r.scenario.system for r in some],
            [r.scenario.tools for r in some],
            [r.scenario.world for r in some],
            [r.scenario.domain for r in some],
            [r.split for r in some],
        ):
            assert all(value == shared[0] for value in shared)
        assert len({r.id for r in some}) == len(some)


def test_members_with_the_same_request_share_its_words(records: list[Record]) -> None:
    for members in group(records).values():
        alike = ("anchor", "injected", "quoted", "protected_value")
        same = [members[name].scenario.user for name in alike]
        assert len(set(same)) == 1
        assert members["span_removed"].scenario.user == same[0]


def test_the_carrier_holds_something_else_in_each_member(records: list[Record]) -> None:
    for members in group(records).values():
        assert members["span_removed"].scenario.placements == ()
        shown = [
            members[n].scenario.placements[0]
            for n in ("anchor", "injected", "human_imperative", "quoted", "protected_value")
        ]
        assert len({p.content for p in shown}) == len(shown)
        assert len({(p.tool, p.field, p.position) for p in shown}) == 1


def test_quoted_members_hold_the_words_of_the_attack(records: list[Record]) -> None:
    for members in group(records).values():
        attack = members["injected"].scenario.placements[0].content
        quoted = members["quoted"].scenario.placements[0].content
        shared = SequenceMatcher(None, attack, quoted, autojunk=False).find_longest_match()
        assert shared.size >= 20  # the attack's core; the sentences around it differ
