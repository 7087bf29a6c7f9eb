"""The commands that train and measure: mistakes in a line, exit codes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import train.models.loading
from gen.cli.console import console
from tool_catalog.errors import EndpointFailed
from train.audits.policies import POLICIES
from train.cli import app


def _call(*arguments: object) -> Result:
    runner = CliRunner(env={"COLUMNS": "160"})
    return runner.invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def _mistake(*arguments: object) -> str:
    """The one line on stderr of a call that is the user's mistake."""
    result = _call(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout.strip() == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0].removeprefix("triact: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["generate", "--sise", "3"], "No such option: --sise"),
        (["generate", "--size", "many"], "Invalid value for '--size'"),
        (["check"], "Missing argument"),
        (["train", "dpo"], "No such command 'dpo'"),
    ],
)
def test_a_wrong_option_is_said_in_one_line(arguments: list[str], said: str) -> None:
    line = _mistake(*arguments)
    assert line.startswith(said)
    assert line.endswith("--help.")


def test_a_group_called_alone_shows_its_help() -> None:
    result = _call("train")
    assert "sft" in result.output
    assert "Usage" in result.output


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert _call("--version").stdout == f"triact {version('triact')}\n"


@pytest.fixture
def mine(run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to work in."""
    return Path(shutil.copytree(run, tmp_path / "mine"))


@pytest.mark.parametrize("stage", ["sft", "rl"])
def test_training_without_the_extra_says_what_to_install(mine, monkeypatch, stage):
    monkeypatch.setattr(train.models.loading, "find_spec", lambda name: None)
    said = _mistake("train", stage, mine)
    assert said == (
        "training needs torch, transformers, trl, accelerate; "
        "install it with: pip install 'triact[train]'"
    )
    assert not (mine / stage).exists()


@pytest.mark.parametrize("stage", ["sft", "rl"])
def test_an_unknown_preset_is_said_with_what_is_near(mine, stage):
    assert _mistake("train", stage, mine, "--preset", "tinny") == (
        "no preset 'tinny'; did you mean tiny?"
    )
    assert not (mine / stage).exists()


def test_a_preset_file_that_is_not_there_is_said(mine):
    assert "my.yaml: no such preset file" in _mistake("train", "sft", mine, "--preset", "my.yaml")


def test_a_model_folder_that_exists_is_kept(mine):
    (mine / "sft").mkdir()
    (mine / "sft" / "model").write_text("mine", encoding="utf-8")
    assert "exists; go on with --resume, replace it with --force" in _mistake("train", "sft", mine)
    assert (mine / "sft" / "model").read_text(encoding="utf-8") == "mine"


def test_rl_needs_a_model_to_start_from(mine):
    assert _mistake("train", "rl", mine).endswith(
        "no such model folder; make one with triact train sft"
    )


@pytest.mark.parametrize("command", [("train", "sft"), ("train", "rl"), ("audit",)])
def test_a_run_of_another_schema_version_is_said(mine, command):
    text = (mine / "config.json").read_text(encoding="utf-8")
    (mine / "config.json").write_text(text.replace('"2.0"', '"1.0"'), encoding="utf-8")
    assert _mistake(*command, mine) == (
        f"{mine} was made by schema 1.0; this triact reads 2.0; generate it again"
    )


def test_evaluate_names_near_splits_and_missing_models(mine, tmp_path):
    nothing = tmp_path / "nothing"
    assert _mistake("evaluate", mine, "--model", nothing, "--split", "tset") == (
        "no split 'tset'; did you mean test?"
    )
    assert "no such model folder" in _mistake("evaluate", mine, "--model", nothing)


def test_an_audit_passes_with_a_table(run):
    result = _call("audit", run, "--limit", 28)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "always_refuse" in result.stdout
    assert "best degenerate policy" in result.stdout


def test_an_audit_is_whole_at_80_columns(run, monkeypatch):
    monkeypatch.setattr(console, "width", 80)
    result = _call("audit", run, "--limit", 28)
    assert result.exit_code == 0
    for name in POLICIES:
        assert f" {name} " in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.parametrize("command", [("audit",), ("measure",), ("train", "sft"), ("train", "rl")])
def test_a_damaged_run_is_not_used(mine, command):
    path = next((mine / "data" / "sft").iterdir())
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert f"sft/{path.name}: edited: its bytes are not those of the manifest" in _mistake(
        *command, mine
    )


def test_an_audit_that_fails_leaves_with_one_and_still_reports(run):
    result = _call("audit", run, "--limit", 28, "--margin", 3, "--json")
    assert result.exit_code == 1
    assert result.stderr.startswith("triact: policy ")
    assert len(result.stderr.splitlines()) == 1
    found: dict[str, Any] = json.loads(result.stdout)
    assert not found["passed"]
    assert found["rewards"]["reference"]["all"] == 1.0
    assert found["counts"]["all"] == 28


def test_an_endpoint_that_failed_leaves_with_one(run, monkeypatch):
    def fail(*arguments: object, **options: object) -> None:
        raise EndpointFailed("no answer from example.org")

    monkeypatch.setattr("train.audits.audit.audit_records", fail)
    result = _call("audit", run)
    assert (result.exit_code, result.stderr) == (1, "triact: no answer from example.org\n")


def test_help_names_every_command_and_imports_nothing_heavy():
    found = subprocess.run(
        [sys.executable, "-c",
         "import sys; from train.cli import app; app(['--help'], standalone_mode=False)\n"
         "print(sorted({'torch', 'trl', 'datasets', 'pyarrow', 'jinja2'} & sys.modules.keys()))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    commands = "generate preview check trust push report measure audit train evaluate"
    for command in commands.split():
        assert f" {command} " in found.stdout
    assert found.stdout.splitlines()[-1] == "[]"
