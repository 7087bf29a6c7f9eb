"""Code that came with a run is executed only when this user made it, or has read and trusted it."""

import hashlib
import json
import py_compile
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gen.config import RunConfig
from gen.runs.files import hash_file
from gen.runs.folder import read_manifest
from gen.runs.generate import generate
from gen.runs.trust import (
    Code,
    find_state_folder,
    list_domain_files,
    list_untrusted,
    open_stage,
    read_sources,
    trust_code,
)
from tool_catalog.errors import BadDomainFile, BadRun, DamagedRun, UserMistake
from train.cli import app

DESK = Path(__file__).resolve().parents[3] / "docs" / "appointment_desk"
ATTACK = """
import pathlib
pathlib.Path({proof!r}).write_text("executed", encoding="utf-8")
"""


def _call(*arguments: object, said: str = "") -> Result:
    given = [str(argument) for argument in arguments]
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, given, input=said, catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over a domain of the user's own."""
    folder = tmp_path_factory.mktemp("desk") / "run"
    config = RunConfig(
        size=14, domains=("desk",), domain_files=(DESK / "desk.py",),
        template_folders=(DESK / "templates",), policy=str(DESK / "policy.yaml"),
    )  # fmt: skip
    generate(config, folder)
    return folder


@pytest.fixture
def mine(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "mine"))


