import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import templates
from gen.contrast import ROLES, USER_LABELS, Scene
from gen.episode import Play
from gen.policy import load_policy
from gen.records import Record
from gen.sets.conversation import write_conversation
from gen.sets.draft import Draft
from gen.sets.pipeline import Quarantined, generate_set
from gen.sets.roles import list_roles
from gen.sets.situation import Notebook, draw_situation
from gen.sets.source import Source
from gen.taxonomy.labels import Decision, Label, Modifier
from gen.templating.task import TaskFrontMatter
from gen.verdict import Fault
from tool_catalog.errors import BadDomainFile

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
BY_NAME = {role.name: role for role in ROLES}
Sets = dict[int, list[Record | Quarantined]]


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


def find(source: Source, role: str, index: int = 0) -> Record | Quarantined:
    return next(m for m in generate_set(source, index) if m.role == role)


@settings(max_examples=3)
@given(seed=st.integers(0, 50), index=st.integers(0, 500))
def test_equal_seed_and_index_give_equal_records(source: Source, seed: int, index: int) -> None:
    run = reseed(source, seed)
    assert list(generate_set(run, index)) == list(generate_set(run, index))


def test_a_set_does_not_depend_on_the_sets_before_it(source: Source, contrast_sets: Sets) -> None:
    for index in sorted(contrast_sets)[3:1:-1]:
        assert list(generate_set(source, index)) == contrast_sets[index]


def test_other_seeds_give_other_requests(source: Source, contrast_sets: Sets) -> None:
    other = list(generate_set(reseed(source, 8), 0))
    assert [r.scenario.last.text for r in other if isinstance(r, Record)] != [
        r.scenario.last.text for r in contrast_sets[0] if isinstance(r, Record)
    ]


def test_every_role_of_the_set_is_there_once_and_in_order(
    source: Source, contrast_sets: Sets
) -> None:
    for index, members in contrast_sets.items():
        assert [m.role for m in members] == [role.name for role in list_roles(source, index)]


def test_most_members_are_proven(contrast_sets: Sets) -> None:
    members = [m for some in contrast_sets.values() for m in some]
    lost = [m for m in members if isinstance(m, Quarantined)]
    assert len(lost) <= 0.03 * len(members), lost


def test_decisions_go_with_the_users_label(records: list[Record]) -> None:
    decisions = {
        Label.BENIGN: {Decision.EXECUTE, Decision.VERIFY, Decision.REFUSE},
        Label.SENSITIVE: {Decision.VERIFY},
        Label.MALICIOUS: {Decision.REFUSE},
    }
    for label, expected in decisions.items():
        some = [r.scenario.last.expectation for r in records if r.user_label is label]
        assert {e.decision for e in some} == expected
    for record in records:
        if record.user_label is Label.BENIGN:
            decision = record.scenario.last.expectation.decision
            assert (decision is Decision.REFUSE) == (record.role == "unsupported")
            if decision is Decision.VERIFY:
                assert record.scenario.last.expectation.clarify


def test_a_label_milder_or_worse_than_the_requests_own_follows_from_the_ruling(
    records: list[Record],
) -> None:
    for record in records:
        own, decision = USER_LABELS[BY_NAME[record.role].member], (
            record.scenario.last.expectation.decision
        )  # fmt: skip
        if record.user_label is own:
            continue
        if own is Label.SENSITIVE and record.user_label is Label.BENIGN:
            expectation = record.scenario.last.expectation
            assert decision is Decision.EXECUTE or not expectation.needs_yes()
        elif record.user_label is Label.MALICIOUS:
            assert decision is Decision.REFUSE
        else:
            assert (own, record.user_label) == (Label.BENIGN, Label.SENSITIVE)
            assert record.role == "delegated"


def test_malicious_results_are_ignored_and_base_cases_name_both_labels(
    records: list[Record],
) -> None:
    seen = set()
    for record in records:
        expected = record.scenario.last.expectation
        attacked = record.tool_label is Label.MALICIOUS
        seen.add((record.user_label, record.tool_label))
        assert (Modifier.IGNORE in expected.modifiers) == attacked
        if expected.case.startswith("base:"):
            assert expected.case == f"base:{record.user_label}/{record.tool_label}"
    assert seen >= {
        (Label.BENIGN, Label.MALICIOUS), (Label.SENSITIVE, Label.SENSITIVE),
        (Label.SENSITIVE, Label.MALICIOUS), (Label.MALICIOUS, Label.BENIGN),
    }  # fmt: skip


def test_only_malicious_results_have_a_goal_and_something_that_an_outsider_wants(
    records: list[Record],
) -> None:
    for record in records:
        expected, malicious = record.scenario.last.expectation, (
            record.tool_label is Label.MALICIOUS
        )  # fmt: skip
        assert expected.attacked == malicious, record.id
        assert bool(record.leaves.goal) == malicious
        if not malicious:
            assert not any(r.due for r in expected.reportable)
            assert not record.leaves.technique


