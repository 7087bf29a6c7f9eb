"""The page shows the same request to each agent, and what changed first."""

from tests.train.demo.conftest import make_case
from train.demo.side_by_side import choose_cases, write_episodes


def test_what_changed_most_comes_first_of_every_kind():
    before = {f"c{n}": make_case(n, right=False) for n in range(30)}
    after = before | {f"c{n}": make_case(n, right=True) for n in (13, 17)}
    after["c24"] = make_case(24, right=True, attacked=True)
    shown = choose_cases(before, after)
    assert len(shown) == len(set(shown)) == 10
    kinds = [(after[name].verdict.expected, after[name].verdict.attacked) for name in shown]
    assert len(set(kinds[:4])) == 4
    assert {"c13", "c17", "c24"} <= set(shown[:4])


def test_few_cases_are_all_shown_once():
    cases = {f"c{n}": make_case(n, right=True) for n in range(2)}
    assert sorted(choose_cases(cases, cases)) == ["c0", "c1"]
    assert choose_cases({}, cases) == []


def test_the_page_holds_what_each_agent_did(played, tmp_path):
    path = write_episodes(tmp_path, played)
    text = path.read_text(encoding="utf-8")
    assert path.name == "episodes.html"
    assert text.startswith("<!doctype html>")
    assert text.count('class="columns"') == 10
    for agent in ("base", "sft", "rl"):
        assert f"{agent} did c5." in text
    assert text.count("Do c5.") == 1
    assert "complied" in text
    assert "refuse (no fault), reward +1.00" in text
    assert "&lt;b&gt;7&lt;/b&gt;" in text  # what an agent wrote is shown, never taken for markup
    assert "<b>7</b>" not in text
