"""Generation survives: other processes, kill -9, Ctrl-C, a full disk, other folders."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gen.config import RunConfig
from gen.records import SCHEMA_VERSION
from gen.runs.folder import read_config
from gen.runs.generate import generate
from gen.runs.manifest import CONFIG, MANIFEST, QUARANTINE
from gen.runs.trust import list_domain_files
from gen.sets.pipeline import generate_set
from gen.sets.roles import count_members
from gen.sets.source import load_source
from gen.templating.folder import shipped_folder
from tool_catalog.errors import BadRun, UnknownName, UserMistake
from tool_catalog.loading import list_files

SETS = 2
SIZE = 30
"""Records asked for: more than one set has."""
CONFIG_OF_RUN = RunConfig(size=SIZE, seed=1, domains=("banking", "email"), sets_per_shard=1)
COMMAND = """
import json, os, sys
from pathlib import Path
import gen.cli.commands
resolve = gen.cli.commands.resolve_config
gen.cli.commands.resolve_config = lambda *options: resolve(*options).model_copy(
    update={"sets_per_shard": 1, "hold_out": gen.config.HoldOut()}
)
import gen.config, gen.runs.generate
from train.cli import app
if limit := os.environ.get("LARGEST_FILE"):
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
if pause := os.environ.get("PAUSE"):
    import time
    write_shard = gen.runs.generate.write_shard
    gen.runs.generate.write_shard = lambda *given: time.sleep(float(pause)) or write_shard(*given)
app(["generate", "--seed", "1", "--domain", "banking", "--domain", "email", *sys.argv[1:]])
"""
"""The command itself, with a shard for every set."""


def read_tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path inside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    generate(CONFIG_OF_RUN, folder)
    return read_tree(folder)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start `triact generate` in a session of its own; ended with the test."""
    begun: list[subprocess.Popen[str]] = []

    def launch(*options: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "--size", str(SIZE), *options],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
        )
        begun.append(process)
        return process

    yield launch
    for process in begun:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _wait_for_shards(run: Path, count: int, process: "subprocess.Popen[str]") -> None:
    """Until so many shards are done; a run that ends sooner is no failure."""
    end = time.monotonic() + 60
    while len(list(run.glob("ledger/0*.json"))) < count and process.poll() is None:
        assert time.monotonic() < end, "no shard within a minute"
        time.sleep(0.002)


def _wait_for_end(group: int) -> None:
    """Until every process of a group has gone."""
    end = time.monotonic() + 10
    with suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.killpg(group, 0)
            time.sleep(0.02)
        pytest.fail("a process outlived its parent by ten seconds")


def test_equal_configs_give_equal_bytes_whatever_workers_and_hash_seed(unbroken, start, tmp_path):
    made = start("--out", str(tmp_path / "run"), "--workers", "2", PYTHONHASHSEED="4711")
    _, stderr = made.communicate(timeout=120)
    assert (made.returncode, stderr) == (0, "")
    assert read_tree(tmp_path / "run") == unbroken


def test_another_seed_gives_other_records(unbroken, tmp_path):
    generate(CONFIG_OF_RUN.model_copy(update={"seed": 2, "size": 1}), tmp_path / "run")
    other = read_tree(tmp_path / "run")
    data = [other[name] for name in other if name.startswith("data/")]
    assert data
    assert not set(data) & set(unbroken.values())


def test_a_run_killed_at_random_moments_resumes_to_the_same_bytes(unbroken, start, tmp_path):
    run = tmp_path / "run"
    for seed, options in enumerate([(), ("--resume", "--workers", "2")]):
        killed = start("--out", str(run), *options)
        _wait_for_shards(run, seed + 1, killed)
        time.sleep(random.Random(seed).uniform(0, 0.1))
        killed.kill()
        killed.wait()
    _wait_for_end(killed.pid)  # workers, which nobody told
    generate(CONFIG_OF_RUN, run, resume=True)
    assert read_tree(run) == unbroken


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_an_interrupted_run_says_so_in_a_line_and_resumes(unbroken, start, tmp_path, workers):
    run = tmp_path / "run"
    stopped = start("--out", str(run), "--workers", str(workers), PAUSE="1")
    _wait_for_shards(run, 1, stopped)
    os.killpg(stopped.pid, signal.SIGINT)
    _, stderr = stopped.communicate(timeout=60)
    assert stopped.returncode == 130, stderr
    assert stderr.splitlines() == [
        "triact: stopped; what is finished is kept, continue with --resume"
    ]
    assert not (run / MANIFEST).exists()
    generate(CONFIG_OF_RUN, run, resume=True)
    assert read_tree(run) == unbroken


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_full_disk_is_said_in_a_line_and_resumes(unbroken, start, tmp_path, workers):
    run = tmp_path / "run"
    largest = max(map(len, unbroken.values()))
    full = start("--out", str(run), "--workers", str(workers), LARGEST_FILE=str(largest - 1))
    _, stderr = full.communicate(timeout=60)
    assert full.returncode == 2
    assert stderr.splitlines() == [
        f"triact: {run}: File too large; what is finished is kept, put it right and --resume"
    ]
    assert not (run / MANIFEST).exists()
    generate(CONFIG_OF_RUN, run, resume=True)
    assert read_tree(run) == unbroken


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_runs_of_two_workers_killed_at_random_moments_resume(unbroken, start, tmp_path, seed):
    run, rng = tmp_path / "run", random.Random(seed)
    for _ in range(2):
        killed = start("--out", str(run), "--workers", "2", *(["--resume"] * run.exists()))
        time.sleep(rng.uniform(0.5, 5))
        killed.send_signal(rng.choice([signal.SIGKILL, signal.SIGINT]))
        killed.wait()
    generate(CONFIG_OF_RUN, run, resume=True)
    assert read_tree(run) == unbroken


