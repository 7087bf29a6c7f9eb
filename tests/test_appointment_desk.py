"""The example of the README, as a user runs it: own domain, own templates, own policy."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from gen.contrast import CORE
from gen.records import Record
from gen.runs.rows import read_records
from tool_catalog.loading.guard import run_theirs
from train.cli import app

ROOT = Path(__file__).resolve().parents[1]
DESK = ROOT / "docs" / "appointment_desk"
COMMAND = "from train.cli import app; app()"
OPTIONS = (
    "--domain", str(DESK / "desk.py"),
    "--templates", str(DESK / "templates"),
    "--policy", str(DESK / "policy.yaml"),
)  # fmt: skip


def _triact(*arguments: object) -> str:
    """What the command prints; it must succeed."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, f"{arguments}\n{result.output}\n{result.exception!r}"
    return result.stdout


def _triact_apart(*arguments: object) -> str:
    """As `_triact`, in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-c", COMMAND, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, f"{arguments}\n{result.stdout}\n{result.stderr}"
    return result.stdout


LIES = [
    ("    found = [v for v in desk.visits if v.customer and", "    while True: pass\n",
     "desk.py: find_bookings: takes longer"),
    ("    v = _find_visit(desk, visit_id, booked=True)\n    return", "    raise SystemExit(0)\n",
     "desk.py: read_booking: wants to end the program"),
    ("    desk = Desk(", "    raise ValueError('no')\n", "desk.py: seed: ValueError: no"),
    ("    v = _find_visit(desk, visit_id, booked=True)\n    return", "    desk.visits.pop()\n",
     "desk.py: read_booking: flagged R, but it changed the state"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "lie", "told"), LIES)
def test_a_domain_that_lies_is_one_line_and_exit_code_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, lie: str, told: str
) -> None:
    monkeypatch.setattr(run_theirs, "__defaults__", (0.3,))
    text = (DESK / "desk.py").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "desk.py").write_text(text.replace(before, lie + before), encoding="utf-8")
    options = ["--domain", tmp_path / "desk.py", *OPTIONS[2:], "--size", 50, "--workers", 1]
    result = CliRunner().invoke(
        app, list(map(str, ["generate", *options, "--out", tmp_path / "run"]))
    )
    assert result.exit_code == 2, result.output
    assert told in " ".join(result.output.split())


def test_a_domain_folder_generates_and_its_run_needs_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    shutil.copy(DESK / "desk.py", folder / "tools.py")
    text = '"""The desk as a folder."""\nfrom .tools import *\nfrom .tools import STATE, seed\n'
    (folder / "__init__.py").write_text(text, encoding="utf-8")
    out = tmp_path / "run"
    _triact("generate", "--domain", folder, *OPTIONS[2:], "--size", 60, "--out", out)
    shutil.rmtree(folder)
    assert sorted(p.name for p in (out / "domains" / "desk").iterdir()) == [
        "__init__.py", "tools.py",
    ]  # fmt: skip
    assert json.loads(_triact("check", out, "--json"))["records"] >= 30


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk") / "run"
    _triact("generate", *OPTIONS, "--size", 300, "--out", folder)
    return folder


@pytest.fixture(scope="module")
def records(run: Path) -> list[Record]:
    return list(read_records(run))


def test_every_draft_proves_itself_and_the_check_finds_nothing(run: Path) -> None:
    review = json.loads(_triact("check", run, "--json"))
    assert review["passed"]
    assert review["records"] >= 300
    assert review["quarantined"] == 0


def test_no_degenerate_policy_comes_near_the_reference(run: Path) -> None:
    audit = json.loads(_triact("audit", run, "--json"))
    assert audit["passed"]
    assert audit["rewards"]["reference"]["all"] == 1.0


def test_every_template_and_every_decision_is_there(records: list[Record]) -> None:
    templates = {record.provenance.template for record in records}
    assert templates == {"desk.next_visit", "desk.time_of_visit", "desk.wish_of_customer"}
    decisions = {record.scenario.last.expectation.decision for record in records}
    assert decisions == {"execute", "verify", "refuse"}


TOLD = {
    "list": ("Ask the user before: tell_customer.", "Never use: send_customer_list."),
    "prose": ("goes out in the user's name", "use send_customer_list"),
    "table": ("| tell_customer | always |", "| send_customer_list | always | never |"),
    "unstated": ("send_customer_list",),
}
"""What each form of the policy says where a customer may be written to."""


def test_the_agent_is_told_what_the_policy_says_in_every_form(records: list[Record]) -> None:
    told = [
        (r.policy_form, r.scenario.system)
        for r in records
        if r.role == "anchor" and "desk.send_customer_list" in r.scenario.tools
    ]
    assert len({form for form, _ in told}) >= 2
    for form, system in told:
        assert all(part in system for part in TOLD[form]), (form, system)
        assert form != "unstated" or "tell_customer" not in system


def test_a_goahead_in_the_request_is_enough_to_cancel_but_not_to_write(
    records: list[Record],
) -> None:
    found = {
        (record.reference[-2].calls[-1].tool, str(record.scenario.last.expectation.decision))
        for record in records
        if record.role == "preapproved" and record.scenario.last.script.attitude == "yes"
    }
    assert found == {("desk.cancel_booking", "execute"), ("desk.tell_customer", "verify")}


def test_outsiders_ask_for_what_the_own_goal_files_name(records: list[Record]) -> None:
    wanted: dict[str, set[str]] = {"injected": set(), "errand_unasked": set()}
    for record in records:
        if record.role in wanted:
            calls = record.scenario.last.expectation.injected
            wanted[record.role] |= {call.tool for call in calls}
    assert wanted == {
        "injected": {"desk.send_customer_list", "desk.tell_customer"},
        "errand_unasked": {"desk.cancel_booking", "desk.tell_customer"},
    }


def test_what_the_own_templates_declare_gives_members_of_its_own(records: list[Record]) -> None:
    roles = {(record.provenance.template, record.role) for record in records}
    assert ("desk.time_of_visit", "swapped") in roles
    assert ("desk.next_visit", "swapped") not in roles
    assert {role for _, role in roles} >= {"delegated", "other_owner", "unclear", "over_limit"}


def test_catalog_and_preview_take_the_same_files() -> None:
    tools = json.loads(_triact("catalog", DESK / "desk.py", "--json"))
    assert {"read_booking", "cancel_booking", "tell_customer"} <= set(tools)
    members = json.loads(_triact_apart("preview", *OPTIONS, "--index", 2, "--json"))
    assert {member["role"] for member in members} > {role.name for role in CORE}
    assert all(list(member["scenario"]["worlds"]) == ["desk"] for member in members)


def test_the_run_needs_no_file_of_the_user_again(run: Path, tmp_path: Path) -> None:
    assert (run / "domains" / "desk.py").read_bytes() == (DESK / "desk.py").read_bytes()
    [sampled] = _sample(run, "rl", 1)
    assert all(tool.startswith("desk.") for tool in sampled["environment"].split("+"))


def _sample(run: Path, config: str, rows: int) -> list[dict[str, Any]]:
    from datasets import load_dataset

    dataset = load_dataset(str(run), config, split="train")
    return [dict(dataset[i]) for i in range(rows)]


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny preset, cut down to a few steps."""
    import train

    shipped = Path(train.__path__[0]) / "presets" / "tiny.yaml"
    preset = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    preset["sft"] |= {"max_steps": 3}
    preset["rl"] |= {"prompts": 4, "generations": 2, "max_new_tokens": 48, "max_calls": 3}
    path = tmp_path_factory.mktemp("preset") / "brief.yaml"
    path.write_text(yaml.safe_dump(preset), encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_example_trains_from_sft_to_rl(run: Path, brief: Path) -> None:
    _triact_apart("train", "sft", run, "--preset", brief)
    _triact_apart("train", "rl", run, "--preset", brief, "--steps", 2)
    lines = (run / "rl" / "rl.jsonl").read_text(encoding="utf-8").splitlines()
    steps = [json.loads(line) for line in lines]
    assert [step["step"] for step in steps] == [1, 2]
    assert all(set(step["actions"]) <= {"execute", "verify", "refuse"} for step in steps)
    assert (run / "rl" / "model.safetensors").is_file()
