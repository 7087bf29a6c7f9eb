"""The mutation run itself: which changes it makes, that tests notice them, and what it says."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import pytest
import yaml
from mutants import Mutant, list_mutants
from run import EXPLAINED, ROOT, TARGETS, Target, Tried, find_stale, find_targets, summarise
from trial import NoticedFirst

TOY = """
def is_old(age: int) -> bool:
    if age > 120:
        raise ValueError(age)
    return age >= 65


def count(steps: int) -> int:
    while steps > 0:
        steps -= 1
    return steps
"""
NOTICE = """
import pytest
from toy import count, is_old


def test_the_old():
    assert is_old(65) and not is_old(64)
    with pytest.raises(ValueError):
        is_old(121)


def test_the_end():
    assert count(3) == 0
"""
TRY = """
import ast
import multiprocessing
from pathlib import Path
from mutants import list_mutants
from trial import Trial, load_others, run_trials

CHANGES = ("age >= 65 -> age > 65", "without raise ValueError(age)", "age > 120 -> age >= 120",
           "without steps -= 1")
load_others()
tree = Path.cwd()
parsed = ast.parse((tree / "toy.py").read_text())
mutants = [m for m in list_mutants(parsed) if m.change in CHANGES]
tests = ["test_toy.py"]
trials = [Trial("toy.py", None, tests, 60, -1)]
for number, mutant in enumerate(mutants):
    seconds = 4 if "steps" in mutant.change else 60
    trials.append(Trial("toy.py", mutant.compile(parsed, "toy.py"), tests, seconds, number))
for trial, outcome, _ in run_trials(tree, trials, 2):
    print(outcome, mutants[trial.number].change if trial.number >= 0 else "as it is", sep="|")
