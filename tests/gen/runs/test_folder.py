"""A run is opened only when every file is what its manifest says, and none leads elsewhere."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gen.records import SCHEMA_VERSION
from gen.runs.files import hash_file
from gen.runs.folder import find_damage, open_run, read_manifest
from tool_catalog.errors import BadRun, DamagedRun
from train.cli import app


def _call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def mine(run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to damage."""
    return Path(shutil.copytree(run, tmp_path / "mine"))


def _edit_manifest(run: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = run / "manifest.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def test_a_whole_run_opens_with_config_and_manifest(run):
    opened = open_run(run)
    assert opened.config.seed == 1
    assert opened.manifest.list_shards("records", "train")
    assert list(find_damage(run, opened.manifest)) == []


def test_the_manifest_has_every_file_but_itself_with_its_hash(run):
    files = read_manifest(run).files
    there = {p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file()}
    assert set(files) == there - {"manifest.json"}
    assert {"config.json", "quarantine.jsonl", "README.md"} <= set(files)
    assert any(name.startswith("ledger/") for name in files)
    for name, entry in files.items():
        assert (entry.sha256, entry.size) == (hash_file(run / name), (run / name).stat().st_size)


NAMES = [
    "config.json",
    "README.md",
    "quarantine.jsonl",
    "ledger/00000.json",
    "data/rl/train-00000.parquet",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_edited_anywhere_closes_the_run(mine, name):
    path = mine / name
    data = path.read_bytes() or b"x"
    spots = {0, len(data) // 2, len(data) - 1}
    for spot in spots:
        edited = bytearray(data)
        edited[spot] ^= 1
        path.write_bytes(edited)
        with pytest.raises(BadRun) as raised:
            open_run(mine)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_or_truncated_file_closes_the_run(mine, name):
    path = mine / name
    if name != "quarantine.jsonl":  # empty as it is
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(DamagedRun):
            open_run(mine)
    path.unlink()
    with pytest.raises(BadRun):
        open_run(mine)


@pytest.mark.parametrize(
    "name",
    [
        "../x", "/etc/passwd", "data/../../x", "data//x", "./config.json", "data\\x", "c:/x", "",
        "data/", "models/x", "manifest.json", "data/a\nb", "data",
    ],
)  # fmt: skip
def test_a_name_that_leaves_the_folder_is_refused(mine, name):
    entry = {"sha256": "0" * 64, "size": 0}
    _edit_manifest(mine, lambda data: data["files"].update({name: entry}))
    with pytest.raises(DamagedRun, match="is no name of a file of a run"):
        open_run(mine)
    for command in (("report",), ("audit",), ("push", "--dry-run", "me/data")):
        said = _call(*command[:1], mine, *command[2:], *command[1:2])
        assert said.exit_code == 2
        assert len(said.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("files"),
        lambda data: data["files"].pop("config.json"),
        lambda data: data["files"].update({"README.md": {"sha256": "zz", "size": 1}}),
        lambda data: data["files"]["README.md"].update(size=-1),
        lambda data: data.update(more=1),
        lambda data: data.update(rows=[1]),
    ],
)
def test_a_manifest_that_is_none_is_a_line(mine, change):
    _edit_manifest(mine, change)
    with pytest.raises(DamagedRun, match=r"manifest\.json: .*; generate --resume writes it again"):
        open_run(mine)
    assert _call("check", mine).exit_code == 1
    assert _call("report", mine).exit_code == 2


@pytest.mark.parametrize("text", ["[" * 100_000, "\udcff", '{"a": 1'])
@pytest.mark.parametrize("name", ["config.json", "manifest.json"])
def test_json_that_is_none_is_a_line(mine, name, text):
    (mine / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DamagedRun, match="not readable"):
        open_run(mine)


@pytest.mark.parametrize("name", ["README.md", "data/sft/train-00000.parquet", "config.json"])
def test_a_link_closes_the_run(mine, tmp_path, name):
    Path(mine / name).replace(tmp_path / "kept")
    (mine / name).symlink_to(tmp_path / "kept")
    with pytest.raises(DamagedRun, match="a link or no plain file"):
        open_run(mine)


def test_a_folder_behind_a_link_closes_the_run(mine, tmp_path):
    Path(mine / "data" / "sft").replace(tmp_path / "sft")
    (mine / "data" / "sft").symlink_to(tmp_path / "sft")
    with pytest.raises(DamagedRun, match="a link or no plain file"):
        open_run(mine)


def test_a_pipe_does_not_make_us_wait(mine):
    (mine / "README.md").unlink()
    os.mkfifo(mine / "README.md")
    with pytest.raises(DamagedRun, match="a link or no plain file"):
        open_run(mine)


@pytest.mark.parametrize(
    "name", ["data/sft/train-00009.parquet", "ledger/x", "words/x", "domains/x.py"]
)
def test_a_foreign_file_closes_the_run(mine, name):
    (mine / name).parent.mkdir(exist_ok=True)
    (mine / name).touch()
    with pytest.raises(DamagedRun, match=f"{name}: not in the manifest; triact check"):
        open_run(mine)


def test_what_later_stages_put_beside_a_run_is_no_damage(mine):
    (mine / "sft").mkdir()
    (mine / "sft" / "model.safetensors").touch()
    (mine / "report.json").write_text("{}", encoding="utf-8")
    (mine / "data" / ".tmp-left").touch()
    assert open_run(mine).path == mine


def test_a_run_of_an_older_schema_is_said_before_anything_else(mine):
    _edit_manifest(mine, lambda data: data.pop("files"))
    text = (mine / "config.json").read_text(encoding="utf-8")
    old = text.replace(f'"{SCHEMA_VERSION}"', '"1.0"', 1)
    (mine / "config.json").write_text(old, encoding="utf-8")
    with pytest.raises(BadRun, match=r"was made by schema 1\.0; this triact reads .*; generate it"):
        open_run(mine)


@pytest.mark.parametrize(
    "command", ["check", "report", "audit", "train sft", "evaluate --model m", "push me/data"]
)
def test_a_folder_of_schema_1_is_refused_with_one_line(tmp_path, command):
    """As the first triact wrote it: its manifest named no file."""
    run = tmp_path / "old"
    run.mkdir()
    config = {"schema_version": "1.0", "size": 14, "seed": 7, "domains": ["email"]}
    (run / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (run / "manifest.json").write_text('{"schema_version": "1.0", "records": {}}', encoding="utf-8")
    name, *options = command.split()
    said = _call(name, run, *options) if name != "train" else _call(name, *options, run)
    assert said.exit_code == 2
    assert said.stderr == (
        f"triact: {run} was made by schema 1.0; this triact reads {SCHEMA_VERSION}; "
        "generate it again\n"
    )


def test_a_name_that_looks_like_markup_is_printed_as_it_is(run, tmp_path):
    odd = Path(shutil.copytree(run, tmp_path / "a[/red]b:smile:"))
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["check", str(odd)])
    assert "a[/red]b:smile:" in shown.stdout