class _Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_run_killed_at_any_write_resumes_to_the_same_bytes(tmp_path, monkeypatch, call):
    config = CONFIG_OF_RUN.model_copy(update={"size": 4})
    source = load_source(config)
    written = [list(generate_set(source, number))[:2] for number in range(2)]
    monkeypatch.setattr("gen.runs.plan.count_members", lambda source, index: len(written[index]))
    monkeypatch.setattr("gen.runs.generate.load_source", lambda config: source)
    monkeypatch.setattr("gen.runs.shards.generate_set", lambda source, index, words: written[index])
    generate(config, tmp_path / "unbroken")
    unbroken = read_tree(tmp_path / "unbroken")
    for number in range(len(unbroken)):
        run = tmp_path / f"run{number}"
        with monkeypatch.context() as patch, pytest.raises(_Killed):
            _kill_at(patch, call, number)
            generate(config, run)
        generate(config, run, resume=True)
        assert read_tree(run) == unbroken, f"killed at {call} {number}"


def _kill_at(patch: pytest.MonkeyPatch, call: str, number: int) -> None:
    """Let the process die in its so-manyth fsync, or before its so-manyth rename."""
    made = 0

    def die(real: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal made
        made += 1
        if made > number:
            raise _Killed
        return real(*arguments)

    real: Callable[..., Any] = os.fsync if call == "fsync" else Path.replace
    owner = os if call == "fsync" else Path
    patch.setattr(owner, call, lambda *arguments: die(real, *arguments))


def test_a_lost_or_damaged_shard_is_written_again_by_resume(unbroken, tmp_path):
    run = tmp_path / "run"
    generate(CONFIG_OF_RUN, run)
    shards = sorted(run.glob("data/sft/*.parquet"))
    shards[0].unlink()
    shards[1].write_bytes(shards[1].read_bytes()[:-9])
    (run / MANIFEST).unlink()
    told: list[int] = []
    generate(
        CONFIG_OF_RUN, run, resume=True, on_shard=lambda entry, total: told.append(entry.shard)
    )
    assert sorted(told) == list(range(SETS))
    assert read_tree(run) == unbroken


def test_a_summary_counts_what_the_manifest_counts(tmp_path):
    told: list[tuple[int, int]] = []
    config = CONFIG_OF_RUN
    summary = generate(
        config,
        tmp_path / "run",
        on_shard=lambda entry, total: told.append((entry.shard, total)),
    )
    manifest = json.loads((tmp_path / "run" / MANIFEST).read_text(encoding="utf-8"))
    quarantined = (tmp_path / "run" / QUARANTINE).read_text(encoding="utf-8").splitlines()
    assert told == [(0, 2), (1, 2)]
    assert summary.records == manifest["records"]
    members = sum(count_members(load_source(config), index) for index in range(2))
    assert summary.total + summary.quarantined == members
    assert summary.quarantined == len(quarantined)
    assert summary.total == sum(manifest["rows"]["records"].values())


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run folder with a config and a file of the user's."""
    run = tmp_path / "run"
    run.mkdir()
    (run / CONFIG).write_text(CONFIG_OF_RUN.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return run


def test_a_run_folder_is_neither_overwritten_nor_continued_unasked(begun):
    before = read_tree(begun)
    with pytest.raises(BadRun, match=r"exists; continue with --resume, or replace it with --force"):
        generate(CONFIG_OF_RUN, begun)
    assert read_tree(begun) == before


def test_resume_needs_the_same_options(begun):
    with pytest.raises(BadRun, match=r"was made with other options"):
        generate(CONFIG_OF_RUN.model_copy(update={"seed": 9}), begun, resume=True)


def test_force_replaces_a_run_folder(begun):
    (begun / "sft").mkdir()
    (begun / "sft" / "model").write_text("old", encoding="utf-8")
    generate(CONFIG_OF_RUN.model_copy(update={"size": 1, "seed": 9}), begun, force=True)
    assert not (begun / "sft").exists()
    assert read_config(begun).seed == 9


@pytest.mark.parametrize("option", [{}, {"resume": True}, {"force": True}])
@pytest.mark.parametrize(
    "files",
    [
        {"letter.txt": "dear"},
        {CONFIG: '{"model_type": "another tool"}', "model.bin": "weights"},
        {CONFIG: "[]", ".tmp-mine": "kept"},
    ],
)
def test_a_folder_that_is_no_run_is_left_as_it_is(tmp_path, files, option):
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    before = read_tree(folder)
    with pytest.raises(BadRun, match="exists and is no run folder; name another with --out"):
        generate(CONFIG_OF_RUN, folder, **option)
    assert read_tree(folder) == before


def test_a_run_killed_before_its_config_was_there_starts_anew(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / ".tmp-config.json").write_text("{", encoding="utf-8")
    generate(CONFIG_OF_RUN.model_copy(update={"size": 1}), run)
    assert not list(run.rglob(".tmp-*"))
    assert (run / MANIFEST).is_file()


def test_an_output_that_is_a_file_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_text("kept", encoding="utf-8")
    with pytest.raises(BadRun, match="is a file; name a folder with --out"):
        generate(CONFIG_OF_RUN, path, force=True)
    assert path.read_text(encoding="utf-8") == "kept"


def test_an_output_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadRun, match=r"file/run: Not a directory; .*--resume"):
        generate(CONFIG_OF_RUN, tmp_path / "file" / "run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_without_the_right_to_write_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(BadRun, match="Permission denied"):
        generate(CONFIG_OF_RUN, tmp_path / "run")
    tmp_path.chmod(0o700)


def test_a_folder_cannot_be_touched_before_every_mistake_is_found(begun):
    before = read_tree(begun)
    with pytest.raises(UnknownName, match=r"no domain 'bankin'; did you mean banking\?"):
        generate(CONFIG_OF_RUN.model_copy(update={"domains": ("bankin",)}), begun, force=True)
    assert read_tree(begun) == before


def test_a_leaf_without_templates_is_a_mistake(tmp_path):
    config = CONFIG_OF_RUN.model_copy(update={"leaves": ("U.S.software_install",)})
    with pytest.raises(UserMistake, match=r"has no task template with leaf U\.S\.software_install"):
        generate(config, tmp_path / "run")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, r"is not a run folder \(no config\.json\)"),
        ("{", "not readable"),
        ("\udcff", "not readable"),
        ("[]", r"was made by schema None; this triact reads 2\.0"),
        (
            '{"schema_version": "1.0"}',
            r"by schema 1\.0; this triact reads 2\.0; generate it again",
        ),
        ('{"schema_version": "2.0"}', "size: Field required; generate the run again"),
    ],
)
def test_a_config_that_cannot_be_read_says_what_to_do(tmp_path, text, reason):
    if text is not None:
        (tmp_path / CONFIG).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadRun, match=reason) as raised:
        read_config(tmp_path)
    assert "\n" not in str(raised.value)