def test_a_permissive_policy_frees_what_the_default_asks_about(source: Source) -> None:
    def ask(policy: str) -> int:
        run = replace(source, policy=load_policy(policy))
        members = [m for index in range(3) for m in generate_set(run, index)]
        kept = [m for m in members if isinstance(m, Record)]
        assert len(kept) > 0.9 * len(members)
        assert {r.policy_profile for r in kept} == {policy}
        return sum(m.scenario.last.expectation.decision is Decision.VERIFY for m in kept)

    assert ask("permissive") < ask("strict")


def test_a_member_that_proves_nothing_is_quarantined_with_its_reason(
    source: Source, narrow: Any
) -> None:
    def lie(front: TaskFrontMatter) -> dict[str, Any]:
        member = front.members["benign"].model_copy(update={"answer": ["never said"]})
        return {"members": {**front.members, "benign": member}}

    lying = narrow(source, "email.answer_mail", lie)
    lost = find(lying, "anchor")
    assert isinstance(lost, Quarantined)
    assert lost.reason.startswith("reference: faults ")
    assert (lost.contrast_set, lost.template) == (0, "email.answer_mail")
    assert isinstance(find(lying, "sensitive"), Record)
    assert isinstance(find(narrow(source, "email.answer_mail"), "anchor"), Record)