@pytest.fixture
def strange(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same run for somebody who did not make it."""
    monkeypatch.setenv("TRIACT_STATE", str(tmp_path / "other"))
    return mine


def _sign(run: Path, name: str) -> None:
    """Put a file's hash into the manifest, as its author would."""
    data = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    data["files"][name] = {"sha256": hash_file(run / name), "size": (run / name).stat().st_size}
    (run / "manifest.json").write_text(json.dumps(data), encoding="utf-8")


def _attack(run: Path, proof: Path) -> None:
    path = run / "domains" / "desk.py"
    path.write_text(
        path.read_text(encoding="utf-8") + ATTACK.format(proof=str(proof)), encoding="utf-8"
    )


def test_who_made_a_run_may_use_its_code(mine):
    assert _call("check", mine).exit_code in (0, 1)  # a set alone is out of balance
    [path] = list_domain_files(mine)
    assert path.read_bytes() == (DESK / "desk.py").read_bytes()
    assert find_state_folder() in path.parents


COMMANDS = [
    ("check",), ("audit",), ("evaluate", "--model", "nowhere"),
    ("benchmark", "own", "--model", "m", "--endpoint", "http://127.0.0.1:9/v1", "--run"),
    ("train", "rl", "--model", "."),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_edited_code_is_not_executed(mine, tmp_path, command):
    _attack(mine, tmp_path / "proof")
    result = _call(*command, mine)
    assert result.exit_code == (1 if command == ("check",) else 2)
    assert "domains/desk.py: edited" in result.stdout + result.stderr
    assert not (tmp_path / "proof").exists()


@pytest.mark.parametrize("command", [("check",), ("audit",), *COMMANDS[2:4]], ids=" ".join)
def test_edited_code_with_a_mended_manifest_is_not_executed(mine, tmp_path, command):
    _attack(mine, tmp_path / "proof")
    _sign(mine, "domains/desk.py")
    result = _call(*command, mine)
    assert result.exit_code == 2
    assert result.stderr == (
        f"triact: {mine} carries domain code that you have not trusted; read it and run: "
        f"triact trust {mine}\n"
    )
    assert not (tmp_path / "proof").exists()


def test_edited_code_is_not_shown_as_the_runs_own(mine, tmp_path):
    """Who reads it to trust it must read what the run was made with."""
    _attack(mine, tmp_path / "proof")
    with pytest.raises(DamagedRun, match=r"domains/desk\.py: edited"):
        list_untrusted(mine)
    with pytest.raises(DamagedRun, match=r"domains/desk\.py: edited"):
        list_domain_files(mine)


def test_a_file_beside_the_manifest_is_not_executed(mine, tmp_path):
    _attack(mine, tmp_path / "proof")
    Path(mine / "domains" / "desk.py").replace(mine / "domains" / "email.py")
    (mine / "domains" / "desk.py").write_bytes((DESK / "desk.py").read_bytes())
    result = _call("check", mine)
    assert result.exit_code == 1
    assert "domains/email.py: not in the manifest" in result.stdout
    assert not (tmp_path / "proof").exists()


def test_compiled_code_in_the_run_is_not_executed(mine, tmp_path):
    """Python prefers a cache beside the source, whatever the source says."""
    evil = tmp_path / "desk.py"
    evil.write_text(ATTACK.format(proof=str(tmp_path / "proof")), encoding="utf-8")
    place = mine / "domains" / "__pycache__" / "desk.cpython-311.pyc"
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(evil), str(place), invalidation_mode=mode)
    assert _call("check", mine).exit_code == 1
    list_domain_files(mine)
    assert not (tmp_path / "proof").exists()


def test_code_behind_a_link_is_not_read(mine, tmp_path):
    path = mine / "domains" / "desk.py"
    Path(path).replace(tmp_path / "desk.py")
    path.symlink_to(tmp_path / "desk.py")
    with pytest.raises(DamagedRun, match="a link or no plain file"):
        list_domain_files(mine)


def test_a_strangers_run_is_not_executed_until_it_is_trusted(strange, tmp_path):
    refused = _call("audit", strange, "--limit", 2)
    assert (refused.exit_code, refused.stdout) == (2, "")
    said_no = _call("trust", strange, said="n\n")
    assert said_no.exit_code == 2
    assert said_no.stderr.endswith("desk.py stays untrusted; nothing was recorded\n")
    assert not (tmp_path / "other" / "trusted.json").exists()
    yes = _call("trust", strange, said="y\n")
    assert yes.exit_code == 0
    assert " 1 " in yes.stdout and "def cancel_booking" in yes.stdout
    digest = hashlib.sha256((DESK / "desk.py").read_bytes()).hexdigest()
    assert f"sha256 {digest}" in yes.stdout
    store = json.loads((tmp_path / "other" / "trusted.json").read_text(encoding="utf-8"))
    assert store["trusted"] == {digest: {"name": "desk.py", "origin": f"run {strange}"}}
    assert _call("audit", strange, "--limit", 2, "--margin", -9).exit_code == 0


def test_trust_for_scripts_records_what_is_left(strange):
    assert "trusted: desk.py" in _call("trust", strange, "--yes").stdout
    again = _call("trust", strange, "--yes")
    assert "no domain code that is not trusted already" in " ".join(again.stdout.split())


def test_what_a_terminal_would_hide_is_shown(strange):
    path = strange / "domains" / "desk.py"
    path.write_text(
        path.read_text(encoding="utf-8") + "# \x1b[8m hidden \u202e turned\n", encoding="utf-8"
    )
    _sign(strange, "domains/desk.py")
    shown = _call("trust", strange, "--yes").stdout
    assert r"\x1b[8m hidden \u202e turned" in shown
    assert "\x1b[8m" not in shown


def test_a_kept_copy_that_was_changed_is_written_again(mine):
    [path] = list_domain_files(mine)
    path.write_text("raise SystemExit", encoding="utf-8")
    assert list_domain_files(mine) == (path,)
    assert path.read_bytes() == (DESK / "desk.py").read_bytes()


def test_a_run_without_its_source_says_what_is_missing(mine):
    shutil.rmtree(mine / "domains")
    data = json.loads((mine / "manifest.json").read_text(encoding="utf-8"))
    del data["files"]["domains/desk.py"]
    (mine / "manifest.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(BadRun, match=r"made with desk\.py, which does not come with it"):
        list_domain_files(mine)
    assert _call("report", mine).exit_code == 0


def test_a_run_of_shipped_domains_needs_no_trust(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TRIACT_STATE", str(tmp_path / "nowhere"))
    assert list_domain_files(run) == ()
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_store_trusts_nothing_and_says_so(mine, tmp_path, monkeypatch):
    monkeypatch.setenv("TRIACT_STATE", str(tmp_path))
    for text in ("{", "[]", '{"trusted": 3}', '{"trusted": {}, "more": 1}'):
        (tmp_path / "trusted.json").write_text(text, encoding="utf-8")
        with pytest.raises(UserMistake, match=r"trusted\.json: not readable; delete it"):
            list_domain_files(mine)


def test_a_state_folder_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRIACT_STATE", str(tmp_path / "file" / "state"))
    with pytest.raises(UserMistake, match="name a folder of yours with TRIACT_STATE"):
        trust_code([Code("a.py", {"a.py": b""})], ["here"])


def test_the_state_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIACT_STATE", "")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert find_state_folder() == tmp_path / "triact"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert find_state_folder() == Path.home() / ".local" / "state" / "triact"


def test_a_folder_of_code_is_one_domain_with_one_hash(tmp_path):
    folder = tmp_path / "garden"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__init__.py").write_text("a = 1\n", encoding="utf-8")
    (folder / "__pycache__" / "x.pyc").write_bytes(b"old")
    [code] = read_sources([folder])
    assert set(code.files) == {"garden/__init__.py"}
    (folder / "words.yaml").write_text("a: 1\n", encoding="utf-8")
    [more] = read_sources([folder])
    assert more.digest != code.digest


def test_two_domains_of_one_name_are_refused(tmp_path):
    (tmp_path / "more").mkdir()
    for folder in (tmp_path, tmp_path / "more"):
        (folder / "desk.py").touch()
    with pytest.raises(BadDomainFile, match="a domain of the same name is given already"):
        read_sources([tmp_path / "desk.py", tmp_path / "more" / "desk.py"])


def test_the_manifest_names_the_code(made):
    entry = read_manifest(made).files["domains/desk.py"]
    assert entry.sha256 == hash_file(DESK / "desk.py")


def test_a_run_is_played_with_the_domains_that_it_carries(mine, strange):
    with pytest.raises(BadRun, match="not trusted"):
        open_stage(strange)


def test_the_stage_of_a_run_of_ones_own_knows_its_domains(mine):
    stage = open_stage(mine)
    assert stage.domain_files == list_domain_files(mine)
    assert [path.name for path in stage.domain_files] == ["desk.py"]
