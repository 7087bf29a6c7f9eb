"""Tests run on a changed module, each time in a process of its own.

The process is split off one that has loaded pytest and what others wrote, so that a trial costs
hardly more than its tests. Tests that noticed a change before run first. The change is never on
disk: the module's code is handed to Python's import.
"""

import importlib
import importlib.util
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import CodeType
from typing import Any, Literal

Outcome = Literal["killed", "survived", "timeout"]
_MEMORY = 6 * 1024**3
_ELSEWHERE = (
    "pytest",
    "hypothesis",
    "pydantic",
    "jinja2",
    "faker",
    "docstring_parser",
    "numpy",
    "typer",
)


@dataclass(frozen=True)
class Trial:
    """A module's changed code, and the tests that should notice."""

    module: str
    """Path from the root."""
    code: CodeType | None
    """None: as it is."""
    tests: Sequence[str]
    seconds: float
    """Later it hangs, which is noticed too."""
    number: int = 0
    """For whoever asked."""


def load_others() -> None:
    """Load what every trial needs and nobody changes; nothing of ours."""
    for name in _ELSEWHERE:
        importlib.import_module(name)


def run_trials(
    tree: Path, trials: Iterable[Trial], workers: int
) -> Iterator[tuple[Trial, Outcome, float]]:
    """Run trials on a copy of the tree, as they end; with what came out and the seconds it took."""
    context = multiprocessing.get_context("fork")
    waiting = iter(trials)
    running: dict[Any, tuple[BaseProcess, Trial, float]] = {}
    try:
        while True:
            while len(running) < workers and (trial := next(waiting, None)) is not None:
                process = context.Process(target=_run, args=(tree, trial))
                process.start()
                running[process.sentinel] = process, trial, time.monotonic()
            if not running:
                return
            wait(list(running), timeout=0.5)
            for sentinel, (process, trial, began) in list(running.items()):
                took = time.monotonic() - began
                late = process.is_alive() and took > trial.seconds
                if late:
                    _end(process)
                if not process.is_alive():
                    process.join()
                    del running[sentinel]
                    yield trial, _read(process.exitcode, late=late), took
    finally:  # whoever asked has heard enough
        for process, _, _ in running.values():
            _end(process)


def find_said(tree: Path) -> Path:
    """What the tests of a trial said; the next one may write there too."""
    return tree.parent / "said.txt"


def _end(process: BaseProcess) -> None:
    """The process and all that its tests began."""
    assert process.pid is not None
    with suppress(ProcessLookupError):  # it has ended by itself, or has no group of its own yet
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _read(code: int | None, *, late: bool) -> Outcome:
    if late:
        return "timeout"
    return "killed" if code else "survived"


def _run(tree: Path, trial: Trial) -> None:
    """In the process of a trial: it ends with pytest's exit code."""
    os.setsid()
    said = os.open(find_said(tree), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    os.environ["PYTHONPATH"] = str(tree)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # it takes longer than most tests
    if trial.code is not None:
        sys.meta_path.insert(0, _Changed(tree / trial.module, trial.code))
    import pytest

    options = ["-x", "-q", "-p", "no:cacheprovider", "--assert=plain"]
    plugins = [_NoShrinking(), NoticedFirst(tree.parent / "noticed.txt")]
    sys.exit(int(pytest.main([*options, *trial.tests], plugins=plugins)))


class _NoShrinking:
    """A plugin: that a property fails is all that is asked, not the least example."""

    def pytest_collection(self) -> None:
        """After the conftest, which has a profile of its own."""
        from hypothesis import Phase, settings

        found = (Phase.explicit, Phase.reuse, Phase.generate)
        settings.register_profile("mutation", parent=settings.default, phases=found)
        settings.load_profile("mutation")


class NoticedFirst:
    """A plugin: tests that noticed most changes so far come first, then those that need least."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """By the count of lines that name them, and by how many fixtures have to be made."""
        said = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        counts = Counter(said.splitlines())
        items.sort(key=lambda item: (-counts[item.nodeid], len(item.fixturenames)))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """One line for every test that noticed."""
        if report.failed:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{report.nodeid}\n")


class _Changed(MetaPathFinder):
    """Finds one module, with the code it was given."""

    def __init__(self, path: Path, code: CodeType) -> None:
        self._path, self._code = path, code

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Only the one module; Python finds the others."""
        if self._path.as_posix().endswith(f"/{fullname.replace('.', '/')}.py"):
            loader = _Loader(fullname, str(self._path))
            loader.code = self._code
            return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)
        return None


class _Loader(SourceFileLoader):
    code: CodeType

    def get_code(self, fullname: str) -> CodeType:
        """The changed code; nothing is kept on disk."""
        return self.code
