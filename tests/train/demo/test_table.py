"""One table: own test, what was not seen, benchmarks; floors beside the agents."""

from gen.checks.bootstrap import Interval
from train.console import write_estimate
from train.demo.table import list_rows, print_table, write_table
from train.evaluation.benchmark import Figures
from train.evaluation.report import build_report

COLUMNS = ("silent", "always-refuse", "base", "sft", "rl")


def _report(played):
    return build_report({a: played.cases[a] for a in ("base", "sft", "rl")}, {}, {})


def test_rows_are_of_every_split_and_everybody(played):
    rows = list(list_rows(played))
    headings = [row.title for row in rows if not row.values]
    assert headings == ["test: 12 episodes, 4 contrast sets",
                        "ood_domain: 6 episodes, 2 contrast sets"]  # fmt: skip
    assert all(len(row.values) == len(COLUMNS) for row in rows if row.values)
    f1 = next(row.values for row in rows if row.title == "macro f1")
    assert (f1[2].value, f1[-1].value) == (0, 1)


def test_a_benchmark_is_shown_with_what_it_gives_to_the_floors(played):
    share = Interval(0.25, 0.1, 0.4)
    figures = Figures({"scored": 8}, {}, {"attack_success_all": share})
    played.figures["injecagent"] = dict.fromkeys(COLUMNS, figures)
    rows = list(list_rows(played))
    place = next(n for n, row in enumerate(rows) if row.title == "injecagent: 8 cases")
    assert rows[place + 1].write(write_estimate) == ["25.0% [10, 40]"] * 5
    assert rows[place + 2].write(write_estimate) == ["-"] * 5


def test_the_file_says_what_rl_changed_and_what_was_not_played(played, tmp_path):
    path = write_table(tmp_path, played, _report(played))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "| | silent | always-refuse | base | sft | rl |"
    assert "| **test: 12 episodes, 4 contrast sets** |  |  |  |  |  |" in lines
    assert lines[-1] == "not played: injecagent: no data of injecagent here"
    assert lines[-2].startswith("RL against SFT on the test split, paired: mean reward +1.33 [")


def test_the_table_is_printed_whole(played, capsys):
    print_table(played, _report(played))
    lines = capsys.readouterr().out.splitlines()
    assert any("not played: injecagent" in line for line in lines)
    assert any("verification f1" in line for line in lines)
    assert any("refuse" in line for line in lines)
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)
    assert max(len(line) for line in lines if line[:1] in "┏┡│├└") <= 80
