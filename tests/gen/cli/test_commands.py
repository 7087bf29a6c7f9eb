"""The command: options in, one line of what was done or what to put right, an exit code."""

import json
import shutil
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gen.cli.console import console, show_plain
from gen.contrast import CORE
from gen.runs.folder import read_manifest
from tool_catalog.catalog import domain_names, load_domain
from train.cli import app

DESK = Path(__file__).resolve().parents[3] / "docs" / "appointment_desk"
TASK = DESK / "templates" / "tasks" / "desk" / "time_of_visit.j2"


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
    assert lines[0].startswith("triact: ")
    return lines[0].removeprefix("triact: ")


@pytest.fixture
def mine(run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to damage."""
    return Path(shutil.copytree(run, tmp_path / "mine"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--domain", "bankin"], "no domain 'bankin'; did you mean banking?"),
        (["--domain", "zzz"], "no domain 'zzz'; known: "),
        (["--leaf", "U.S.data_sharin"], "no leaf 'U.S.data_sharin'; did you mean U.S.data_sharing"),
        (["--domain", "email", "--policy", "stric"], "no policy 'stric'; did you mean strict?"),
        (["--domain", "email", "--policy", "house.yaml"], "house.yaml: "),
        (["--domain", "nowhere.py"], "nowhere.py: no such domain file"),
        (["--templates", "nowhere"], "nowhere: no such folder of templates"),
    ],
)
def test_an_unknown_name_is_said_with_what_is_near(tmp_path, options, said):
    assert _mistake("generate", "--out", tmp_path / "run", *options).startswith(said)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("size", [0, -5])
def test_a_size_below_one_is_refused(tmp_path, size):
    said = _mistake("generate", "--size", size, "--out", tmp_path / "run")
    assert said == f"size must be at least 1, got {size}"
    assert not (tmp_path / "run").exists()


def test_a_folder_that_exists_is_kept(mine):
    before = (mine / "manifest.json").read_bytes()
    said = _mistake("generate", "--size", 1, "--domain", "banking", "--out", mine)
    assert said == f"{mine} exists; continue with --resume, or replace it with --force"
    assert (mine / "manifest.json").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "run"
    said = _mistake("generate", "--size", 1, "--domain", "banking", "--out", out)
    assert said.startswith(f"{tmp_path / 'file' / 'run'}: Not a directory")


def _replace(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("change", "marker", "said"),
    [
        pytest.param(
            lambda text: text + "{% block more %}{{ pick( }}{% endblock %}\n",
            "{% block more %}", "", id="syntax-error",
        ),
        pytest.param(
            _replace("{{ amount }} euros", "{{ amuont }} euros"),
            "amuont", "no slot 'amuont'; did you mean amount?", id="unknown-slot",
        ),
        pytest.param(
            _replace("slots:\n", "slots:\n  spare: {integer: [1, 2]}\n"),
            "spare", "slot 'spare' is never used; use it or remove it", id="unused-fact",
        ),
        pytest.param(
            _replace("tools: [find_bookings", "tools: [find_bookngs"),
            "find_bookngs", "no tool 'find_bookngs'; did you mean find_bookings", id="unknown-tool",
        ),
        pytest.param(
            _replace("leaf: U.B.info_lookup", "leaf: U.B.info_lokup"),
            "info_lokup", "no leaf 'U.B.info_lokup'; did you mean U.B.info_lookup",
            id="unknown-leaf",
        ),
        pytest.param(
            _replace("carriers:", "carrier:"),
            None, "carriers: Field required", id="missing-key",
        ),
        pytest.param(
            _replace("members:\n", "members:\n  spiteful: {leaf: U.B.info_lookup, calls: []}\n"),
            "spiteful", "members.spiteful", id="unknown-member",
        ),
        pytest.param(
            _replace("slots:\n", "slots: [\n"), None, "", id="not-yaml",
        ),
        pytest.param(
            lambda text: text.split("---\n", 2)[2],
            None, "front matter is missing; start with --- and end it with ---",
            id="no-front-matter",
        ),
    ],
)  # fmt: skip
def test_a_wrong_template_is_named_with_its_line(tmp_path, change, marker, said):
    folder = tmp_path / "tasks" / "desk"
    folder.mkdir(parents=True)
    text = change(TASK.read_text(encoding="utf-8"))
    (folder / "mine.j2").write_text(text, encoding="utf-8")
    line = _mistake("preview", "--domain", DESK / "desk.py", "--templates", tmp_path)
    where, number, reason = line.split(":", 2)
    assert where == str(folder / "mine.j2")
    assert said in reason
    if marker is None:
        assert 1 <= int(number) <= len(text.splitlines())
    else:
        assert marker in text.splitlines()[int(number) - 1]


@pytest.mark.parametrize("command", ["check", "report", "audit"])
def test_a_folder_that_is_no_run_is_said(tmp_path, command):
    said = _mistake(command, tmp_path / "nothing")
    assert said.endswith("is not a run folder (no config.json); make one with triact generate")


@pytest.mark.parametrize("command", ["check", "report", "audit"])
def test_an_unfinished_run_is_said(mine, command):
    (mine / "manifest.json").unlink()
    assert "is unfinished (no manifest.json)" in _mistake(command, mine)


@pytest.mark.parametrize("command", ["report", "audit"])
def test_a_damaged_run_is_said(mine, command):
    next((mine / "data" / "records").glob("train-*")).write_bytes(b"PAR1")
    said = _mistake(command, mine)
    assert "truncated: 4 of" in said
    assert said.endswith(f"triact check {mine} tells more")


def test_a_check_that_fails_names_the_file_and_leaves_with_one(mine):
    name = read_manifest(mine).list_shards("sft")[0]
    (mine / name).write_bytes((mine / name).read_bytes()[:-9])
    result = _call("check", mine)
    assert result.exit_code == 1
    assert result.stderr == f"triact: 1 finding in {mine}\n"
    assert f"{name}:truncatedornotParquet" in "".join(result.stdout.split())


def test_a_check_that_passes_leaves_with_zero(run):
    result = _call("check", run)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "every record replayed; nothing found" in result.stdout


def _load(*arguments: object, code: int = 0) -> Any:
    result = _call(*arguments, "--json")
    assert (result.exit_code, result.stderr == "") == (code, code == 0), result.output
    return json.loads(result.stdout)


def test_generate_reports_as_json(tmp_path):
    found = _load("generate", "--size", 1, "--domain", "banking", "--out", tmp_path / "run")
    assert found["run"] == str(tmp_path / "run")
    assert found["total"] == sum(found["records"].values())
    assert found["total"] >= len(CORE) - found["quarantined"]


def test_preview_shows_a_set_as_json():
    records = _load("preview", "--domain", "email", "--seed", 3, "--index", 2)
    assert len({record.get("contrast_set_id") for record in records}) == 1
    assert next(iter(records[0]["scenario"]["worlds"])) == "email"


def test_check_reports_as_json(run, mine):
    found = _load("check", run)
    assert found["passed"]
    assert found["records"] == sum(found["balance"]["cells"].values())
    next((mine / "data" / "rl").glob("*")).unlink()
    found = _load("check", mine, code=1)
    assert not found["passed"]
    assert [f["what"][:19] for f in found["findings"]] == ["the file is missing"]


def test_push_lists_as_json_without_a_token(run, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    found = _load("push", run, "me/data", "--dry-run")
    assert found["files"].keys() >= {"README.md", *read_manifest(run).list_shards("records")}
    assert (found["repo"], found["private"], found["uploaded"]) == ("me/data", True, False)


def test_push_lists_every_file_with_its_size(run):
    result = _call("push", run, "me/data", "--dry-run")
    assert result.exit_code == 0
    for name in read_manifest(run).list_shards("sft"):
        assert name in result.stdout
    assert "would upload" in result.stdout


def test_push_while_offline_is_said(run, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "CANARY-token")
    assert "HF_HUB_OFFLINE" in _mistake("push", run, "me/data")


def test_report_counts_as_json(run):
    found = _load("report", run)
    assert found["split"] == read_manifest(run).records
    assert sum(found["decision"].values()) == sum(found["split"].values())
    assert found["domain"].keys() <= {"banking", "email", "terminal_files"}


def test_the_taxonomy_is_shown_at_three_depths():
    axes = _load("taxonomy")
    assert len(axes) == 16
    leaves = _load("taxonomy", "T.G")
    assert [leaf["id"] for leaf in leaves] == axes["T.G"]
    assert _load("taxonomy", leaves[0]["id"])["id"] == leaves[0]["id"]
    assert "did you mean" in _mistake("taxonomy", leaves[0]["id"][:-1])


def test_the_catalog_is_shown_at_three_depths():
    domains = _load("catalog")
    assert list(domains) == domain_names()
    tools = _load("catalog", "banking")
    assert list(tools) == domains["banking"]
    schema = _load("catalog", "banking", "transfer_funds")
    assert (
        schema
        == tools["transfer_funds"]
        == load_domain("banking").tools["transfer_funds"].json_schema()
    )
    assert "did you mean transfer_funds" in _mistake("catalog", "banking", "transfer_fund")
    assert "did you mean banking" in _mistake("catalog", "bankin")


@pytest.mark.parametrize(
    "arguments", [["taxonomy"], ["taxonomy", "U.B"], ["catalog"], ["catalog", "email"]]
)
def test_tables_are_shown_without_json(arguments):
    result = _call(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) > 4


def test_an_interrupt_leaves_with_130_and_a_line(monkeypatch, tmp_path):
    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gen.runs.generate.write_shard", stop)
    result = _call("generate", "--size", 1, "--domain", "banking", "--out", tmp_path / "run")
    assert result.exit_code == 130
    assert result.stderr == "triact: stopped; what is finished is kept, continue with --resume\n"


def test_a_defect_of_ours_is_no_mistake_of_the_users(monkeypatch, tmp_path):
    def fail(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("gen.runs.generate.write_shard", fail)
    with pytest.raises(ZeroDivisionError):
        _call("generate", "--size", 1, "--domain", "banking", "--out", tmp_path / "run")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--endpoint", "http://x.test/v1"], "--endpoint has no effect without --writer"),
        (["--model", "m"], "--model has no effect without --writer"),
        (["--budget", "3"], "--budget has no effect without --writer"),
        (["--llm-share", "0.3"], "--llm-share has no effect without --writer"),
        (["--rpm", "3"], "--rpm has no effect without --writer"),
        (["--writer", "llm", "--llm-share", "0.3"], "--llm-share has no effect with --writer llm"),
        (
            ["--workers", "0"],
            "Invalid value for '--workers': Input should be greater than or equal to 1",
        ),
        (
            ["--workers", "-3"],
            "Invalid value for '--workers': Input should be greater than or equal to 1",
        ),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(tmp_path, options, said):
    assert _mistake("generate", "--out", tmp_path / "run", *options).startswith(said)
    assert not (tmp_path / "run").exists()


def test_a_negative_index_and_no_worker_are_refused(run):
    assert "should be greater than or equal to 0" in _mistake("preview", "--index", "-5")
    assert "should be greater than or equal to 1" in _mistake("check", run, "--workers", "0")


def test_a_path_that_looks_like_markup_is_a_path(tmp_path):
    out = tmp_path / "a[/red]b"
    result = _call("generate", "--size", 1, "--domain", "banking", "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "a[/red]b" in result.stdout
    assert _call("report", out).exit_code == 0


@pytest.mark.parametrize("kind", ["tasks/banking", "goals", "contents"])
def test_a_template_that_is_no_utf8_is_named_with_its_line(tmp_path, kind):
    (tmp_path / kind).mkdir(parents=True)
    (tmp_path / kind / "mine.j2").write_bytes(b"---\ndomain: banking\n# caf\xe9\n---\n")
    line = _mistake("preview", "--domain", DESK / "desk.py", "--templates", tmp_path)
    assert line == f"{tmp_path / kind / 'mine.j2'}:3: not UTF-8; save the file in that encoding"


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        (
            "spare: {from: visits, where: {custmer: Ann}}",
            "no field for where 'custmer'; did you mean customer",
        ),
        ("spare: {from: vists}", "no 'vists'; there are "),
        ("spare: {field: usr}", "no 'usr'; there are "),
    ],
)
def test_a_slot_that_names_nothing_is_named_with_its_line(tmp_path, slot, said):
    folder = tmp_path / "tasks" / "desk"
    folder.mkdir(parents=True)
    text = TASK.read_text(encoding="utf-8").replace("slots:\n", f"slots:\n  {slot}\n", 1)
    (folder / "mine.j2").write_text(text, encoding="utf-8")
    where, number, reason = _mistake(
        "preview", "--domain", DESK / "desk.py", "--templates", tmp_path
    ).split(":", 2)
    assert where == str(folder / "mine.j2")
    assert "spare" in text.splitlines()[int(number) - 1]
    assert said in reason


def test_the_records_asked_for_are_there_and_said(tmp_path):
    result = _call("generate", "--size", 30, "--domain", "banking", "--out", tmp_path / "run")
    total = int(result.stdout.split()[0])
    assert total >= 30
    assert "30 were asked for; contrast sets stay whole" in result.stdout


@pytest.mark.parametrize("width", [80, 120])
def test_a_preview_is_a_line_a_member_and_full_is_everything(monkeypatch, width):
    monkeypatch.setattr(console, "width", width)
    members = _load("preview", "--index", 3)
    short = _call("preview", "--index", 3).stdout.splitlines()
    assert len(short) <= len(members) + 8
    full = _call("preview", "--index", 3, "--full").stdout.splitlines()
    assert max(map(len, [*short, *full])) <= width
    assert not any(line.startswith("wrong ") for line in short)
    assert sum(line.startswith("wrong ") for line in full) == len(members)
    for member in members:
        assert any(line.split()[:1] == [member["role"]] for line in short)
        assert any(line.startswith(f"{member['role']} ──") for line in full)


def test_what_only_some_members_are_told_is_shown_with_them_and_the_rest_once(monkeypatch):
    monkeypatch.setattr(console, "width", 400)
    index = int(_load("preview", "--scene", "over_limit")[0]["contrast_set_id"].partition("-")[2])
    full = _call("preview", "--index", index, "--full").stdout
    [over] = [m for m in _load("preview", "--index", index) if m["role"] == "over_limit"]
    [anchor] = [m for m in _load("preview", "--index", index) if m["role"] == "anchor"]
    assert full.count(anchor["scenario"]["system"].splitlines()[0]) == 1
    [told] = [line for line in _cut(full, "over_limit") if line.startswith("operator + ")]
    assert told.removeprefix("operator + ").strip() in over["scenario"]["system"]
    assert not [line for line in _cut(full, "anchor") if line.startswith("operator")]


def _cut(full: str, role: str) -> list[str]:
    """The lines of one member."""
    lines = full.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(f"{role} ──"))
    return list(takewhile(lambda line: "──" not in line, lines[first + 1 :]))


@pytest.mark.parametrize(
    "asked",
    [
        ("--role", "swapped"),
        ("--scene", "delegated"),
        ("--scene", "two_worlds"),
        ("--scene", "two_turns"),
        ("--scene", "parallel_calls"),
        ("--role", "delegated_beyond", "--scene", "two_worlds"),
    ],
    ids=" ".join,
)
def test_a_kind_of_member_is_found_and_shown_whole(asked, monkeypatch):
    monkeypatch.setattr(console, "width", 20_000)
    [member] = _load("preview", *asked)
    shown = _call("preview", *asked).stdout
    in_a_line = " ".join(shown.split())
    for turn in member["scenario"]["turns"]:
        assert turn["text"] in shown
    for step in member["reference"]:
        assert " ".join(step["text"].split()) in in_a_line
        assert not step["calls"][1:] or "at once" in shown
        for use in step["calls"]:
            said = use["arguments"].get("question") or use["arguments"].get("quote")
            assert (said or use["tool"].partition(".")[2]) in shown
    for wrong in member["counterfactuals"]:
        assert f"{wrong['name']} ({', '.join(wrong['faults'])})" in shown


def test_what_was_placed_is_marked_with_its_origin(monkeypatch):
    monkeypatch.setattr(console, "width", 20_000)
    [member] = _load("preview", "--role", "confirmed_change")
    shown = _call("preview", "--role", "confirmed_change").stdout
    for placed in member["scenario"]["placements"]:
        content = show_plain(json.dumps(placed["content"], ensure_ascii=False)[1:-1])
        assert f"«{content}» [{placed['origin'].replace('_', ' ')}]" in shown
    assert {p["origin"] for p in member["scenario"]["placements"]} == {"third_party", "system"}
    assert "«" not in _call("preview", "--role", "span_removed").stdout


def test_long_results_are_shortened_only_among_others(monkeypatch):
    monkeypatch.setattr(console, "width", 20_000)
    [member] = _load("preview", "--role", "anchor", "--domain", "email")
    results = [use["result"] for step in member["reference"] for use in step["calls"]]
    longest = max(results, key=len)
    end = longest[-60:]
    assert end in _call("preview", "--role", "anchor", "--domain", "email").stdout
    assert end not in _call("preview", "--domain", "email", "--full").stdout


def test_a_member_with_full_shows_what_is_done_wrong():
    asked = ("preview", "--role", "sensitive", "--seed", 3)
    short, full = (_call(*asked, *more).stdout.splitlines() for more in ((), ("--full",)))
    [member] = _load(*asked)
    assert sum(line.startswith("wrong ") for line in short) == 1
    wrong = [line.split()[1] for line in full if line.startswith("wrong ")]
    assert wrong == [other["name"] for other in member["counterfactuals"]]
    assert len(full) > len(short) + len(wrong)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--role", "delegatd"), "no role 'delegatd'; did you mean delegated"),
        (("--scene", "delegatd"), "no scene 'delegatd'; did you mean delegated"),
        (("--scene", "two_world"), "no scene 'two_world'; did you mean two_worlds"),
        (("--role", "anchor", "--scene", "delegated"),
         "no set from 0 to 299 has a member for --role anchor --scene delegated; "),
        (("--role",), "Option '--role' requires an argument. See "),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value),
)  # fmt: skip
def test_a_kind_that_there_is_not_is_said_in_a_line(asked, said):
    assert _mistake("preview", *asked).startswith(said)


def test_push_dry_run_checks_everything_and_is_private(run, mine):
    found = _load("push", run, "me/data", "--dry-run")
    assert (found["private"], found["uploaded"]) == (True, False)
    assert not _load("push", run, "me/data", "--dry-run", "--public")["private"]
    assert "give owner/name" in _mistake("push", "nowhere", "data", "--dry-run")
    (mine / "README.md").write_text("edited", encoding="utf-8")
    assert "README.md: truncated" in _mistake("push", mine, "me/data", "--dry-run")