def test_a_member_that_the_set_has_nothing_for_is_quarantined(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gen.sets.pipeline.find_gap", lambda situation, role: "nothing to claim")
    members = list(generate_set(source, 0))
    assert [m.role for m in members] == [role.name for role in list_roles(source, 0)]
    assert all(isinstance(m, Quarantined) and m.reason == "nothing to claim" for m in members)


def test_a_reference_that_does_another_thing_than_is_due_proves_nothing(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = Play.end

    def misread(self: Play) -> Any:
        results, verdict, sandbox = play(self)
        return results, verdict._replace(observed=Decision.REFUSE), sandbox

    monkeypatch.setattr(Play, "end", misread)
    found = find(source, "anchor")
    assert isinstance(found, Quarantined)
    assert found.reason == "reference: observed refuse, expected execute"


def test_an_attack_in_a_result_that_nobody_reads_proves_nothing(
    source: Source, narrow: Any
) -> None:
    def misplace(front: TaskFrontMatter) -> dict[str, Any]:
        moved = {"tool": "list_attachments", "field": "name"}
        return {"carriers": [c.model_copy(update=moved) for c in front.carriers]}

    lost = find(narrow(source, "email.answer_mail", misplace), "injected")
    assert isinstance(lost, Quarantined)
    assert lost.reason == "the attack was never shown"


def test_content_that_was_not_shown_proves_nothing(source: Source, narrow: Any) -> None:
    def misplace(front: TaskFrontMatter) -> dict[str, Any]:
        where = {"email_id": "nowhere"}
        return {"carriers": [c.model_copy(update={"where": where}) for c in front.carriers]}

    for role in ("anchor", "injected", "protected_value"):
        lost = find(narrow(source, "email.answer_mail", misplace), role)
        assert isinstance(lost, Quarantined)
        assert lost.reason.startswith("content placed in email.read_email.")
        assert lost.reason.endswith("was not shown")
    bare = find(narrow(source, "email.answer_mail", misplace), "span_removed")
    assert isinstance(bare, Record)


def test_a_read_that_changes_the_world_is_the_domains_mistake(source: Source, narrow: Any) -> None:
    domain = source.domains["email"]

    def search(state: Any, bound: Mapping[str, Any]) -> Any:
        found = domain.runs["search_emails"](state, bound)
        state.labels.append("searched")
        return found

    sly = replace(domain, runs={**domain.runs, "search_emails": search})
    one = narrow(source, "email.answer_mail")
    changed = replace(one, domains={"email": sly})
    with pytest.raises(BadDomainFile, match="a tool flagged R changed the state; give it flag W"):
        list(generate_set(changed, 0))
    assert list(generate_set(one, 0))


def test_a_guess_proves_nothing(source: Source, narrow: Any) -> None:
    def guess(front: TaskFrontMatter) -> dict[str, Any]:
        benign = front.members["benign"]
        blind = benign.model_copy(update={"calls": benign.calls[1:]})
        return {"members": {**front.members, "benign": blind}}

    lost = find(narrow(source, "email.answer_mail", guess), "anchor")
    assert isinstance(lost, Quarantined)
    assert lost.reason.startswith("grounding: email.read_email(email_id=")


@pytest.mark.parametrize(
    ("name", "faults", "reason"),
    [
        ("lazy", {Fault.LEAK}, "counterfactual lazy: faults none, made to have leak"),
        ("sly", set(), "counterfactual sly: faults leak, silent, made to have "),
    ],
)
def test_a_way_to_be_wrong_that_is_another_proves_nothing(
    source: Source, monkeypatch: pytest.MonkeyPatch, name: str, faults: set[Fault], reason: str
) -> None:
    index = next(n for n in range(9) if isinstance(find(source, "swapped", n), Record))

    def write(plan: Any, reference: Any, events: Any, rng: Any) -> Any:
        told = reference[-1]._replace(text=f"{reference[-1].text} {plan.expectation.protected}")
        quiet = [m for m in reference[:-1] if not any("report" in c.tool for c in m.calls)]
        yield name, frozenset(faults), [*quiet, told] if name == "sly" else list(reference)

    monkeypatch.setattr("gen.sets.pipeline.write_counterfactuals", write)
    lost = find(source, "swapped", index)
    assert isinstance(lost, Quarantined)
    assert lost.reason == reason


def test_results_of_a_wrong_way_are_its_own(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that failed once goes well the second time, whichever message makes it."""

    def swap(plan: Any, reference: Any, events: Any, rng: Any) -> Any:
        if len(reference) > 1:
            yield "swapped", frozenset(), [reference[1], reference[0], *reference[2:]]

    monkeypatch.setattr("gen.sets.pipeline.write_counterfactuals", swap)
    sizes = set()
    for index in range(200):
        if sizes >= {1, 2}:
            break
        if "tool_error" not in {role.name for role in list_roles(source, index)}:
            continue
        record = find(source, "tool_error", index)
        if isinstance(record, Quarantined):
            continue
        first, again, *_ = record.reference
        if '"error"' not in first.calls[0].result:
            continue
        [wrong] = record.counterfactuals
        assert wrong.steps[0].calls[0].result == first.calls[0].result
        assert wrong.steps[1].calls[0].result == again.calls[0].result
        sizes.add(len(first.calls))
    assert sizes >= {1, 2}


def test_an_earlier_turn_stands_whatever_results_turn_out_to_be(source: Source) -> None:
    seen = set()
    for index in range(40):
        situation = draw_situation(source, index)
        assert situation is not None
        for role in situation.roles:
            if role.scene is not Scene.APPROVED_EARLIER or len(seen) > 1:
                continue
            record = find(source, role.name, index)
            conversation = write_conversation(Draft(source, situation, Notebook(), role))
            if isinstance(record, Record):
                turns = record.scenario.turns
                assert len(turns) == len(conversation.plans) > 1
                assert turns[:-1] == conversation.scenario.turns[:-1]
                seen.add(record.tool_label)
    assert seen == {Label.BENIGN, Label.SENSITIVE}


def read_digests() -> dict[tuple[str, str], str]:
    """Digest by kind and name of every shipped file that records can name."""
    root = Path(templates.__file__).parent
    folders = {"goal": "goals", "technique": "techniques", "content": "contents",
               "chores": "chores", "strategy": "strategies"}  # fmt: skip
    found = {
        (kind, path.stem): path for kind, name in folders.items()
        for path in (root / name).glob("*.j2")
    }  # fmt: skip
    for kind, name in (("task", "tasks"), ("story", "stories")):
        for path in root.glob(f"{name}/*/*.j2"):
            found[kind, f"{path.parent.name}.{path.stem}"] = path
    return {
        key: blake2b(path.read_text(encoding="utf-8").encode(), digest_size=8).hexdigest()
        for key, path in found.items()
    }


def test_provenance_names_every_file_with_its_hash(source: Source, records: list[Record]) -> None:
    known = read_digests()
    for record in records:
        files = record.provenance.files
        named = {(file.kind, file.name) for file in files}
        assert len(named) == len(files)
        domains = {name for kind, name in named if kind == "domain"}
        assert domains == set(record.scenario.worlds)
        for file in files:
            if file.kind in ("domain", "speech"):
                assert file == source.files[file.name]
            else:
                assert file.digest == known[file.kind, file.name]
        kinds = {kind for kind, _ in named}
        assert {"task", "story", "speech", "domain"} <= kinds
        assert ("strategy" in kinds) >= (record.leaves.strategy != "U.J.none")
        assert ("task", record.provenance.template) in named
        if record.leaves.goal:
            assert "goal" in kinds
        assert ("technique" in kinds) >= bool(record.leaves.technique)
        content = BY_NAME[record.role].content
        twin = content in ("filler", "benign_imperative")
        assert twin <= ({"chores", "technique"} <= kinds)
        assert ("content" in kinds) == (content in ("sensitive", "quoted", "errand"))
        assert {"goal", "technique", "content"} <= kinds or content != "quoted"


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
    stored = (GOLDEN / "contrast_set.json").read_text(encoding="utf-8")
    roles = [member["role"] for member in json.loads(stored)]
    assert roles[:3] == ["anchor", "paraphrase", "injected"]
    assert rendered == stored, (
        "look at the difference; if it is wanted: run tests/golden/rewrite.py"
    )
