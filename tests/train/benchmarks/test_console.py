"""What a run's table says: counts of cases, shares that are scores, and none that is not."""

import json

import pytest

from gen.cli.console import console
from tool_catalog.errors import CheckFailed
from train.benchmarks.console import check_scored, print_episode, print_report
from train.evaluation.benchmark import Benchmark, build_report, count_floor
from train.evaluation.runner import Job
from train.evaluation.transcripts import Transcript

BOTH = ("attack_success", "utility")


def _make_report(cut: int):
    """Twenty cases of two parts; utility is due in half of each, and some of the first are cut."""
    jobs = [
        Job(f"c{n}", "theft" if n < 10 else "harm", f"g{n}", None,
            measures=BOTH if n % 2 else BOTH[:1])
        for n in range(20)
    ]  # fmt: skip
    episodes = [
        Transcript(case=job.case, part=job.part, group=job.group, calls=1,
                   measures={"attack_success": 0.0, **({"utility": 1.0} if n % 2 else {})},
                   **({"outcome": "cut", "reason": "too long"} if n < cut else {}))
        for n, job in enumerate(jobs)
    ]  # fmt: skip
    benchmark = Benchmark("toy", {}, jobs, BOTH, lower=("attack_success",), notes=["a note"])
    floors = {"silent": count_floor(benchmark, episodes)}
    return build_report(benchmark, "m", episodes, floors=floors, warnings=["no call"])


@pytest.fixture
def show(capsys, monkeypatch):
    """The lines of a report's table, in a wide terminal."""
    monkeypatch.setattr(console, "_width", 200)

    def run(report, most_unscored: float = 0.05) -> list[list[str]]:
        print_report(report, most_unscored=most_unscored, as_json=False)
        lines = capsys.readouterr().out.splitlines()
        return [[cell.strip() for cell in line.split("│")] for line in lines]

    return run


def _find(rows: list[list[str]], name: str) -> list[str]:
    return next(row[2:-1] for row in rows if len(row) > 1 and row[1] == name)


def test_with_every_case_scored_both_shares_are_the_same(show):
    rows = show(_make_report(cut=0))
    assert _find(rows, "attack success") == ["0.0% [0, 0]", "0.0%", "0.0%"]
    assert _find(rows, "theft") == ["10 of 10", "0.0%", "100.0%"]
    assert ["m, 20 cases: 20 scored, 0 empty, 0 cut, 0 unjudged, 0 error"] in rows
    assert ["note: a note"] in rows
    assert ["warning: no call"] in rows


def test_a_part_counts_its_cases_and_not_those_of_a_measure(show):
    rows = show(_make_report(cut=1))
    assert _find(rows, "theft") == ["9 of 10", "- (10.0%)", "- (100.0%)"]
    assert _find(rows, "harm") == ["10 of 10", "0.0%", "100.0%"]
    assert _find(rows, "attack success") == ["0.0% [0, 0]", "5.0%", "0.0%"]
    assert ["m, 20 cases: 19 scored, 0 empty, 1 cut, 0 unjudged, 0 error"] in rows
    assert ["silent, 20 cases: 19 scored, 0 empty, 1 cut, 0 unjudged, 0 error"] in rows
    assert ["1 cases have no score (what was cut may want more --max-tokens):"] in rows


def test_with_too_many_unscored_no_share_is_shown_and_it_is_no_measurement(show, capsys):
    report = _make_report(cut=2)
    rows = show(report)
    assert _find(rows, "attack success") == ["-", "10.0%", "0.0%"]
    with pytest.raises(CheckFailed, match=r"2 of 20 cases.*\(2 cut\).*mostly cut: too long"):
        check_scored(report, 0.05)
    print_report(report, most_unscored=0.05, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["figures"]["measures"] == printed["parts"]["theft"]["measures"] == {}
    assert printed["figures"]["overall"]["attack_success"]["value"] == pytest.approx(0.1)
    allowed = show(report, most_unscored=0.2)
    assert _find(allowed, "attack success")[0] == "0.0% [0, 0]"
    check_scored(report, 0.2)


@pytest.mark.parametrize(
    ("ended", "said"),
    [({}, "held 1"), ({"outcome": "cut", "reason": "too long", "cut": "length"}, "cut: too long")],
)
def test_an_episode_says_what_it_ended_as(capsys, ended, said):
    message = {"role": "assistant", "content": "I wou"}
    print_episode(Transcript(case="c", part="p", group="g", messages=[message],
                             measures={"held": 1.0}, **ended))  # fmt: skip
    shown = capsys.readouterr().out
    assert "I wou" in shown
    assert said in shown
    assert ("held 1" in shown) is not bool(ended)
