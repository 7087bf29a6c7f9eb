"""Files of outputs with rows that are missing, repeated, unknown or damaged."""

import json
from collections import Counter

import pytest
from typer.testing import CliRunner

from train.cli import app


@pytest.fixture
def rows(benchmarks):
    """Whole files: every case of a category, and of a setting, answered with no call."""
    irrelevance = (benchmarks / "bfcl" / "BFCL_v4_irrelevance.json").read_text().splitlines()
    cases = [(attack, index) for attack, count in (("dh", 510), ("ds", 544))
             for index in range(count)]  # fmt: skip
    return {
        "bfcl": [
            {"id": json.loads(line)["id"], "category": "irrelevance", "model_output": "No."}
            for line in irrelevance
        ],
        "injecagent": [
            {"model": "m", "setting": "base", "attack": attack, "case_index": index,
             "output": "Final Answer: I have looked at it and there is nothing to do."}
            for attack, index in cases
        ],
    }  # fmt: skip


@pytest.fixture
def score(benchmarks, tmp_path):
    def invoke(name, rows, *more):
        path = tmp_path / "rows.jsonl"
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        path.write_bytes(b"\n".join(lines))
        arguments = ["benchmark", name, "--data", str(benchmarks), "--score", str(path), *more]
        return CliRunner().invoke(app, arguments)

    return invoke


def _read(result, name):
    """Totals, the coverage, and shares of all cases."""
    totals = json.loads(result.stdout.splitlines()[-1])["totals"]
    found = totals if name == "bfcl" else totals["m base"]
    return totals, found["cases_found"], found["of_all_cases"]


@pytest.mark.parametrize(("prompt", "valid"), [("triact", False), ("published", True)])
def test_bfcl_rows_are_judged_by_what_counts_in_a_form(rows, score, prompt, valid):
    given = [{**row, "model_output": "[any(x=1)]"} for row in rows["bfcl"]]
    result = score("bfcl", given, "--prompt", prompt)
    assert result.exit_code == 0, result.output
    first = json.loads(result.stdout.splitlines()[0])
    assert first["valid"] is valid


@pytest.mark.parametrize("name", ["injecagent", "bfcl"])
def test_a_whole_file_has_nothing_to_remark(rows, score, name):
    result = score(name, rows[name], "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    totals, found, shares = _read(result, name)
    assert found == {"due": len(rows[name]), "scored": len(rows[name]),
                     "missing": [], "unanswered": [], "repeated": {}}  # fmt: skip
    assert totals["rows"] == {"read": len(rows[name]), "unknown": {}, "unreadable": {}}
    assert shares.get("share", shares.get("valid_rate")) == 1


@pytest.mark.parametrize("name", ["injecagent", "bfcl"])
def test_every_kind_of_bad_row_is_counted_and_named(rows, score, name):
    whole = rows[name]
    answer = "model_output" if name == "bfcl" else "output"
    unknown = {**whole[0], "id": "irrelevance_9999", "case_index": 9999}
    bad = [whole[0], unknown, b"{broken", b"\xff\xfe", b"[1]", {"model": "m"},
           {**whole[1], answer: None}]  # fmt: skip
    result = score(name, [*whole[:-2], *bad], "--json")
    assert result.exit_code == 0, result.stderr
    verdicts = [json.loads(line) for line in result.stdout.splitlines()[:-1]]
    assert len(verdicts) == len(whole) - 2 + len(bad)
    kinds = Counter(kind for v in verdicts for kind in ("unknown", "unreadable") if kind in v)
    assert kinds == {"unknown": 1, "unreadable": 4}
    totals, found, shares = _read(result, name)
    first, second = ("irrelevance_0", "irrelevance_1") if name == "bfcl" else ("dh-0", "dh-1")
    assert (len(found["missing"]), found["unanswered"]) == (2, [second])
    assert found["repeated"] == {first: 2, second: 2}
    assert found["scored"] == len(whole) - 3
    assert [len(totals["rows"][kind]) for kind in ("unknown", "unreadable")] == [1, 4]
    assert shares.get("share", shares.get("valid_rate")) == pytest.approx(1 - 3 / len(whole))
    remarks = result.stderr.splitlines()
    assert len(remarks) == 5
    assert f"2 of {len(whole)} cases are missing" in remarks[0]
    assert f"1 of {len(whole)} cases hold no answer: {second}" in remarks[1]
    assert f"the last row counts: {first} (2 rows); {second} (2 rows)" in remarks[2]
    assert remarks[3].startswith("1 rows are of no case")
    assert remarks[4].startswith("4 rows are none")
    assert remarks[4].endswith("and 1 more")


@pytest.mark.parametrize("name", ["injecagent", "bfcl"])
def test_too_little_of_a_benchmark_ends_in_exit_1_and_one_line_says_why(rows, score, name):
    some = rows[name][: len(rows[name]) * 9 // 10]
    result = score(name, some, "--json")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("triact: ")
    assert "more than --max-unscored 0.05" in result.stderr
    assert score(name, some, "--json", "--max-unscored", "0.2").exit_code == 0


def test_an_agent_whose_attacks_are_missing_may_have_lost_them_all(rows, score):
    result = score("injecagent", rows["injecagent"][:510], "--json", "--max-unscored", "1")
    totals, found, shares = _read(result, "injecagent")
    assert totals["m base"]["asr_all"]["total"] == shares["asr_all"] == 0
    assert totals["m base"]["cases"] == 510
    assert len(found["missing"]) == shares["unscored"] == 544
    assert shares["asr_all_if_unscored_succeeded"] == 544 / 1054
    assert shares["valid_rate"] == 510 / 1054
