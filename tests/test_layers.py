"""The contracts in pyproject.toml hold, and they can be broken."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("gen", "templates", "tool_catalog", "train")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def _lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of `tree` on the packages of `tree`, wherever else they are installed."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources and of their contracts."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_tree_keeps_every_contract():
    linted = _lint(ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert " 0 broken" in linted.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        pytest.param(
            "tool_catalog/domains/planted.py",
            "import gen",
            "One direction: tool_catalog, then gen, then train",
            id="the-catalog-knows-no-record",
        ),
        pytest.param(
            "gen/sets/planted.py",
            "def learn():\n    import torch",
            "Only train may import what trains",
            id="generation-needs-no-torch",
        ),
        pytest.param(
            "tool_catalog/domains/planted.py",
            "import tool_catalog.sandbox",
            "Inside tool_catalog",
            id="a-domain-runs-nothing",
        ),
        pytest.param(
            "gen/sets/smalltalk.py",
            "import gen.sets.pipeline",
            "No circles: of two rooms side by side, one knows nothing of the other",
            id="what-drafts-are-made-of-knows-no-pipeline",
        ),
        pytest.param(
            "gen/sets/planted.py",
            "import triact",
            "The public API is for others",
            id="nothing-of-ours-needs-the-api",
        ),
    ],
)
def test_a_planted_violation_is_reported_as_broken(tree, module, line, contract):
    (tree / module).write_text(line + "\n", encoding="utf-8")
    linted = _lint(tree)
    assert linted.returncode != 0
    assert f"{contract} BROKEN" in linted.stdout
    assert " 1 broken" in linted.stdout


def _list_imports(source: str) -> set[str]:
    """Modules that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    return plain | {n.module or "." for n in nodes if isinstance(n, ast.ImportFrom)}


def test_the_api_takes_the_reward_and_nothing_else_of_train():
    """import-linter reads packages; the API is a single module."""
    source = (ROOT / "triact.py").read_text(encoding="utf-8")
    imported = _list_imports(source)
    ours = {name for name in imported if name.split(".")[0] in PACKAGES}
    assert {name for name in ours if name.split(".")[0] == "train"} == {"train.reward"}
    assert not any(name.startswith("gen.cli") for name in ours)
    assert {name.split(".")[0] for name in imported - ours} <= sys.stdlib_module_names
    assert "train.rl" in _list_imports("def learn():\n    from train.rl import train")
