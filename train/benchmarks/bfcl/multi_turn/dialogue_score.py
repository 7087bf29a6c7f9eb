"""Stored outputs of multi-turn cases, judged by the official checker."""

from collections.abc import Container, Sequence
from typing import Any

from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.multi_turn.call_source import read_step
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue
from train.benchmarks.bfcl.multi_turn.instances import open_instances
from train.benchmarks.bfcl.multi_turn.official import Official


def score_dialogue(output: Any, case: Dialogue, official: Official) -> ErrorType | None:
    """The fault of one output, None when it counts.

    An output is a list of turns, a turn a list of steps, a step one output as in a single-turn
    case. Steps without a call that can be read are passed over. Whether there is a call in a turn
    that wants none is never asked: upstream does not call its checker for it.
    """
    if not isinstance(output, list):
        return ErrorType.INFERENCE
    if len(output) != len(case.answers):
        return ErrorType.FORCED
    turns = [_read_turn(turn, case.names) for turn in output]
    with open_instances(official, case) as instances:
        return instances.check(turns)


def _read_turn(steps: Any, known: Container[str]) -> list[list[str]]:
    if not isinstance(steps, Sequence) or isinstance(steps, str):
        return []
    read = [[source.text for source in read_step(step, known)] for step in steps]
    return [texts for texts in read if texts]
