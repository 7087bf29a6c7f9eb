"""A stranger finds any room: no shelf is wide, no module long, and a class name means one thing."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("gen", "tool_catalog", "train")
SHELVES = sorted(p.parent for name in PACKAGES for p in (ROOT / name).rglob("__init__.py"))
MODULES = sorted(
    [ROOT / "triact.py", *(p for name in PACKAGES for p in (ROOT / name).rglob("*.py"))]
)
WIDEST, LONGEST, LONGEST_FUNCTION = 16, 350, 50


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def list_rooms(shelf: Path) -> set[str]:
    modules = {p.stem for p in shelf.iterdir() if p.suffix == ".py" and p.stem != "__init__"}
    return modules | {p.name for p in shelf.iterdir() if (p / "__init__.py").is_file()}


def find_long(text: str) -> list[str]:
    """What is too long of a module: itself, or functions."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    found = [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION]
    return found + ["the module"] * (len(text.splitlines()) > LONGEST)


def list_kinds(text: str) -> Iterator[str]:
    """Public names of classes and of aliases, which are written as classes are."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and target.id[0].isupper() and not target.id.isupper():
                yield target.id


def find_taken(texts: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Names with more than one meaning, and where each is given."""
    places = defaultdict[str, list[str]](list)
    for where, text in texts:
        for kind in list_kinds(text):
            places[kind].append(where)
    return {kind: found for kind, found in places.items() if len(found) > 1}


@pytest.mark.parametrize("shelf", SHELVES, ids=_name)
def test_no_shelf_is_wide(shelf: Path):
    assert len(list_rooms(shelf)) <= WIDEST, sorted(list_rooms(shelf))


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_no_module_and_no_function_is_long(module: Path):
    assert find_long(module.read_text(encoding="utf-8")) == []


def test_a_class_name_means_one_thing_in_the_whole_project():
    texts = ((_name(module), module.read_text(encoding="utf-8")) for module in MODULES)
    assert find_taken(texts) == {}


def test_modules_and_packages_count_as_rooms_and_nothing_else_does(tmp_path: Path):
    for name in ("__init__.py", "one.py", "words.yaml", "two/__init__.py", "data/three.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list_rooms(tmp_path) == {"one", "two"}


def test_one_line_too_many_is_found():
    longest = "def f():\n" + "    x = 1\n" * (LONGEST_FUNCTION - 1)
    assert find_long(longest) == []
    assert find_long(longest + "    x = 1\n") == ["f"]
    assert find_long("x = 1\n" * LONGEST) == []
    assert find_long("x = 1\n" * (LONGEST + 1)) == ["the module"]


@pytest.mark.parametrize(
    "other",
    ["class Part: pass", "def f():\n    class Part: pass", "Part = str | int", "Part: type = str"],
)
def test_a_name_with_two_meanings_is_found_as_class_and_as_alias(other: str):
    assert find_taken([("a", "class Part: pass"), ("b", other)]) == {"Part": ["a", "b"]}


def test_private_classes_constants_and_imports_may_share_a_name():
    text = "from a import Part\nclass _Part: pass\nPART = 1\nT = 2\n_Alias = str"
    assert find_taken([("a", text), ("b", text)]) == {}
