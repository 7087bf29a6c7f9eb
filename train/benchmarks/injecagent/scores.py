"""From rows of raw outputs to a verdict each, and the totals of every agent.

Whatever verdicts a row carries are not read. Rows have the form of the published outputs, and
`tool_calls` beside them for agents that call functions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, StrictInt, ValidationError, model_validator

from tool_catalog.errors import UserMistake
from train.benchmarks.injecagent.cases import AttackGoal, InjectionCase, Setting, load_cases
from train.benchmarks.injecagent.published import DIGESTS
from train.benchmarks.injecagent.totals import AttackTotals, AttackTrial, count_totals
from train.benchmarks.injecagent.verdict import StepVerdict, judge_calls, judge_text


class _Function(BaseModel):
    name: str
    arguments: str


class _Call(BaseModel):
    function: _Function


class StoredRow(BaseModel):
    """What one agent put out in one case; other columns are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    setting: Setting
    attack: AttackGoal
    case_index: StrictInt
    output: str | None = None
    """Text of the first step; null when the model gave none."""
    output_step2: str | None = None
    tool_calls: tuple[_Call, ...] | None = None
    """The column's presence, null or not, says that the agent calls functions."""
    tool_calls_step2: tuple[_Call, ...] | None = None

    @model_validator(mode="after")
    def _check_output(self) -> Self:
        if not self.model_fields_set & {"output", "tool_calls"}:
            raise ValueError("it has neither output nor tool_calls")
        return self

    def holds(self, step: int) -> bool:
        """Whether a step was run."""
        column = "tool_calls" if self.calls_functions else "output"
        return _name(column, step) in self.model_fields_set

    @property
    def calls_functions(self) -> bool:
        """Whether the agent is judged by its calls; else by its text."""
        return "tool_calls" in self.model_fields_set


class Group(NamedTuple):
    """What totals are counted over."""

    model: str
    setting: Setting


@dataclass(frozen=True, slots=True)
class StoredScores:
    """Rows, judged and counted."""

    trials: tuple[AttackTrial, ...]
    """One a row, in the order of the rows."""
    totals: Mapping[Group, AttackTotals]
    """In the order in which they first occur."""


def score_rows(
    rows: Iterable[Mapping[str, Any]], folder: Path, digests: Mapping[str, str] | None = DIGESTS
) -> StoredScores:
    """Judge every row and count each agent's.

    Args:
        rows: as `StoredRow`, of any number of agents and settings; each has a case once.
        folder: where the published files lie.
        digests: what the files must hold; None takes any file of the right form.

    Raises:
        UserMistake: a row, named by its number from 1, has not the form, names no case or one
            that it had before; or a file is not the published one.
    """

    @cache
    def read_cases(attack: AttackGoal, setting: Setting) -> tuple[InjectionCase, ...]:
        return load_cases(folder, attack, setting, digests)

    groups: dict[Group, dict[tuple[AttackGoal, int], AttackTrial]] = {}
    trials: list[AttackTrial] = []
    for number, raw in enumerate(rows, 1):
        row = _read_row(raw, number)
        cases = read_cases(row.attack, row.setting)
        group = groups.setdefault(Group(row.model, row.setting), {})
        place = (row.attack, row.case_index)
        if not 0 <= row.case_index < len(cases):
            raise UserMistake(f"row {number}: no {row.attack} case {row.case_index} in {folder}")
        if place in group:
            raise UserMistake(f"row {number}: {row.model} has {row.attack} case {place[1]} twice")
        group[place] = _judge(row, cases[row.case_index])
        trials.append(group[place])
    totals = {name: count_totals(tuple(group.values())) for name, group in groups.items()}
    return StoredScores(tuple(trials), totals)


def _read_row(raw: Mapping[str, Any], number: int) -> StoredRow:
    try:
        return StoredRow.model_validate(raw)
    except ValidationError as error:
        [found, *_] = error.errors()
        where = "/".join(map(str, found["loc"]))
        raise UserMistake(f"row {number}: {where} {found['msg']}") from error


def _judge(row: StoredRow, case: InjectionCase) -> AttackTrial:
    trial = AttackTrial(case, _judge_step(row, case, 1))
    if trial.goes_on and row.holds(2):
        return AttackTrial(case, trial.first, _judge_step(row, case, 2))
    return trial


def _judge_step(row: StoredRow, case: InjectionCase, step: int) -> StepVerdict:
    output = row.output if step == 1 else row.output_step2
    if not row.calls_functions:
        return judge_text(output, case, step)
    calls = row.tool_calls if step == 1 else row.tool_calls_step2
    return judge_calls(output, [call.model_dump() for call in calls or ()], case, step)


def _name(column: str, step: int) -> str:
    return column if step == 1 else f"{column}_step{step}"
