"""A run as the measures see it, and the whole panel on a small one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gen.checks.quality.masking import MASK, mask_shapes, mask_values, read_skeleton
from gen.checks.quality.sample import ATTACKS, TOOL, USER, Sample, make_sample, view_record
from gen.records import Record
from gen.runs.rows import read_records
from train.cli import app


@pytest.fixture(scope="module")
def records_of_run(run: Path) -> list[Record]:
    return list(read_records(run))


@pytest.fixture(scope="module")
def sample(records_of_run: list[Record]) -> Sample:
    return make_sample(records_of_run)


def test_channels_hold_each_text_once_a_set_and_label(sample):
    for texts in sample.channels.values():
        assert len(texts) == len(set(texts)) > 0
    kinds = {text.kind for text in sample.channels[TOOL]}
    assert {*ATTACKS[TOOL], "filler", "quoted"} <= kinds
    assert {text.family for text in sample.channels[USER]} == {v.template for v in sample.views}


def test_attacks_have_their_technique_as_family_and_harmless_contents_their_leaf(sample):
    for text in sample.channels[TOOL]:
        if text.kind == "payload":
            assert text.family.startswith("T.K.")
        elif text.kind == "filler":
            assert text.family.startswith(("T.B.", "T.N."))
            assert not text.family.startswith("T.N.malicious_")


def test_a_result_with_an_attack_is_told_from_one_without(sample):
    attacked = [view for view in sample.views if view.attacked_results]
    assert attacked
    assert {view.kind for view in attacked} <= set(ATTACKS[TOOL])
    assert {view.tool_label for view in attacked} == {"malicious"}


def test_scenes_that_change_the_request_have_no_member(records_of_run):
    members = {r.role: view_record(r).member for r in records_of_run}
    assert members["anchor"] == members["paraphrase"] == "benign"
    assert members["delegated"] == ""


def test_values_of_the_world_and_of_calls_are_masked(records_of_run):
    for record in records_of_run:
        masked = mask_values(record)
        for value in record.scenario.last.expectation.answer:
            assert f" {value} " not in f" {masked} ", record.id
    assert any(MASK in mask_values(record) for record in records_of_run)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('Find "the old mill" for me', "Find _ for me"),
        ("write to a.b@example.com, please", "write to _ please"),
        ("open ~/notes/plan now", "open _ now"),
        ("pay 30 euros on 2025-04-03", "pay _ euros on _"),
        ("ask Ida Frost, who I know", "ask _, who I know"),
        ("Give me it. It's not for I or them", "Give me it. It's not for I or them"),
    ],
)
def test_what_looks_like_a_value_is_masked(text, masked):
    assert mask_shapes(text) == masked


def test_masks_in_a_row_count_once_and_case_and_signs_not_at_all():
    assert read_skeleton("Tell _ _, it's Late!") == ("tell", "_", "it's", "late")


def test_the_panel_of_a_run_is_whole_and_stands_beside_others(run, tmp_path):
    theirs = tmp_path / "theirs.jsonl"
    rows = [{"text": f"send it to place {n}", "label": "malicious", "group": f"g{n}"}
            for n in range(3)]  # fmt: skip
    theirs.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    out = tmp_path / "out"
    called = ["check", "--quality", str(run), "--compare", str(theirs), "--out", str(out)]
    result = CliRunner().invoke(app, [*called, "--json"], catch_exceptions=False)
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert {f["id"] for f in found["figures"]} == {
        "P0", "P1", "P2", "P3", "P5", "P6", "P7", "P11", "Q2", "Q4", "V", "F", "N", "C", "O",
    }  # fmt: skip
    assert list(found["beside"]) == ["theirs"]
    [overlap] = [f for f in found["figures"] if f["id"] == "O"]
    assert (overlap["value"], overlap["judgement"]) == (0.0, "pass")
    assert json.loads((out / "quality.json").read_text()) == found
    assert {path.suffix for path in out.iterdir()} == {".json", ".png"}


def test_a_place_that_cannot_be_written_is_said(run, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("gen.checks.quality.panel.list_measures", lambda foreign, workers: [])
    called = ["check", "--quality", str(run), "--out", str(tmp_path / "file" / "out")]
    result = CliRunner().invoke(app, called)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"triact: cannot write into {tmp_path / 'file' / 'out'}: ")
