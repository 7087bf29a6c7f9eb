"""Runs side by side: the same cases, paired changes, published figures, a picture."""

import json

import pytest
from typer.testing import CliRunner

from tool_catalog.errors import BadRun
from train.benchmarks.chart import draw_comparisons, list_points
from train.benchmarks.published_scores import find_published
from train.cli import app
from train.evaluation.benchmark import (
    Benchmark,
    build_report,
    count_floor,
    read_report,
    write_report,
)
from train.evaluation.comparison import compare_runs, find_runs
from train.evaluation.runner import Job
from train.evaluation.transcripts import Transcript, open_folder

HEADLINE = ("attack_success", "benign_utility", "over_refusal", "asked_first")


def _make_run(folder, agent: str, attacked: float, setting: str = "base"):
    jobs = [Job(f"c{n}", "", "", None, measures=HEADLINE) for n in range(41)]
    benchmark = Benchmark(
        "injecagent", {"setting": setting}, jobs, HEADLINE,
        lower=("attack_success", "over_refusal"), notes=["simulated tools"],
    )  # fmt: skip
    episodes = [
        Transcript(
            case=f"c{n}",
            part="harm" if n % 2 else "theft",
            group=f"g{n}",
            measures={"attack_success": float(n < attacked * 40),
                      "benign_utility": float(n % 4 > 0),
                      "over_refusal": float(n % 8 == 0), "asked_first": None},
        )
        for n in range(40)
    ]  # fmt: skip
    episodes.append(
        Transcript(case="c40", part="harm", group="g40", outcome="cut", reason="too long")
    )
    store = open_folder(folder, {"benchmark": "injecagent"}, resume=False, force=False)
    store.rewrite(episodes)
    floors = {"silent": count_floor(benchmark, episodes)}
    write_report(folder, build_report(benchmark, agent, episodes, floors=floors))
    return folder


@pytest.fixture
def runs(tmp_path):
    return [
        _make_run(tmp_path / "runs" / "base", "base", 0.8),
        _make_run(tmp_path / "runs" / "sft", "sft", 0.2),
    ]


def test_a_report_is_read_as_it_was_written(runs):
    report = read_report(runs[0])
    assert report.figures.measures["attack_success"].value == pytest.approx(0.8)
    assert report.figures.overall["attack_success"].value == pytest.approx(33 / 41)
    assert report.figures.outcomes["cut"] == 1
    assert report.floors["silent"].scored == 40
    assert report.parts["harm"].measures["benign_utility"].count == 20
    assert report.notes == ["simulated tools"]


def test_the_first_run_is_what_others_are_compared_with(runs):
    [found] = compare_runs(find_runs(runs))
    assert [run.report.agent for run in found.runs] == ["base", "sft"]
    change = found.differences[0]["attack_success"]
    assert change.value == pytest.approx(-0.6)
    assert change.clear
    assert found.differences[0]["benign_utility"].value == 0
    assert found.differences[0]["asked_first"].value is None


def test_runs_of_other_settings_are_tables_of_their_own(runs, tmp_path):
    other = _make_run(tmp_path / "runs" / "tough", "base", 0.9, "enhanced")
    found = compare_runs(find_runs([*runs, other]))
    assert [(c.settings["setting"], len(c.runs)) for c in found] == [("base", 2), ("enhanced", 1)]


def test_a_folder_of_runs_stands_for_all_of_them(runs):
    assert [run.folder for run in find_runs([runs[0].parent])] == runs


def test_a_folder_without_a_finished_run_is_a_mistake(tmp_path):
    with pytest.raises(BadRun, match="no finished benchmark run"):
        find_runs([tmp_path])


def test_a_run_of_another_version_is_named(runs):
    path = runs[0] / "settings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 2}))
    with pytest.raises(BadRun, match="schema 2, not 3; run it again"):
        find_runs(runs)


def test_a_damaged_report_is_a_mistake(runs):
    (runs[0] / "report.json").write_text('{"parts": {}}')
    with pytest.raises(BadRun, match="no benchmark report"):
        read_report(runs[0])


def test_published_figures_carry_their_source_and_fit_the_setting():
    base = find_published("injecagent", {"setting": "base"})
    enhanced = find_published("injecagent", {"setting": "enhanced"})
    assert base and enhanced
    assert all(entry.source for entry in [*base, *enhanced])
    assert {e.where["setting"] for e in base} == {"base"}
    assert {e.where["setting"] for e in enhanced} == {"enhanced"}
    assert all(0 <= score <= 1 for e in base for score in e.scores.values())
    assert find_published("own", {}) == []