[endless] = [m for m in mutants if "steps" in m.change]
two = [trials[0], Trial("toy.py", endless.compile(parsed, "toy.py"), tests, 600, 0)]
begun = run_trials(tree, two, 2)
next(begun)
begun.close()
print(len(multiprocessing.active_children()), "left", sep="|")
"""


def _list_changes(source: str) -> set[str]:
    return {mutant.change for mutant in list_mutants(ast.parse(dedent(source)))}


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("v = a < b", {"a < b -> a <= b"}),
        ("v = a is not b", {"a is not b -> a is b"}),
        ("v = a not in b", {"a not in b -> a in b"}),
        ("v = x and y", {f"{c} in v = x and y" for c in ("or for and", "without x", "without y")}),
        ("v = not x", {"not x -> x"}),
        ("v = f(3)", {"3 -> 4 in v = f(3)"}),
        ("v = True", {"True -> False in v = True"}),
        ("v = any(x)", {"any(x) -> all(x)"}),
        ("v = [x for x in y if x]", {"if x -> no condition"}),
        ("v = {A.B, A.C}", {"without A.B in v = {A.B, A.C}", "without A.C in v = {A.B, A.C}"}),
        ("v = (A.B, 'c')", {"without A.B in v = (A.B, 'c')", "without 'c' in v = (A.B, 'c')"}),
        ("v = {A: y, B: z}", {"without A in v = {A: y, B: z}", "without B in v = {A: y, B: z}"}),
        ("if x:\n  pass", {"if x -> if not x"}),
        ("v = a if x else b", {"if x -> if not x"}),
        ("f(x)", {"without f(x)"}),
        ("v += x", {"without v += x"}),
        ("v[i] = b", {"without v[i] = b"}),
        ("for x in y:\n  continue", {"without continue"}),
        ("match x:\n  case 'a': pass\n  case _: pass", {"without case 'a'", "without case _"}),
        ("def f():\n  return g", {"return g -> return None"}),
        ("def f():\n  v = a + b", {"a + b -> a - b"}),
        ("def f():\n  raise ValueError(1 < 2)", {"without raise ValueError(1 < 2)"}),
    ],
)
def test_what_is_changed(source: str, changes: set[str]) -> None:
    assert _list_changes(source) == changes


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""',
        "def f(x: int | None = None) -> 'a | b': pass",
        "@dataclass(frozen=True)\nclass A: pass",
        "class A:\n  model_config = ConfigDict(frozen=True)",
        "if TYPE_CHECKING:\n  x = 1",
        "__all__ = ['a', 'b']",
        "x = f'{1}'",
        "x = (a, b)",
        "Alias = A | B",
        "x = zip(a, b, strict=True)",
    ],
)
def test_what_says_nothing_of_behaviour_is_left_alone(source: str) -> None:
    assert _list_changes(source) == set()


def test_the_same_change_twice_in_a_place_has_two_names() -> None:
    assert _list_changes("x = [f(0), f(0)]") == {
        "0 -> 1 in x = [f(0), f(0)]",
        "0 -> 1 in x = [f(0), f(0)] (2)",
    }


def test_a_place_is_named_by_class_and_function() -> None:
    [mutant] = list_mutants(ast.parse("class A:\n  def f(self):\n    return self.x"))
    assert (mutant.where, mutant.line) == ("A.f", 3)


def test_every_change_compiles_and_the_tree_is_as_before() -> None:
    """On a module of each target; what a change leaves behind would be in the next one's code."""
    for target in find_targets(ROOT, ["reward", "verdict", "user"]):
        before = ast.dump(target.tree)
        for mutant in target.mutants:
            mutant.compile(target.tree, target.module)
        assert ast.dump(target.tree) == before, target.module
        names = [(m.where, m.change) for m in target.mutants]
        assert len(set(names)) == len(names) > 0


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What came of every change of a toy module, whose file must stay as it is."""
    tree = tmp_path_factory.mktemp("toy")
    (tree / "toy.py").write_text(TOY, encoding="utf-8")
    (tree / "test_toy.py").write_text(NOTICE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", TRY],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    lines = [line.partition("|") for line in done.stdout.splitlines()]
    yield {change: outcome for outcome, _, change in lines}
    assert (tree / "toy.py").read_text(encoding="utf-8") == TOY


def test_a_module_as_it_is_survives(outcomes: dict[str, str]) -> None:
    assert outcomes["as it is"] == "survived"


def test_a_change_that_tests_notice_is_killed(outcomes: dict[str, str]) -> None:
    for change in ("age >= 65 -> age > 65", "without raise ValueError(age)"):
        assert outcomes[change] == "killed"


def test_a_change_that_nobody_looks_at_survives(outcomes: dict[str, str]) -> None:
    assert outcomes["age > 120 -> age >= 120"] == "survived"


def test_a_change_that_hangs_is_ended(outcomes: dict[str, str]) -> None:
    assert outcomes["without steps -= 1"] == "timeout"


def test_trials_under_way_end_with_whoever_asked(outcomes: dict[str, str]) -> None:
    assert outcomes["left"] == "0"


def test_what_noticed_most_comes_first_and_then_what_needs_least(tmp_path: Path) -> None:
    plugin = NoticedFirst(tmp_path / "noticed.txt")
    items = [SimpleNamespace(nodeid=name, fixturenames=name if name == "a" else "")
             for name in "abcd"]  # fmt: skip
    plugin.pytest_collection_modifyitems(items)
    assert [item.nodeid for item in items] == list("bcda")
    for name, failed in (("c", True), ("d", True), ("c", True), ("b", False)):
        plugin.pytest_runtest_logreport(SimpleNamespace(nodeid=name, failed=failed))
    plugin.pytest_collection_modifyitems(items)
    assert [item.nodeid for item in items] == list("cdba")


def _make_tried(change: str, outcome: str, reason: str = "") -> Tried:
    [mutant, *_] = list_mutants(ast.parse("a < b"))
    mutant.change = change
    # The outcome comes from a table of the test, as text.
    return Tried("toy.py", mutant, outcome, reason)  # type: ignore[arg-type]


def test_the_share_leaves_out_what_is_explained() -> None:
    tried = [
        _make_tried("a", "killed"),
        _make_tried("b", "timeout"),
        _make_tried("c", "survived"),
        _make_tried("d", "survived", "equal"),
    ]
    table, share = summarise(tried)
    assert share == pytest.approx(2 / 3)
    assert table.splitlines()[-1].split() == ["all", "4", "1", "1", "1", "1", "66.7%"]


def test_an_explanation_of_nothing_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    explained = {("toy.py", "", "a"): "equal", ("toy.py", "", "b"): "", ("other.py", "", "c"): ""}
    monkeypatch.setattr("run.read_explained", lambda: explained)
    targets = [Target("toy.py", [], ast.parse(""), list[Mutant]())]
    tried = [_make_tried("a", "survived", "equal"), _make_tried("b", "killed")]
    [line] = find_stale(targets, tried)
    assert "toy.py : b:" in line


def test_every_explanation_gives_a_reason() -> None:
    listed = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))
    for one in listed:
        assert set(one) == {"module", "where", "change", "reason"}
        assert len(one["reason"].split()) >= 4, one
    names = {target.module for target in find_targets(ROOT, [])}
    assert {one["module"] for one in listed} <= names


def test_every_target_is_there_and_has_tests() -> None:
    found = {target.module: target for target in find_targets(ROOT, [])}
    for pattern in TARGETS:
        modules = {p.relative_to(ROOT).as_posix() for p in ROOT.glob(pattern)} & found.keys()
        assert modules, pattern
        assert all(found[m].tests for m in modules), pattern
    assert all(target.mutants for target in found.values())
