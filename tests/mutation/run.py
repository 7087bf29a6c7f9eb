"""A mutation run: change what says what is right, one small thing at a time; do the tests notice?

The working tree is never touched: tests run in a copy in a temporary folder, and a changed module
is only in the memory of the process that tests it. `make mutate` runs all; it takes long and is
no part of `make test`.

Own, because mutmut changes the bodies of functions alone (sets of faults, weights and thresholds
stand outside them), and cosmic-ray edits files in place and starts Python anew for each change.
"""

import argparse
import ast
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml
from mutants import Mutant, list_mutants
from trial import Outcome, Trial, find_said, load_others, run_trials

ROOT = Path(__file__).resolve().parents[2]
EXPLAINED = Path(__file__).with_name("explained.yaml")
COPIED = ("docs", "gen", "templates", "tests", "tool_catalog", "train")
LEAST = 0.95
_SETS = ("tests/gen/sets/**/test_*.py", "tests/gen/test_contrast.py")

TARGETS: dict[str, tuple[str, ...]] = {
    "gen/policy/*.py": ("tests/gen/test_policy*.py", "tests/gen/policy/test_*.py"),
    "gen/verdict/*.py": (
        "tests/gen/test_verdict*.py",
        "tests/gen/verdict/test_*.py",
        "tests/gen/test_consent.py",
        "tests/gen/test_reporting.py",
    ),
    "train/reward.py": ("tests/train/test_reward.py",),
    "train/**/metrics.py": ("tests/train/**/test_metrics.py",),
    "tool_catalog/sandbox/sandbox.py": (
        "tests/tool_catalog/sandbox/test_sandbox*.py",
        "tests/tool_catalog/sandbox/test_consent.py",
        "tests/tool_catalog/sandbox/test_report_content.py",
        "tests/gen/test_consent.py",
    ),
    "tool_catalog/sandbox/user.py": (
        "tests/tool_catalog/sandbox/test_user.py",
        "tests/tool_catalog/sandbox/test_consent.py",
        "tests/gen/test_consent.py",
    ),
    "gen/sets/conversation.py": _SETS,
    "gen/sets/reference/counterfactuals.py": _SETS,
    "gen/sets/draft.py": _SETS,
    "gen/sets/pipeline.py": _SETS,
    "gen/sets/scene.py": _SETS,
    "gen/sets/texts.py": _SETS,
    "gen/sets/reference/trajectory.py": _SETS,
}
"""Modules that are mutated, and the tests that should notice; patterns, as far as they lead."""


@dataclass
class Target:
    """A module with its mutants and its tests."""

    module: str
    tests: list[str]
    tree: ast.Module
    mutants: list[Mutant]


@dataclass(frozen=True)
class Tried:
    """What came of a mutant."""

    module: str
    mutant: Mutant
    outcome: Outcome
    reason: str
    """Why nobody can notice; empty: nobody said so."""


def find_targets(tree: Path, wanted: Sequence[str]) -> list[Target]:
    """Every module to mutate; those whose path holds one of `wanted`, if any are."""
    found = []
    for pattern, tests in TARGETS.items():
        paths = sorted(path for test in tests for path in tree.glob(test))
        names = list(dict.fromkeys(path.relative_to(tree).as_posix() for path in paths))
        for path in sorted(tree.glob(pattern)):
            module = path.relative_to(tree).as_posix()
            if path.stem != "__init__" and (not wanted or any(w in module for w in wanted)):
                parsed = ast.parse(path.read_text(encoding="utf-8"))
                found.append(Target(module, names, parsed, list_mutants(parsed)))
    return found


def read_explained() -> dict[tuple[str, str, str], str]:
    """Why some mutants cannot be noticed, by module, place and change."""
    listed = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8")) or []
    return {(one["module"], one["where"], one["change"]): one["reason"] for one in listed}


def copy_tree(folder: Path) -> Path:
    """A copy of the sources and tests."""
    tree = folder / "tree"
    for name in COPIED:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tree / name, ignore=ignored)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, tree)
    return tree


def check_green(tree: Path, target: Target) -> float:
    """Run the tests on the module as it is; returns the seconds that they take.

    Raises:
        SystemExit: they fail, and nothing could be said.
    """
    if not target.tests:
        sys.exit(f"{target.module}: no tests; name them in {Path(__file__).name}")
    trial = Trial(target.module, None, target.tests, 3600)
    for _, outcome, took in run_trials(tree, [trial], 1):
        if outcome == "survived":
            return took
    said = "".join(find_said(tree).read_text(encoding="utf-8").splitlines(keepends=True)[-20:])
    sys.exit(f"{said}{target.module}: its tests fail as it is: {' '.join(target.tests)}")