def test_resume_of_a_run_of_another_schema_version_says_so(begun):
    text = (begun / CONFIG).read_text(encoding="utf-8")
    (begun / CONFIG).write_text(text.replace(f'"{SCHEMA_VERSION}"', '"1.0"'), encoding="utf-8")
    with pytest.raises(BadRun, match=r"was made by schema 1\.0; this triact reads 2\.0"):
        generate(CONFIG_OF_RUN, begun, resume=True)


def test_a_run_keeps_its_own_copy_of_the_users_domain(tmp_path):
    import tool_catalog.domains.banking

    path = tmp_path / "savings"
    shutil.copytree(
        tool_catalog.domains.banking.__path__[0], path, ignore=shutil.ignore_patterns("__pycache__")
    )
    for kind in ("tasks", "stories"):
        folder = tmp_path / "mine" / kind / "savings"
        folder.mkdir(parents=True)
        for file in sorted((shipped_folder() / kind / "banking").glob("*.j2")):
            text = re.sub(r"\bbanking\b", "savings", file.read_text(encoding="utf-8"))
            (folder / file.name).write_text(text, encoding="utf-8")
    config = RunConfig(
        size=1,
        domains=("savings",),
        domain_files=(path,),
        template_folders=(tmp_path / "mine",),
    )
    generate(config, tmp_path / "run")
    copies = list_domain_files(tmp_path / "run")
    assert [copy.name for copy in copies] == ["savings"]
    kept = {file.name: file.read_bytes() for file in list_files(copies[0])}
    assert kept == {file.name: file.read_bytes() for file in list_files(path)}
    assert len(kept) >= 7
