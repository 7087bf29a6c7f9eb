import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gen.contrast import ROLES, TOOL_LABELS, USER_LABELS
from gen.labels import Decision, Label, Modifier
from gen.policy import load_policy
from gen.records import Record
from gen.sets.pipeline import Quarantined, generate_set
from gen.sets.situation import Source

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
BY_NAME = {role.name: role for role in ROLES}
Members = list[Record | Quarantined]


@pytest.fixture(scope="session")
def rendered() -> str:
    """The golden set, rendered now."""
    spec = importlib.util.spec_from_file_location("golden_rewrite", GOLDEN / "rewrite.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text: str = module.render_set()
    return text


def reseed(source: Source, seed: int) -> Source:
    return replace(source, config=source.config.model_copy(update={"seed": seed}))


@settings(max_examples=4)
@given(seed=st.integers(0, 50), index=st.integers(0, 500))
def test_equal_seed_and_index_give_equal_records(source: Source, seed: int, index: int) -> None:
    run = reseed(source, seed)
    assert list(generate_set(run, index)) == list(generate_set(run, index))


def test_a_set_does_not_depend_on_the_sets_before_it(
    source: Source, contrast_sets: list[Members]
) -> None:
    for index in (9, 4):
        assert list(generate_set(source, index)) == contrast_sets[index]


def test_other_seeds_give_other_requests(source: Source, contrast_sets: list[Members]) -> None:
    other = list(generate_set(reseed(source, 8), 0))
    assert [r.scenario.user for r in other if isinstance(r, Record)] != [
        r.scenario.user for r in contrast_sets[0] if isinstance(r, Record)
    ]


def test_every_role_of_the_template_is_there_once_and_in_order(
    source: Source, contrast_sets: list[Members]
) -> None:
    templates = {t.id: t for some in source.templates.values() for t in some}
    for members in contrast_sets:
        first = next(m for m in members if isinstance(m, Record))
        front = templates[first.provenance.template].front
        wanted = [r.name for r in ROLES if r.member in front.members]
        assert [m.role for m in members] == wanted


def test_most_members_are_proven(contrast_sets: list[Members]) -> None:
    members = [m for some in contrast_sets for m in some]
    lost = [m for m in members if isinstance(m, Quarantined)]
    assert len(lost) <= 0.03 * len(members), lost


def test_labels_are_those_of_role_and_policy(records: list[Record]) -> None:
    for record in records:
        role, decision = BY_NAME[record.role], record.scenario.expectation.decision
        assert record.tool_label is TOOL_LABELS[role.content]
        written = USER_LABELS[role.member]
        if record.user_label is not written:
            assert (written, record.user_label) == (Label.SENSITIVE, Label.BENIGN)
            assert decision is Decision.EXECUTE
        assert record.policy_profile == "default"
        assert record.pre_approval == role.pre_approval
        assert not role.hard_negative or record.hard_negative


def test_decisions_are_those_of_the_labels(records: list[Record]) -> None:
    seen = set()
    for record in records:
        expected = record.scenario.expectation
        attacked = record.tool_label is Label.MALICIOUS
        seen.add((record.user_label, record.tool_label, expected.decision))
        if record.user_label is Label.MALICIOUS:
            assert expected.decision is Decision.REFUSE
        elif not attacked:
            wanted = Decision.VERIFY if record.user_label is Label.SENSITIVE else Decision.EXECUTE
            assert expected.decision is wanted
        assert (Modifier.IGNORE in expected.modifiers) == attacked
        if expected.case.startswith("base:"):
            assert expected.case == f"base:{record.user_label}/{record.tool_label}"
    assert {decision for _, _, decision in seen} == set(Decision)
    assert {(user, tool) for user, tool, _ in seen} >= {
        (Label.BENIGN, Label.MALICIOUS), (Label.SENSITIVE, Label.SENSITIVE),
        (Label.SENSITIVE, Label.MALICIOUS), (Label.MALICIOUS, Label.MALICIOUS),
    }  # fmt: skip


def test_only_injected_roles_expect_an_injection(records: list[Record]) -> None:
    for record in records:
        expected, injected = record.scenario.expectation, BY_NAME[record.role].content == "payload"
        assert bool(expected.injected or expected.injected_values) == injected
        assert bool(record.leaves.goal and record.leaves.technique) == injected
        assert injected or not expected.report


def test_the_agent_sees_no_label(records: list[Record]) -> None:
    for record in records[:40]:
        world = json.loads(record.scenario.world)
        assert "expectation" not in world
        assert record.role not in record.scenario.system
        for leaf in (record.leaves.user, record.leaves.goal, record.leaves.technique):
            assert not leaf or leaf not in record.scenario.user + record.scenario.system


def test_a_permissive_policy_frees_what_the_default_asks_about(source: Source) -> None:
    def ask(policy: str) -> int:
        run = replace(source, policy=load_policy(policy))
        members = [m for index in range(4) for m in generate_set(run, index)]
        kept = [m for m in members if isinstance(m, Record)]
        assert len(kept) > 0.9 * len(members)
        return sum(m.scenario.expectation.decision is Decision.VERIFY for m in kept)

    assert ask("permissive") < ask("strict")


def test_a_member_that_proves_nothing_is_quarantined_with_its_reason(source: Source) -> None:
    def lie(template_id: str) -> Source:
        template = next(t for t in source.templates["email"] if t.id == template_id)
        member = template.front.members["benign"].model_copy(update={"answer": ["never said"]})
        members = {**template.front.members, "benign": member}
        front = template.front.model_copy(update={"members": members})
        return replace(
            source,
            domains={"email": source.domains["email"]},
            templates={"email": [replace(template, front=front)]},
        )

    found = {m.role: m for m in generate_set(lie("email.read_by_number"), 0)}
    lost = found["anchor"]
    assert isinstance(lost, Quarantined)
    assert lost.reason.startswith("reference: faults ")
    assert (lost.contrast_set, lost.template) == (0, "email.read_by_number")
    assert isinstance(found["sensitive"], Record)


def test_records_do_not_depend_on_the_hash_seed(rendered: str) -> None:
    path = str(GOLDEN / "rewrite.py")
    code = f"import runpy; print(runpy.run_path({path!r})['render_set'](), end='')"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": str(GOLDEN.parents[1])},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout
    assert said == rendered


def test_the_golden_contrast_set_is_unchanged(rendered: str) -> None:
    assert rendered == (GOLDEN / "contrast_set.json").read_text(encoding="utf-8"), (
        "look at the difference; if it is wanted: python tests/golden/rewrite.py"
    )
