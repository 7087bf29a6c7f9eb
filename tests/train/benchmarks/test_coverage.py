"""What a file of outputs holds of the published cases, in numbers and in words."""

import pytest

from tool_catalog.errors import CheckFailed, UserMistake
from train.benchmarks.coverage import (
    Coverage,
    RowFault,
    UnknownCase,
    check_coverage,
    count_faults,
    cover,
    write_remarks,
)

FAULTS = [RowFault(3, UserMistake("row 3: x")), RowFault(5, UnknownCase("row 5: no case"))]


def test_rows_are_held_against_what_is_due():
    found = cover(["a", "b", "c", "d"], ["b", "a", "b", "c"], {"c"})
    assert found == Coverage(4, missing=("d",), unanswered=("c",), repeated={"b": 2})
    assert found.unscored == 2
    assert found.to_columns() == {
        "due": 4, "scored": 2, "missing": ["d"], "unanswered": ["c"], "repeated": {"b": 2},
    }  # fmt: skip


def test_faults_are_counted_by_kind():
    assert count_faults(FAULTS) == {
        "unknown": {"5": "row 5: no case"},
        "unreadable": {"3": "row 3: x"},
    }
    assert FAULTS[1].to_columns() == {"row": 5, "unknown": "row 5: no case"}


def test_remarks_name_the_first_few():
    found = cover(list("abcdef"), ["f", "f"], {"f"})
    assert list(write_remarks({"m": found}, FAULTS)) == [
        "m: 5 of 6 cases are missing: a; b; c and 2 more",
        "m: 1 of 6 cases hold no answer: f",
        "m: 1 cases come several times, and the last row counts: f (2 rows)",
        "1 rows are of no case that is run here: row 5: no case",
        "1 rows are none: row 3: x",
    ]
    assert list(write_remarks({"": cover(["a"], ["a"], ())}, ())) == []


@pytest.mark.parametrize(("rows", "passes"), [(19, True), (18, False)])
def test_too_many_cases_without_a_score_are_refused(rows, passes):
    names = [str(i) for i in range(20)]
    whole, found = cover(names, names, ()), cover(names, names[:rows], ())
    if passes:
        check_coverage({"a": whole, "b": found}, 0.05)
        return
    with pytest.raises(CheckFailed, match=r"^b: 2 of 20 cases .* more than --max-unscored 0\.05"):
        check_coverage({"a": whole, "b": found}, 0.05)
