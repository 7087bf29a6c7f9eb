"""Instances of one opening are its own and do not stay."""

import dataclasses
import decimal

from train.benchmarks.bfcl.cases import Category
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.multi_turn.instances import open_instances


def test_two_openings_of_one_case_know_nothing_of_each_other(kitchen, dialogue):
    with open_instances(kitchen.official, dialogue) as ours:
        with open_instances(kitchen.official, dialogue) as theirs:
            assert ours.run(["boil(cups=2)"]) == ["did boil(cups=2)"]
            theirs.run(["steep(cups=1)"])
            kept = [v for n, v in kitchen.instances.items() if n.startswith("triact_")]
            assert kept == [["boil(cups=2)"], ["steep(cups=1)"]]
        ours.run(["steep(cups=2)"])
        [left] = [v for n, v in kitchen.instances.items() if n.startswith("triact_")]
        assert left == ["boil(cups=2)", "steep(cups=2)"]
    assert kitchen.instances == {"unrelated": 1}


def test_what_the_checker_leaves_is_removed_too(kitchen, dialogue):
    turns = [[[call] for call in turn] for turn in dialogue.answers]
    with open_instances(kitchen.official, dialogue) as instances:
        assert instances.check(turns) is None
        assert instances.check([[], [], []]) is ErrorType.EMPTY_TURN
        assert instances.check([turns[0], [], turns[0]]) is ErrorType.STATE
        assert len(kitchen.instances) == 2
    assert kitchen.instances == {"unrelated": 1}


def test_it_starts_as_the_case_says(kitchen, dialogue):
    with open_instances(kitchen.official, dialogue) as instances:
        instances.run(["boil(cups=2)"])
    long = dataclasses.replace(dialogue, category=Category.MULTI_TURN_LONG_CONTEXT)
    with open_instances(kitchen.official, long) as instances:
        instances.run(["boil(cups=2)"])
    assert kitchen.starts == [{"MathAPI": {"water": 9}}] * 2
    assert kitchen.long == [False, True]


def test_arithmetic_elsewhere_keeps_its_precision(kitchen, dialogue, monkeypatch):
    def run(**given):
        decimal.getcontext().prec = 3
        return [str(decimal.Decimal(1) / 3)], {}

    before = decimal.getcontext().prec
    monkeypatch.setattr(kitchen, "official", kitchen.official.__class__(
        "9.9", "", 3, run, kitchen.check, kitchen.instances
    ))  # fmt: skip
    with open_instances(kitchen.official, dialogue) as instances:
        assert instances.run(["boil(cups=2)"]) == ["0.333"]
    assert decimal.getcontext().prec == before
