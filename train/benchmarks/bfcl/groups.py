"""Which cases stand or fall together, so that intervals resample them as one.

Hundreds of live cases ask different things of one set of functions, and some two hundred questions
occur in several categories. The four multi-turn categories vary the same scenarios.
"""

import json
from collections.abc import Iterable

from train.benchmarks.bfcl.cases import Case
from train.benchmarks.bfcl.dialogues import Dialogue


def group_cases(cases: Iterable[Case | Dialogue]) -> dict[str, str]:
    """The group of each case by its id, named after one of its cases.

    Single-turn cases share a group when their functions are the same or their questions are, or
    both do with a third; multi-turn ones when their numbers are.
    """
    leaders: dict[str, str] = {}
    firsts: dict[str, str] = {}
    for case in cases:
        leaders[case.id] = case.id
        for key in _list_keys(case):
            joined = _follow(leaders, firsts.setdefault(key, case.id))
            leaders[_follow(leaders, case.id)] = joined
    return {name: _follow(leaders, name) for name in leaders}


def _list_keys(case: Case | Dialogue) -> tuple[str, ...]:
    if isinstance(case, Dialogue):
        return (case.id.rpartition("_")[2],)
    shared = (("functions", case.functions), ("question", case.question))
    return tuple(json.dumps(pair, sort_keys=True) for pair in shared)


def _follow(leaders: dict[str, str], name: str) -> str:
    while leaders[name] != name:
        name = leaders[name]
    return name