def try_mutants(
    tree: Path, target: Target, seconds: float, workers: int
) -> Iterator[tuple[Mutant, Outcome]]:
    """Every mutant of a module with its outcome, as they come."""
    trials = (
        Trial(target.module, m.compile(target.tree, m.change), target.tests, seconds, number)
        for number, m in enumerate(target.mutants)
    )
    for trial, outcome, _ in run_trials(tree, trials, workers):
        yield target.mutants[trial.number], outcome


def try_targets(tree: Path, targets: Sequence[Target], workers: int) -> Iterator[Tried]:
    """All of them, module by module; each line is printed when it is known."""
    explained = read_explained()
    load_others()
    times: dict[str, float] = {}
    for target in targets:  # all of them first: a run takes hours
        if (tests := " ".join(target.tests)) not in times:
            times[tests] = check_green(tree, target)
    for target in targets:
        took = times[" ".join(target.tests)]
        print(f"{target.module}: {len(target.mutants)} mutants, tests take {took:.1f} s")
        for mutant, outcome in try_mutants(tree, target, 30 + 6 * took, workers):
            reason = explained.get((target.module, mutant.where, mutant.change), "")
            tried = Tried(target.module, mutant, outcome, reason)
            print(_write_line(tried), flush=True)
            yield tried


def _write_line(tried: Tried) -> str:
    survived = tried.outcome == "survived"
    word = "explained" if survived and tried.reason else tried.outcome
    return (
        f"{word:9} {tried.module}:{tried.mutant.line} {tried.mutant.where}: {tried.mutant.change}"
    )


def summarise(tried: Sequence[Tried]) -> tuple[str, float]:
    """A table by module, and the share killed of all that are not explained."""
    counts: dict[str, Counter[str]] = {}
    for one in tried:
        word = "explained" if one.outcome == "survived" and one.reason else one.outcome
        for name in (one.module, "all"):
            counts.setdefault(name, Counter())[word] += 1
    counts["all"] = counts.pop("all", Counter())
    rows = [f"{'module':34} mutants killed hung survived explained share"]
    share = 1.0
    for name, found in counts.items():
        noticed, survived = found["killed"] + found["timeout"], found["survived"]
        share = noticed / (noticed + survived) if noticed + survived else 1.0
        rows.append(
            f"{name:34} {found.total():7} {found['killed']:6} {found['timeout']:4} {survived:8} "
            f"{found['explained']:9} {share:5.1%}"
        )
    return "\n".join(rows), share


def find_stale(targets: Sequence[Target], tried: Sequence[Tried]) -> list[str]:
    """Explanations that explain nothing: no such mutant, or one that is noticed after all."""
    needed = {(t.module, t.mutant.where, t.mutant.change) for t in tried if t.outcome == "survived"}
    modules = {target.module for target in targets}
    return [
        f"{EXPLAINED.name}: {module} {where}: {change}: nothing to explain; remove it"
        for module, where, change in read_explained()
        if module in modules and (module, where, change) not in needed
    ]


def main() -> int:
    """Parse, run, tell; 1 when too many changes go unnoticed, or an explanation is stale."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--module", action="append", default=[], help="a part of a path; repeat")
    parser.add_argument("--sample", type=int, help="at most so many mutants of each module")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--list", action="store_true", help="show the mutants and try none")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = ROOT if asked.list else copy_tree(Path(folder))
        targets = find_targets(tree, asked.module)
        if not targets:
            parser.error(f"no module to mutate; there are: {', '.join(TARGETS)}")
        for target in targets:
            if asked.sample is not None and asked.sample < len(target.mutants):
                rng = Random(f"{asked.seed}:{target.module}")
                target.mutants = rng.sample(target.mutants, asked.sample)
        if asked.list:
            for target in targets:
                for m in target.mutants:
                    print(f"{target.module}:{m.line} {m.where}: {m.change}")
            return 0
        tried = list(try_targets(tree, targets, asked.workers))
    table, share = summarise(tried)
    stale = [] if asked.sample is not None else find_stale(targets, tried)
    survivors = [_write_line(t) for t in tried if t.outcome == "survived" and not t.reason]
    print("", *survivors, *stale, table, sep="\n")
    return 1 if stale or share < LEAST else 0


if __name__ == "__main__":
    for name in (signal.SIGINT, signal.SIGTERM):  # either ends the trials under way as well
        signal.signal(name, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
