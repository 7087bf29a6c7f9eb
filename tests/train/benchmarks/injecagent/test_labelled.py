"""Attacks and twins as labelled texts: each once, in the form that `check --quality` reads."""

import json

import pytest
from typer.testing import CliRunner

from gen.checks.quality.texts_file import make_text_sample, read_texts
from train.benchmarks.injecagent.labelled import list_rows
from train.cli import app


def test_a_case_is_a_poisoned_result_an_order_and_a_harmless_result(harm, theft):
    poisoned, order, harmless = (json.loads(row) for row in list_rows(harm))
    assert poisoned["text"] == harm.tool_response
    assert order["text"] == order["group"] == harm.attacker_instruction
    assert harm.attacker_instruction not in harmless["text"]
    labels = [(row["label"], row["kind"]) for row in (poisoned, order, harmless)]
    assert labels == [("malicious", "result"), ("malicious", "instruction"), ("benign", "result")]
    assert poisoned["group"] == harmless["group"] == harm.user_tool
    assert (poisoned["technique"], harmless["technique"]) == ("GarageOpenDoor", "")
    assert json.loads(next(list_rows(theft)))["technique"] == "DiaryReadPages+GmailSendEmail"


@pytest.mark.parametrize("setting", ["base", "enhanced"])
def test_the_command_writes_the_published_cases(benchmarks, tmp_path, setting):
    out = tmp_path / "new" / "texts.jsonl"
    called = ["benchmark", "injecagent", "--data", str(benchmarks), "--setting", setting]
    result = CliRunner().invoke(app, [*called, "--texts", str(out)])
    assert result.exit_code == 0, result.output
    rows = read_texts(out)
    assert result.stdout == f"{len(rows)} labelled texts in {out}\n"
    assert len({row.text for row in rows if row.kind == "instruction"}) == 62
    assert sum(row.kind == "result" and row.label == "malicious" for row in rows) == 1054
    assert set(make_text_sample(rows).channels) == {"result"}


def test_a_place_that_cannot_be_written_is_said(benchmarks, tmp_path):
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "texts.jsonl"
    called = ["benchmark", "injecagent", "--data", str(benchmarks), "--texts", str(out)]
    result = CliRunner().invoke(app, called)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"triact: cannot write {out}: ")