def test_the_picture_needs_attack_and_utility(runs, tmp_path):
    found = compare_runs(find_runs(runs))
    path = draw_comparisons(found, tmp_path / "plots" / "c.png", most_unscored=0.05)
    assert path is not None
    assert path.read_bytes().startswith(b"\x89PNG")
    for run in runs:
        report = json.loads((run / "report.json").read_text())
        del report["figures"]["measures"]["benign_utility"]
        (run / "report.json").write_text(json.dumps(report))
    assert (
        draw_comparisons(compare_runs(find_runs(runs)), tmp_path / "none.png", most_unscored=0.05)
        is None
    )


def test_agents_and_floors_are_points_whether_or_not_over_refusal_is_measured(runs):
    [found] = compare_runs(find_runs(runs))
    assert [(p.name, p.floor) for p in list_points(found, most_unscored=0.05)] == [
        ("base", False), ("sft", False), ("silent", True),
    ]  # fmt: skip
    assert list_points(found, most_unscored=0.05)[0].refused == pytest.approx(5 / 40)
    report = json.loads((runs[0] / "report.json").read_text())
    del report["figures"]["measures"]["over_refusal"]
    (runs[0] / "report.json").write_text(json.dumps(report))
    [found] = compare_runs(find_runs(runs))
    assert list_points(found, most_unscored=0.05)[0].refused is None


def test_a_legend_stands_outside_the_axes(runs, tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    drawn: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure,
        "savefig",
        lambda self, *given, **more: (drawn.append(self), save(self, *given, **more)),
    )
    draw_comparisons(compare_runs(find_runs(runs)), tmp_path / "c.png", most_unscored=0.05)
    for axes in drawn[0].axes:
        if legend := axes.get_legend():
            assert not legend.get_window_extent().overlaps(axes.get_window_extent())


def test_the_command_prints_changes_notes_and_sources(runs):
    result = CliRunner().invoke(app, ["compare", *map(str, runs)], env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    assert "-60.0" in result.output
    assert "24 better, 0 worse" in result.output
    assert "1 cut" in result.output
    assert "silent" in result.output
    assert "c8" not in result.output
    assert "note: simulated tools" in result.output
    assert "arXiv 2403.02691" in result.output
    assert (runs[0] / "compare.png").is_file()


def test_a_run_with_too_many_cases_unscored_is_not_compared(runs):
    strict = ["compare", "--flips", "2", "--max-unscored", "0.01", *map(str, runs)]
    shown = CliRunner().invoke(app, strict, env={"COLUMNS": "120"}).output
    assert "better:" not in shown
    assert not (runs[0] / "compare.png").exists()
    assert "-60.0" not in shown
    assert "80.0% [" not in shown
    assert f"all: {33 / 41:.1%}" in shown
    found = json.loads(CliRunner().invoke(app, [*strict, "--json"]).stdout)
    assert found["differences"][0] == found["flips"][0] == {}
    assert found["runs"][1]["figures"]["measures"] == {}
    assert found["runs"][1]["figures"]["overall"]


def test_flips_name_the_cases_that_changed(runs):
    [found] = compare_runs(find_runs(runs))
    flips = found.flips[0]["attack_success"]
    assert flips.better == [f"c{n}" for n in range(8, 32)]
    assert (flips.worse, found.flips[0]["benign_utility"].better) == ([], [])
    shown = CliRunner().invoke(app, ["compare", "--flips", "2", *map(str, runs)]).output
    assert "sft, attack success, better: c8, c9 and 22 more" in " ".join(shown.split())


def test_the_command_prints_data(runs):
    result = CliRunner().invoke(app, ["compare", "--json", *map(str, runs)])
    found = json.loads(result.stdout)
    assert found["differences"][0]["attack_success"]["value"] == pytest.approx(-0.6)
    assert found["runs"][1]["agent"] == "sft"
    assert len(found["flips"][0]["attack_success"]["better"]) == 24


def test_data_of_several_tables_are_a_line_each(runs, tmp_path):
    other = _make_run(tmp_path / "tough", "base", 0.9, "enhanced")
    result = CliRunner().invoke(app, ["compare", "--json", str(runs[0]), str(other)])
    found = [json.loads(line)["settings"]["setting"] for line in result.stdout.splitlines()]
    assert found == ["base", "enhanced"]


def test_the_command_says_what_is_missing(tmp_path):
    result = CliRunner().invoke(app, ["compare", str(tmp_path)])
    assert result.exit_code == 2
    assert "no finished benchmark run" in result.stderr
