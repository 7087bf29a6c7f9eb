"""Sets of texts: a planted shortcut and labels by lot are found out, meaning passes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gen.checks.quality.figure import QualityFigure
from gen.checks.quality.measures import artefacts, meaning
from gen.checks.quality.sample import LabelledText
from gen.checks.quality.texts_file import make_text_sample
from train.cli import app

Write = Callable[..., Path]


def _call(*arguments: object) -> Result:
    runner = CliRunner(env={"COLUMNS": "160"})
    return runner.invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def _mistake(*arguments: object) -> str:
    result = _call("check", "--quality", *arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    return line.removeprefix("triact: ")


def _find(figures: list[QualityFigure], name: str) -> QualityFigure:
    [found] = [figure for figure in figures if figure.name.startswith(name)]
    return found


def test_a_planted_sign_fails_format_and_no_other_trait(planted):
    found = list(artefacts.measure(make_text_sample(planted)))
    assert _find(found, "format").estimate.value == pytest.approx(1.0)
    assert [f.holds for f in found] == [False, False, True]  # a character more is a length too


def test_labels_that_only_words_tell_pass_every_trait(meant):
    found = list(artefacts.measure(make_text_sample(meant)))
    assert [figure.holds for figure in found] == [True, True, True]


def test_a_band_of_lengths_that_no_line_separates_is_found(meant):
    rows = [
        LabelledText("word " * (5 if n % 4 else 1 + 9 * (n % 8 == 0)) + f"x{n}",
                     "benign" if n % 4 else "malicious", f"s{n % 40}")
        for n in range(400)
    ]  # fmt: skip
    [length, *_] = artefacts.measure(make_text_sample(rows))
    assert length.estimate.value == pytest.approx(1.0)


def test_meaning_beats_form_and_a_planted_sign_takes_it_back(meant, planted):
    learnt, margin = meaning.measure(make_text_sample(meant))
    assert learnt.holds and margin.holds
    assert margin.estimate.value == pytest.approx(0.5, abs=0.12)
    _, margin = meaning.measure(make_text_sample(planted))
    assert margin.holds is False
    assert margin.estimate.value is not None and margin.estimate.value < 0.05


def test_shuffled_labels_cannot_be_learnt(shuffled):
    learnt, margin = meaning.measure(make_text_sample(shuffled))
    assert learnt.holds is False
    assert margin.holds is False


def test_more_processes_find_the_same(planted):
    sample = make_text_sample(planted)
    assert list(artefacts.measure(sample, workers=2)) == list(artefacts.measure(sample))


def test_without_families_it_is_said_that_none_can_be_held_out(meant):
    rows = [LabelledText(r.text, r.label, r.group) for r in meant]
    _, margin = meaning.measure(make_text_sample(rows))
    assert margin.judgement == "not measured"
    assert margin.note == "fewer than 5 templates or techniques are named"


def test_families_that_stand_in_every_group_cannot_be_held_out(meant):
    rows = [
        LabelledText(r.text, r.label, f"s{n % 6}", f"t{n // 6 % 7}") for n, r in enumerate(meant)
    ]
    _, margin = meaning.measure(make_text_sample(rows))
    assert margin.note == "no family can be held out: contrast sets with it stand in every fold"


def test_kinds_are_told_apart_among_themselves(meant):
    rows = [LabelledText(r.text, r.label, r.group, "", "result") for r in meant]
    rows += [LabelledText(f"{r.text}!!", "malicious", r.group, "", "order") for r in meant]
    assert set(make_text_sample(rows).channels) == {"result"}


def test_the_command_fails_on_a_planted_sign_and_writes_table_data_and_plots(
    planted, write_rows: Write, tmp_path
):
    path = write_rows(tmp_path / "planted.jsonl", planted)
    result = _call("check", "--quality", path)
    assert result.exit_code == 1
    assert result.stderr.startswith("triact: ")
    assert f"broken in {path}" in result.stderr
    assert "format alone, texts channel, AUC" in result.stdout
    assert "needs the records of a run" in result.stdout
    folder = tmp_path / "planted-quality"
    assert sorted(p.name for p in folder.iterdir()) == ["figures.png", "p1.png", "quality.json"]
    kept = json.loads((folder / "quality.json").read_text())
    [figure] = [f for f in kept["figures"] if f["name"].startswith("format")]
    assert (figure["judgement"], figure["bound"], kept["passed"]) == ("fail", 0.65, False)
    assert figure["low"] <= figure["value"] <= figure["high"]


def test_the_same_file_gives_the_same_figures(planted, write_rows: Write, tmp_path):
    path = write_rows(tmp_path / "a.jsonl", planted)
    first, second = (_call("check", "--quality", path, "--json").stdout for _ in range(2))
    assert first == second
    assert json.loads(first)["source"] == str(path)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "{path} holds no rows; each needs text, label and group"),
        ('{"text": "a", "group": "g"}', "{path}:1: label is missing, empty or no text"),
        ('{"text": "a", "label": 3, "group": "g"}', "{path}:1: label is missing, empty or no text"),
        ('\n{"text": " ", "label": "x", "group": "g"}', "{path}:2: text is missing, empty or no"),
        ("[1]", "{path}:1: a row is an object with text, label and group"),
        ("{", "{path}:1: no JSON: "),
        ('{"text": "a", "label": "x", "group": "g", "template": 3}', "{path}:1: template is no"),
    ],
)
def test_a_row_that_is_no_row_is_said_with_its_line(lines, said, tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text(lines)
    assert _mistake(path).startswith(said.format(path=path))


def test_one_label_or_few_groups_are_said(write_rows: Write, tmp_path):
    rows = [LabelledText(f"text {n}", "benign", f"s{n}") for n in range(30)]
    path = write_rows(tmp_path / "one.jsonl", rows)
    assert _mistake(path) == f"{path}: every row has the label 'benign'; two are needed"
    rows = [LabelledText(f"text {n}", f"l{n % 2}", f"s{n % 4}") for n in range(30)]
    path = write_rows(tmp_path / "few.jsonl", rows)
    assert _mistake(path).startswith(f"{path} has 4 contrast sets (groups), fewer than the 5 folds")


def test_what_is_not_there_is_said(tmp_path, run):
    assert "not a run folder" in _mistake(tmp_path / "nothing")
    missing = tmp_path / "missing.jsonl"
    assert _mistake(run, "--compare", missing).startswith(f"cannot read {missing}: ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--compare", "a.jsonl"], "--compare has no effect without --quality"),
        (["--out", "a"], "--out has no effect without --quality"),
    ],
)
def test_an_option_that_does_nothing_is_refused(run, options, said):
    result = _call("check", run, *options)
    assert (result.exit_code, result.stderr) == (2, f"triact: {said}\n")


def test_what_measures_may_be_missing(run, monkeypatch):
    monkeypatch.setattr("gen.checks.quality.learners.find_spec", lambda name: None)
    said = "quality needs matplotlib, numpy, sklearn; install it with: pip install 'triact[train]'"
    assert _mistake(run) == said
