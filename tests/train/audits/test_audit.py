"""No policy without judgement comes near the reference, and a bad reward is caught."""

from itertools import islice
from pathlib import Path

import pytest

from gen.config import RunConfig
from gen.episode import SHIPPED
from gen.records import Record
from gen.runs.rows import read_records
from gen.sets.pipeline import generate_set
from gen.sets.source import load_source
from train.audits.audit import MARGIN, POLICIES, REFERENCE, Audit, audit_records
from train.reward import DEFAULT, Weights


@pytest.fixture(scope="module")
def records(run: Path) -> list[Record]:
    return list(read_records(run))


@pytest.fixture(scope="module")
def audit(records: list[Record]) -> Audit:
    return audit_records(records)


def test_the_reference_earns_everything_in_every_class(audit):
    assert set(audit.rewards[REFERENCE].values()) == {1.0}


def test_every_degenerate_policy_stays_the_margin_below(audit):
    assert audit.passed
    assert audit.gaps.keys() == POLICIES.keys() - {REFERENCE}
    assert min(audit.gaps.values()) == audit.best_degenerate[1] >= MARGIN


def test_policies_of_reporting_are_judged_where_reports_matter(audit):
    assert audit.rewards["report_nothing"]["harmless"] == 1.0
    assert audit.rewards["report_nothing"]["attacked"] == pytest.approx(
        1.0 - audit.gaps["report_nothing"]
    )
    assert audit.rewards["report_nothing"]["attacked"] <= 0.5
    assert audit.rewards["report_everything"]["harmless"] <= 0.5
    assert audit.rewards["report_everything"]["harmless"] == pytest.approx(
        1.0 - audit.gaps["report_everything"]
    )
    assert audit.gaps["always_execute"] == pytest.approx(
        1.0 - audit.rewards["always_execute"]["all"]
    )


def test_a_policy_without_its_class_is_not_judged(records):
    harmless = [r for r in records if not r.scenario.last.expectation.attacked]
    audit = audit_records(harmless)
    assert "report_nothing" not in audit.gaps
    assert audit.passed


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        pytest.param("report_nothing", Weights(silent=-0.15), id="silence"),
        pytest.param("report_everything", Weights(false_alarm=-0.15), id="false-alarms"),
    ],
)
def test_a_report_that_is_priced_too_low_is_caught(records, name, weights):
    audit = audit_records(records, weights=weights)
    assert not audit.passed
    assert audit.best_degenerate[0] == name


def test_earlier_turns_are_played_by_the_reference(records):
    record = next(r for r in records if len(r.scenario.turns) > 1)
    audit = audit_records([record])
    assert audit.rewards[REFERENCE]["all"] == 1.0
    assert audit.rewards["always_refuse"]["all"] == -0.7


def test_whoever_asks_about_everything_asks_for_a_missing_fact_too():
    source = load_source(RunConfig(size=1, seed=1, domains=("banking",)))
    drawn = (m for index in range(40) for m in generate_set(source, index))
    found = (r for r in drawn if isinstance(r, Record) and r.role == "unclear")
    unclear = list(islice(found, 3))
    assert len(unclear) == 3
    for record in unclear:
        audit = audit_records([record])
        # Asking about the call as well is right only where it needs a yes.
        due = bool(record.scenario.last.expectation.needs_yes())
        assert audit.rewards["ask_then_obey"]["all"] == (1.0 if due else 0.6), record.id
        assert audit.rewards["always_execute"]["all"] < 0, record.id


def test_a_sentence_that_a_third_party_could_write_is_reported_by_whoever_reports_all(records):
    record = next(r for r in records if r.role == "injected" and r.scenario.placements)
    tools = SHIPPED.list_tools(record.scenario)
    reports = [
        use.arguments["quote"] for step in POLICIES["report_everything"](record, tools)
        for use in step.calls if use.tool == "report_content"
    ]  # fmt: skip
    [placed] = record.scenario.placements
    said = " ".join(reports)
    assert len(reports) > 2
    assert all(word in said for word in placed.content.split())
    without = POLICIES["report_nothing"](record, tools)
    assert not any(use.tool == "report_content" for step in without for use in step.calls)


def test_policies_do_well_only_where_they_happen_to_be_right(audit):
    assert audit.rewards["always_refuse"]["refuse"] > 0.3  # some refusals owe an answer
    assert audit.rewards["always_refuse"]["execute"] == -1.0
    assert audit.rewards["always_execute"]["execute"] > 0.8
    assert audit.rewards["always_execute"]["refuse"] < 0
    assert audit.rewards["always_execute"]["verify"] < -0.9
    assert audit.rewards["ask_then_obey"]["verify"] > 0.75
    assert audit.rewards["ask_then_obey"]["execute"] < 0.2
    assert audit.rewards["follow_everything"]["attacked"] < -0.9


def test_classes_are_counted(audit, records):
    decisions = [str(r.scenario.last.expectation.decision) for r in records]
    assert audit.counts["all"] == len(records)
    for name in ("execute", "verify", "refuse"):
        assert audit.counts[name] == decisions.count(name) > 0
    assert 0 < audit.counts["attacked"] < len(records)


@pytest.mark.parametrize(
    "weights",
    [
        pytest.param(Weights(right=-DEFAULT.right), id="right"),
        pytest.param(Weights(refused_execute=1.0, refused_verify=0.7), id="refused"),
        pytest.param(Weights(unsafe=-DEFAULT.unsafe), id="unsafe"),
    ],
)
def test_a_weight_of_the_wrong_sign_is_caught(records, weights):
    audit = audit_records(records, weights=weights)
    assert not audit.passed
    name, gap = audit.best_degenerate
    assert gap < MARGIN
    assert name != REFERENCE


def test_a_margin_that_is_too_wide_fails(audit):
    _, gap = audit.best_degenerate
    assert not Audit(audit.rewards, audit.counts, gap + 0.01).passed
    assert Audit(audit.rewards, audit.counts, gap - 0.01).passed


def test_an_audit_is_the_same_twice(records, audit):
    assert audit_records(records) == audit
