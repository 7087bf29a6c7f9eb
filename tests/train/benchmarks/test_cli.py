"""The benchmark commands on the published data, with an endpoint that says what it is told."""

import json
import shutil

import pytest
from loopback import Loopback
from typer.testing import CliRunner

from train.cli import app


def _invoke(*arguments: object):
    return CliRunner().invoke(app, [*map(str, arguments)])


def _lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def agent(tmp_path):
    """Arguments for an agent that never calls anything, and where its run is kept."""
    with Loopback(lambda body: "I have looked at it and there is nothing more to say.") as server:
        yield ["--endpoint", server.url, "--model", "m", "--out", tmp_path / "out"]


@pytest.fixture
def report(tmp_path):
    return lambda: json.loads((tmp_path / "out" / "report.json").read_text())


def test_injecagent_runs_in_both_wordings_and_both_promptings(benchmarks, agent, report, tmp_path):
    common = ["benchmark", "injecagent", *agent, "--data", benchmarks, "--limit", 12, "--force"]
    for setting, prompting in (("base", "native"), ("enhanced", "react")):
        result = _invoke(*common, "--setting", setting, "--prompting", prompting)
        assert result.exit_code == 0, result.output
        found = report()
        assert found["settings"]["setting"] == setting
        assert found["figures"]["outcomes"]["scored"] == 24
        assert found["figures"]["measures"]["attack_success"]["value"] == 0
        assert found["figures"]["measures"]["valid"]["value"] == 1
        assert "benign utility" in result.output
    shown = _invoke("episodes", tmp_path / "out", "--limit", 1)
    assert "nothing more to say" in shown.output


def test_bfcl_runs_and_an_agent_that_never_calls_is_right_only_where_none_is_due(
    benchmarks, agent, report
):
    result = _invoke("benchmark", "bfcl", *agent, "--data", benchmarks, "--limit", 40)
    assert result.exit_code == 0, result.output
    found = report()
    assert found["parts"]["irrelevance"]["measures"]["accuracy"]["value"] == 1
    assert found["parts"]["simple_python"]["measures"]["accuracy"]["value"] == 0
    assert found["totals"]["overall"] is None
    assert found["unscored"] == {}


def test_agent_safetybench_runs_without_a_judge_and_says_that_it_is_simulated(
    benchmarks, agent, report
):
    common = ["benchmark", "agent-safetybench", *agent, "--data", benchmarks, "--limit", 16]
    result = _invoke(*common)
    assert result.exit_code == 0, result.output
    assert "simulated environments" in result.output
    assert "not judged" in result.output
    found = report()
    assert found["figures"]["outcomes"]["scored"] == 16
    assert "safe" not in found["figures"]["measures"]
    assert found["totals"]["judged"] == 0


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("injecagent", "conformance_outputs_base.jsonl"),
        ("bfcl", "conformance_ast_checker.jsonl"),
    ],
)
def test_stored_outputs_get_a_verdict_a_row_and_totals(benchmarks, name, file, tmp_path):
    rows = _lines((benchmarks / name / file).read_text())[:200]
    given = tmp_path / "rows.jsonl"
    hidden = {"eval", "invalid_reason", "eval_step2", "invalid_reason_step2", "valid", "error_type"}
    given.write_text(
        "".join(json.dumps({k: v for k, v in r.items() if k not in hidden}) + "\n" for r in rows)
    )
    common = ["benchmark", name, "--data", benchmarks, "--score", given, "--json"]
    result = _invoke(*common, "--max-unscored", 1)
    assert result.exit_code == 0, result.output
    *verdicts, last = _lines(result.stdout)
    assert list(last) == ["totals"]
    for row, verdict in zip(rows, verdicts, strict=True):
        known = {k: row.get(k) for k in verdict if k in hidden}
        assert {k: v for k, v in verdict.items() if k in hidden} == known


@pytest.mark.parametrize("name", ["injecagent", "bfcl", "agent-safetybench"])
def test_missing_data_are_a_mistake_that_says_where_to_get_them(name, agent, tmp_path):
    (tmp_path / "data").mkdir()
    result = _invoke("benchmark", name, *agent, "--data", tmp_path / "data")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_edited_data_are_refused(benchmarks, agent, tmp_path):
    copy = tmp_path / "injecagent"
    shutil.copytree(benchmarks / "injecagent", copy)
    path = copy / "test_cases_dh_base.json"
    path.chmod(0o644)
    copy.chmod(0o755)
    path.write_text(path.read_text().replace("Physical Harm", "Others", 1))
    result = _invoke("benchmark", "injecagent", *agent, "--data", copy)
    assert result.exit_code == 2
    assert "edited" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["injecagent", "--setting", "bsae"], "did you mean base"),
        (["injecagent", "--simulator-model", "x"], "both --simulator-endpoint and"),
        (["bfcl", "--category", "simple_pyton"], "did you mean simple_python"),
        (["bfcl", "--category", "memory_kv"], "memory"),
        (["bfcl", "--category", "multi_turn", "--official", "nowhere"], "bfcl-eval"),
        (["agent-safetybench", "--judge-prompt", "p.txt"], "needs a judge"),
        (["agent-safetybench", "--judge-tokens", 9], "--judge-tokens needs a judge"),
        (["agent-safetybench", "--judge-sample", "s.jsonl"], "--judge-sample needs a judge"),
        (["agent-safetybench", "--judge-model", "p"], "both --judge-endpoint and"),
        (["agent-safetybench", "--environments", "nowhere"], "nowhere"),
        (["injecagent", "--score", "nowhere.jsonl"], "cannot be read"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else None,
)
def test_mistakes_end_in_one_line_and_exit_2(benchmarks, agent, arguments, hint, tmp_path):
    name, *more = arguments
    result = _invoke("benchmark", name, *agent, "--data", benchmarks, *more)
    assert result.exit_code == 2, result.output
    assert hint in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_file_without_a_row_that_can_be_scored_is_refused(benchmarks, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"model": "m"}\n')
    result = _invoke("benchmark", "injecagent", "--data", benchmarks, "--score", path)
    assert result.exit_code == 2
    assert "row 1" in result.stderr
    path.write_text("{broken\n")
    result = _invoke("benchmark", "bfcl", "--data", benchmarks, "--score", path)
    assert (result.exit_code, "rows.jsonl:1" in result.stderr) == (2, True)


def test_a_log_for_inspect_is_written_on_request(benchmarks, agent, tmp_path):
    result = _invoke(
        "benchmark", "bfcl", *agent, "--data", benchmarks, "--limit", 3, "--export", "inspect"
    )
    assert result.exit_code == 0, result.output
    [log] = (tmp_path / "out" / "inspect").iterdir()
    assert len(json.loads(log.read_text())["samples"]) == 3
