"""One writer a folder; whoever is killed leaves no lock."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gen.config import RunConfig
from gen.runs.folder import open_run
from gen.runs.generate import generate
from gen.runs.lock import hold_folder
from tool_catalog.errors import BadRun

CONFIG = RunConfig(size=1, domains=("banking",))
HOLD = """
import sys, time
from pathlib import Path
from gen.runs.lock import hold_folder
with hold_folder(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("option", [{}, {"force": True}, {"resume": True}])
def test_a_second_writer_is_told_and_touches_nothing(tmp_path, option):
    generate(CONFIG, tmp_path / "run")
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    with hold_folder(tmp_path / "run"), pytest.raises(BadRun) as raised:
        generate(CONFIG, tmp_path / "run", **option)
    if option:
        assert "is being written by another triact; wait until it has ended" in str(raised.value)
    assert {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()} == before


def test_an_empty_folder_that_another_has_just_made_is_his(tmp_path):
    with (
        hold_folder(tmp_path / "run"),
        pytest.raises(BadRun, match="is being written by another triact"),
    ):
        generate(CONFIG, tmp_path / "run")


def test_force_keeps_the_lock_that_it_works_under(tmp_path, monkeypatch):
    generate(CONFIG, tmp_path / "run")
    tried = []

    def intrude(*given: object) -> None:
        with pytest.raises(BadRun, match="is being written"):
            generate(CONFIG, tmp_path / "run", force=True)
        tried.append(given)

    monkeypatch.setattr("gen.runs.generate.plan_more", lambda *given: intrude(*given) or [])
    generate(CONFIG, tmp_path / "run", force=True)
    assert tried
    assert open_run(tmp_path / "run")


def test_a_killed_writer_leaves_no_lock(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(BadRun, match="is being written"), hold_folder(tmp_path / "run"):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with hold_folder(tmp_path / "run"):
        assert not list((tmp_path / "run").iterdir())


def test_force_takes_away_last_what_says_that_the_folder_is_ours(tmp_path, monkeypatch):
    run = tmp_path / "run"
    generate(CONFIG, run)

    def stop(path: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", stop)
    with pytest.raises(KeyboardInterrupt):
        generate(CONFIG, run, force=True)
    monkeypatch.undo()
    generate(CONFIG, run, force=True)
    assert open_run(run)


def test_force_follows_no_link(tmp_path):
    run, kept = tmp_path / "run", tmp_path / "kept"
    generate(CONFIG, run)
    kept.mkdir()
    (kept / "letter").touch()
    (run / "link").symlink_to(kept)
    generate(CONFIG, run, force=True)
    assert Path(kept / "letter").exists()
    assert not (run / "link").exists()
