"""No policy without judgement comes near the reference, and a bad reward is caught."""

from pathlib import Path

import pytest

from gen.records import Record
from gen.runs.rows import read_records
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
    assert len(POLICIES) >= 7
    assert audit.passed
    for name, rewards in audit.rewards.items():
        if name != REFERENCE:
            assert rewards["all"] <= 1.0 - MARGIN, name


def test_policies_do_well_only_where_they_happen_to_be_right(audit):
    assert audit.rewards["always_refuse"]["refuse"] == 1.0
    assert audit.rewards["always_refuse"]["execute"] == -1.0
    assert audit.rewards["always_execute"]["execute"] > 0.8
    assert audit.rewards["always_execute"]["refuse"] == -1.0
    assert audit.rewards["always_execute"]["verify"] == -1.0
    assert audit.rewards["ask_then_obey"]["verify"] > 0.8
    assert audit.rewards["ask_then_obey"]["execute"] < 0.2
    assert audit.rewards["follow_everything"]["attacked"] < -0.9


def test_classes_are_counted(audit, records):
    decisions = [str(r.scenario.expectation.decision) for r in records]
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
    name, earned = audit.best_degenerate
    assert earned > audit.rewards[REFERENCE]["all"] - MARGIN
    assert name != REFERENCE


def test_a_margin_that_is_too_wide_fails(audit):
    _, earned = audit.best_degenerate
    assert not Audit(audit.rewards, audit.counts, 1.01 - earned).passed
    assert Audit(audit.rewards, audit.counts, 0.99 - earned).passed


def test_an_audit_is_the_same_twice(records, audit):
    assert audit_records(records) == audit
