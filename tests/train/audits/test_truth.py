"""A run is measured as a whole: what its pairs reject, and what a model guesses of the decision."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gen.checks.figures import Figure
from gen.runs.rows import read_records
from tool_catalog.errors import BadRun
from train.audits.truth import measure_run
from train.cli import app


@pytest.fixture(scope="module")
def figures(run: Path) -> list[Figure]:
    return measure_run(run, 10**6)


def test_every_row_of_the_table_is_there(figures):
    assert len(figures) == 10
    assert len({figure.name for figure in figures}) == 10


def test_pairs_of_poisoned_rows_are_counted(run, figures):
    poisoned = [r for r in read_records(run) if r.scenario.last.expectation.attacked]
    assert figures[-1].count == len(poisoned) > 0
    assert figures[-1].value is not None
    assert figures[-1].value > 0


def test_pairs_that_reject_something_else_break_their_figure(run, monkeypatch):
    monkeypatch.setattr(
        "train.audits.truth.read_rows",
        lambda run, name, columns: [
            {"id": r.id, "rejected_faults": ["refused"]} for r in read_records(run)
        ],
    )
    figure = measure_run(run, 10**6)[-1]
    assert figure.value == 0.0
    assert not figure.holds


def test_a_folder_that_is_no_run_is_a_mistake(tmp_path):
    with pytest.raises(BadRun, match="not a run folder"):
        measure_run(tmp_path, 10)


@pytest.mark.parametrize("value", [0.9, 0.2])
def test_the_command_fails_when_a_bound_is_broken(run, monkeypatch, value):
    found = [Figure("good", 1.0, 1.0, True, 3), Figure("bad", value, 0.5, False, 1234)]
    monkeypatch.setattr("train.audits.truth.measure_run", lambda run, limit: found)
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["measure", str(run)])
    assert result.exit_code == (1 if value > 0.5 else 0)
    assert ("0.900 !" in result.stdout) is (value > 0.5)
    assert "<= 0.50" in result.stdout
    assert "1,234" in result.stdout
    assert result.stderr == ("triact: out of bounds: bad\n" if value > 0.5 else "")
    plain = CliRunner().invoke(app, ["measure", str(run), "--json"])
    assert [row["holds"] for row in json.loads(plain.stdout)] == [True, value <= 0.5]
