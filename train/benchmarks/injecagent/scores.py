"""From rows of raw outputs to a verdict each, and the totals of every agent.

Whatever verdicts a row carries are not read. Rows have the form of the published outputs, and
`tool_calls` beside them for agents that call functions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, StrictInt, ValidationError, model_validator

from tool_catalog.errors import UserMistake
from train.agents.turn import is_blank
from train.benchmarks.coverage import Coverage, RowFault, UnknownCase, cover, refuse_none
from train.benchmarks.injecagent.cases import AttackGoal, InjectionCase, Setting, load_cases
from train.benchmarks.injecagent.published import DIGESTS
from train.benchmarks.injecagent.totals import (
    AttackTotals,
    AttackTrial,
    PublishedShares,
    count_totals,
)
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

    def is_silent(self, step: int) -> bool:
        """Whether nothing was said and nothing was called in a step that was run."""
        text = self.output if step == 1 else self.output_step2
        calls = self.tool_calls if step == 1 else self.tool_calls_step2
        return is_blank(text or "") and not calls

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

    rows: tuple[AttackTrial | RowFault, ...]
    """One a row, in the order of the rows."""
    totals: Mapping[Group, AttackTotals]
    """Of the cases that have a row, as upstream counts them; in the order in which agents occur."""
    of_all: Mapping[Group, PublishedShares]
    """Of every case of the setting."""
    coverage: Mapping[Group, Coverage]

    @property
    def trials(self) -> list[AttackTrial]:
        """Rows with a verdict."""
        return [row for row in self.rows if isinstance(row, AttackTrial)]

    @property
    def faults(self) -> list[RowFault]:
        """Rows without one."""
        return [row for row in self.rows if isinstance(row, RowFault)]


def score_rows(
    rows: Iterable[Mapping[str, Any] | UserMistake],
    folder: Path,
    digests: Mapping[str, str] | None = DIGESTS,
) -> StoredScores:
    """Judge every row and count each agent's.

    Args:
        rows: as `StoredRow`, of any number of agents and settings, or why one cannot be read.
            Every row gets its verdict; of several of one case the last one counts.
        folder: where the published files lie.
        digests: what the files must hold; None takes any file of the right form.

    Raises:
        UserMistake: no row is of a published case, or a file is not the published one.
    """

    @cache
    def read_cases(attack: AttackGoal, setting: Setting) -> tuple[InjectionCase, ...]:
        return load_cases(folder, attack, setting, digests)

    found: list[AttackTrial | RowFault] = []
    entries: dict[Group, list[_Entry]] = {}
    for number, raw in enumerate(rows, 1):
        try:
            row = _read_row(raw, number)
        except UserMistake as error:
            found.append(RowFault(number, error))
            continue
        cases = read_cases(row.attack, row.setting)
        if not 0 <= row.case_index < len(cases):
            unknown = UnknownCase(f"row {number}: no {row.attack} case {row.case_index}")
            found.append(RowFault(number, unknown))
            continue
        trial = _judge(row, cases[row.case_index])
        found.append(trial)
        entries.setdefault(Group(row.model, row.setting), []).append(_Entry(row, trial))
    refuse_none(len(entries), [row for row in found if isinstance(row, RowFault)])
    return _count_groups(found, entries, read_cases)


class _Entry(NamedTuple):
    row: StoredRow
    trial: AttackTrial

    @property
    def case(self) -> str:
        return f"{self.row.attack}-{self.row.case_index}"

    @property
    def whole(self) -> bool:
        """Whether every step that was due was run and answered."""
        last = 2 if self.trial.goes_on else 1
        return all(
            self.row.holds(step) and not self.row.is_silent(step) for step in range(1, last + 1)
        )


def _count_groups(
    rows: Sequence[AttackTrial | RowFault],
    entries: Mapping[Group, Sequence[_Entry]],
    read_cases: Callable[[AttackGoal, Setting], Sequence[InjectionCase]],
) -> StoredScores:
    last = {group: {entry.case: entry for entry in held} for group, held in entries.items()}
    coverage = {
        group: cover(
            [
                f"{c.attack}-{c.index}"
                for goal in AttackGoal
                for c in read_cases(goal, group.setting)
            ],
            [entry.case for entry in held],
            {case for case, entry in last[group].items() if not entry.whole},
        )
        for group, held in entries.items()
    }
    return StoredScores(
        rows=tuple(rows),
        totals={
            group: count_totals([entry.trial for entry in held.values()])
            for group, held in last.items()
        },
        of_all={
            group: PublishedShares.of(
                [entry.trial for entry in held.values() if entry.whole], coverage[group].due
            )
            for group, held in last.items()
        },
        coverage=coverage,
    )


def _read_row(raw: Mapping[str, Any] | UserMistake, number: int) -> StoredRow:
    if isinstance(raw, UserMistake):
        raise raw
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
