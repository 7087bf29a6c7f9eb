from typing import Any

import pytest

from gen.checks.balance import measure_balance
from gen.records import Record


def row(label: str = "benign", words: int = 10, hard: bool = False, **more: Any) -> dict[str, Any]:
    decisions = {"benign": "execute", "sensitive": "verify", "malicious": "refuse"}
    return {
        "user_label": label, "tool_label": "benign", "decision": decisions[label],
        "hard_negative": hard, "domain": "email", "request": "word " * words, "content": "",
        **more,
    }  # fmt: skip


def balanced() -> list[dict[str, Any]]:
    rows = [row(label) for label in ("benign", "sensitive", "malicious") for _ in range(20)]
    return [{**r, "hard_negative": n % 3 == 0} for n, r in enumerate(rows)]


def test_a_balanced_set_has_no_problem() -> None:
    found = measure_balance(balanced())
    assert found.problems == ()
    assert found.records == 60
    assert found.hard_negatives == pytest.approx(1 / 3)


def test_counts_are_those_of_the_rows() -> None:
    rows = [
        row("benign", 4, content="one two", tool_label="malicious"),
        row("benign", 6, content="one two three four", tool_label="malicious"),
        row("malicious", 9, domain="banking"),
    ]
    found = measure_balance(rows)
    assert found.cells == {("benign", "malicious"): 2, ("malicious", "benign"): 1}
    assert found.decisions == {"execute": 2, "refuse": 1}
    assert found.request_words == {"benign": 5, "malicious": 9}
    assert found.content_words == {"malicious": 3}
    assert found.domains == {"banking": 1, "email": 2}


@pytest.mark.parametrize(("share", "said"), [(0, "0%"), (2, "50%"), (1, "100%")])
def test_too_few_or_many_hard_negatives_are_a_problem(share: int, said: str) -> None:
    rows = [{**r, "hard_negative": share > 0 and n % share == 0} for n, r in enumerate(balanced())]
    assert f"hard negatives are {said} of rows, not 25%-45%" in measure_balance(rows).problems


@pytest.mark.parametrize("label", ["benign", "sensitive", "malicious"])
def test_a_missing_label_is_a_problem(label: str) -> None:
    rows = [r for r in balanced() if r["user_label"] != label]
    assert measure_balance(rows).problems == (f"{label} requests are 0% of rows, under 5%",)


def test_a_rare_label_is_a_problem() -> None:
    rows = balanced() + [row(hard=n % 3 == 0) for n in range(600)]
    problems = measure_balance(rows).problems
    assert [p.split()[0] for p in problems] == ["sensitive", "malicious"]


def test_lengths_that_give_the_label_away_are_a_problem() -> None:
    rows = [{**r, "request": "word " * 17} if r["user_label"] == "malicious" else r
            for r in balanced()]  # fmt: skip
    (problem,) = measure_balance(rows).problems
    assert problem.startswith("mean request lengths differ by more than 1.6")


def test_no_rows_break_every_share() -> None:
    found = measure_balance([])
    assert found.records == 0
    assert len(found.problems) == 4


def test_generated_sets_are_balanced(records: list[Record]) -> None:
    rows = [
        {
            "user_label": r.user_label, "tool_label": r.tool_label, "domain": r.scenario.domain,
            "decision": r.scenario.last.expectation.decision, "hard_negative": r.hard_negative,
            "request": r.scenario.last.text,
            "content": " | ".join(p.content for p in r.scenario.placements),
        }
        for r in records
    ]  # fmt: skip
    found = measure_balance(rows)
    assert found.problems == ()
    assert len(found.cells) >= 7
