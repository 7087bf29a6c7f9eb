"""A stranger finds any room: no shelf is wide, no module long, and a class name means one thing."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("gen", "tool_catalog", "train")
SHELVES = sorted(p.parent for p in (ROOT / "train").rglob("__init__.py"))
MODULES = sorted((ROOT / "train").rglob("*.py"))
WIDEST, LONGEST, LONGEST_FUNCTION = 16, 350, 50


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("shelf", SHELVES, ids=_name)
def test_no_shelf_of_train_is_wide(shelf: Path):
    rooms = {p.stem for p in shelf.iterdir() if p.suffix == ".py" and p.stem != "__init__"}
    rooms |= {p.name for p in shelf.iterdir() if (p / "__init__.py").is_file()}
    assert len(rooms) <= WIDEST, sorted(rooms)


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_no_module_of_train_and_no_function_is_long(module: Path):
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, kinds):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


def _list_classes(package: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in (ROOT / package).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found.update(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return found


def test_a_class_name_of_train_means_one_thing_in_the_whole_project():
    everywhere = sum((_list_classes(package) for package in PACKAGES), Counter[str]())
    assert [name for name in _list_classes("train") if everywhere[name] > 1] == []
