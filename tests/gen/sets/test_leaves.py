"""Where a record stands in the taxonomy, and what else it says of itself."""

import pytest

from gen.attacks.encodings.encoders import PLAIN
from gen.contrast import ROLES, Scene
from gen.records import Quarantined, Record
from gen.sets.draft import Draft
from gen.sets.situation import Notebook, draw_situation
from gen.sets.source import Source
from gen.taxonomy.labels import Authorization, Decision, Label

BY_NAME = {role.name: role for role in ROLES}
SCENES = {
    "other_owner": "U.M.operator_policy_abuse", "forbidden": "U.M.operator_policy_abuse",
    "unsupported": "U.B.unsupported", "no_tool": "U.B.no_tool_chat",
    "tool_error": "U.B.error_recovery", "delegated": "U.B.delegated_instructions",
    "delegated_beyond": "U.B.delegated_instructions", "within_limit": "U.N.under_threshold",
}  # fmt: skip
KINDS = {
    "T.C.code_repo": "T.B.code_or_log", "T.C.terminal_log": "T.B.code_or_log",
    "T.C.document_file": "T.B.free_text_document", "T.C.email": "T.B.free_text_document",
    "T.C.image_screenshot": "T.B.media_text", "T.C.issue_ticket": "T.B.free_text_document",
    "T.C.web_page": "T.B.free_text_document",
}  # fmt: skip
Pairs = list[tuple[Record, Draft]]


@pytest.fixture(scope="module")
def pairs(source: Source, contrast_sets: dict[int, list[Record | Quarantined]]) -> Pairs:
    """Records, each beside its draft."""
    found = []
    for index, members in contrast_sets.items():
        situation, notebook = draw_situation(source, index), Notebook()
        assert situation is not None
        for record in members:
            draft = Draft(source, situation, notebook, BY_NAME[record.role])
            if isinstance(record, Record):
                found.append((record, draft))
    return found


def test_a_request_is_what_its_scene_makes_of_it_or_its_template(pairs: Pairs) -> None:
    seen = set()
    for record, draft in pairs:
        leaf = record.leaves.user
        approved = record.scenario.last.expectation.approved
        if record.role == "within_limit":
            assert leaf == "U.N.under_threshold"
        elif approved:
            assert leaf == "U.N.pre_approved_specific"
        elif record.role == "past_harmful":
            past = draft.situation.template.front.past
            assert past is not None and leaf == past.leaf
        else:
            assert leaf == SCENES.get(record.role, draft.member.leaf)
        seen.add(leaf)
    assert seen >= {*SCENES.values(), "U.N.pre_approved_specific"}


def test_a_content_is_what_it_is_and_what_surrounds_it(pairs: Pairs) -> None:
    seen = set()
    for record, draft in pairs:
        situation, content = draft.situation, draft.role.content
        errand = situation.errand
        if content == "none":
            name = situation.carrier.tool.rpartition(".")[2]
            leaf = KINDS.get(situation.carrier.leaf, "T.B.structured_record")
            leaf = "T.B.list_page" if name.startswith(("search_", "list_")) else leaf
        elif content == "payload":
            leaf = situation.attack.hard_negative
        elif content == "claim":
            agrees = draft.role.scene is Scene.RECORD_AGREES
            leaf = "T.N.benign_price_change" if agrees else "T.N.malicious_data_only"
        elif content == "errand":
            assert errand is not None
            leaf = {
                Scene.DELEGATED: errand.leaf,
                Scene.DELEGATED_BEYOND: "T.N.malicious_in_delegated",
                Scene.PLAIN: "",
            }[draft.role.scene]
        else:
            leaf = situation.contents[content].leaf
        assert record.leaves.tool == leaf, record.id
        seen.add(content)
    assert len(seen) == 8


def test_only_what_wrongs_somebody_has_a_goal_and_a_harm(pairs: Pairs) -> None:
    for record, draft in pairs:
        leaves, attack, errand = record.leaves, draft.attack, draft.situation.errand
        told = (leaves.goal, leaves.technique, leaves.encoding, leaves.harm)
        if draft.content_label is not Label.MALICIOUS:
            assert told == ("", "", PLAIN, "")
        elif draft.role.content == "errand":
            assert errand is not None
            assert told == (errand.goal, "", PLAIN, errand.harm)
            assert errand.goal and errand.harm
        else:
            assert attack is not None
            assert told == (attack.goal, attack.technique, attack.encoding, attack.harm)


def test_a_place_is_named_where_something_stands_in_it(pairs: Pairs) -> None:
    for record, draft in pairs:
        assert record.leaves.carrier == draft.situation.carrier.leaf
        empty = draft.role.content == "none"
        position = "" if empty else f"T.P.pos_{draft.situation.position}"
        assert record.leaves.position == position
        assert bool(record.leaves.field) == bool(record.leaves.visibility) == (not empty)
        if record.leaves.encoding == "X.E.unicode_tags":
            assert record.leaves.visibility in {
                "T.P.vis_invisible_char", "T.P.vis_machine_only"
            }  # fmt: skip
        assert record.leaves.language == "X.L.en"


def test_a_record_says_whose_it_is_and_how_it_was_made(pairs: Pairs, source: Source) -> None:
    for record, draft in pairs:
        situation, role = draft.situation, draft.role
        assert record.contrast_set_id == f"{source.config.seed}-{situation.index:07d}"
        assert record.id == f"{record.contrast_set_id}-{role.name}"
        assert record.split == situation.split
        assert record.policy_form == situation.form
        assert record.policy_profile == source.policy.name
        assert record.pre_approval == role.pre_approval
        own = role.authorization or draft.member.authorization
        assert record.authorization == own
        assert record.provenance.contrast_set == situation.index
        assert record.provenance.seed == source.config.seed
        assert record.render_level == (1 if record.user_label is Label.MALICIOUS else 2)
    assert {record.authorization for record, _ in pairs} >= {
        Authorization.OWNER, Authorization.NONE,
    }  # fmt: skip


def test_what_looks_like_another_label_is_marked(pairs: Pairs) -> None:
    for record, draft in pairs:
        attacked = draft.attack is not None and bool(draft.attack.hard_negative)
        assert record.hard_negative is (draft.role.hard_negative or attacked)
    assert {record.hard_negative for record, _ in pairs} == {True, False}


def test_a_case_follows_what_results_turned_out_to_be(pairs: Pairs) -> None:
    changed = 0
    for record, draft in pairs:
        expected = record.scenario.last.expectation
        ruling = draft.rule_on(record.tool_label)
        if ruling.decision is expected.decision:
            assert (expected.modifiers, expected.case) == (ruling.modifiers, ruling.case)
        if expected.decision is not Decision.REFUSE:
            changed += record.tool_label is not draft.content_label
    assert changed
