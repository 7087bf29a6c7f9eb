"""The bench runs on the records of today; how fast they are made is asserted nowhere."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gen.cli.commands import resolve_config
from gen.runs.generate import generate

BENCH = Path(__file__).parent / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    spec = importlib.util.spec_from_file_location("bench_run", BENCH / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_episodes_are_played_and_sizes_read(bench: ModuleType, tmp_path: Path) -> None:
    generate(resolve_config(60, 1, ["banking"], [], "default", []), tmp_path / "run")
    assert bench.measure_sandbox(2) > 0
    assert bench.measure_scored(tmp_path / "run", 2) > 0
    assert all(size > 0 for size in bench._mean_sizes(tmp_path / "run"))
