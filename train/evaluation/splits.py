"""A run's own test splits, ready to be played by any agent: the sandbox, the verdict, the metrics.

`triact evaluate` and `triact benchmark own` both play these.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gen.episode import Stage
from gen.records import Record
from gen.runs.folder import open_run
from gen.runs.publishing.card import SPLITS
from gen.runs.rows import read_records
from gen.runs.trust import list_domain_files, open_stage
from gen.taxonomy.labels import Decision
from gen.verdict import Fault, Verdict
from tool_catalog.errors import BadRun, UnknownName
from train.agents.loop import Agent
from train.evaluation.benchmark import Benchmark
from train.evaluation.game import MAX_CALLS, Rollout, guess_length, play_scenario
from train.evaluation.metrics import LOWER_IS_BETTER, SHARES, Case, measure
from train.evaluation.runner import CaseResult, Job
from train.evaluation.transcripts import Transcript
from train.reward import score

TEST_SPLITS = tuple(split for split in SPLITS if split.startswith(("test", "ood_")))
_HEADLINE = (
    "unsafe_execution", "attack_success", "ignore_and_continue", "fidelity", "benign_utility",
    "over_refusal", "verification_recall", "verification_precision", "over_asking",
    "asked_in_prose", "accuracy",
)  # fmt: skip


def list_splits(run: Path, wanted: Sequence[str] = ()) -> list[str]:
    """Splits to evaluate: those asked for, or every test split that the run has.

    Raises:
        UnknownName: the run has no such split.
        BadRun: the run is none, is damaged, or has no test split at all.
    """
    there = open_run(run).manifest.records
    list_domain_files(run)  # code that is not trusted is said before a model is loaded
    for split in wanted:
        if split not in there:
            raise UnknownName("split", split, there)
    found = list(wanted) or [split for split in TEST_SPLITS if there.get(split)]
    if not found:
        raise BadRun(f"{run} has no test split; generate more contrast sets")
    return found


def read_split(run: Path, split: str, sets: int = 0) -> list[Record]:
    """Records of a split; with `sets`, of its first so many contrast sets, whole."""
    if not sets:
        return list(read_records(run, split))
    kept: dict[str, list[Record]] = {}
    for record in read_records(run, split):
        if record.contrast_set_id not in kept and len(kept) == sets:
            break
        kept.setdefault(record.contrast_set_id, []).append(record)
    return [record for records in kept.values() for record in records]


def make_own(
    run: Path, *, splits: Sequence[str] = (), limit: int = 0, max_calls: int = MAX_CALLS
) -> Benchmark:
    """The test splits of a run, or those named.

    Args:
        run: a run folder of `triact generate`.
        splits: which; none means every test split.
        limit: contrast sets a split, whole; 0 means all.
        max_calls: most calls and questions an episode.

    Raises:
        UnknownName: the run has no such split.
        BadRun: the run has no test split, or is none.
    """
    chosen = list_splits(run, splits)
    stage = open_stage(run)
    jobs = [
        _make_job(record, split, stage, max_calls)
        for split in chosen
        for record in read_split(run, split, limit)
    ]
    settings = {
        "run": str(run), "splits": [s for s in SPLITS if s in chosen], "limit": limit,
        "max_calls": max_calls,
    }  # fmt: skip
    return Benchmark("own", settings, jobs, _HEADLINE, lower=LOWER_IS_BETTER, count=count_decisions)


def _make_job(record: Record, split: str, stage: Stage, max_calls: int) -> Job:
    play = partial(_play, record, stage, max_calls)
    length = guess_length(record.scenario)
    return Job(record.id, split, record.contrast_set_id, play, length, _list_due(record))


def _list_due(record: Record) -> list[str]:
    """The shares that an episode enters whatever the agent does in it."""
    expected = record.scenario.last.expectation
    nothing = Verdict(
        expected.decision, expected.decision, frozenset(), solved=False, asked=False,
        asked_well=False, attacked=expected.attacked, asked_in_prose=False, reports_due=0,
        reports_right=0, false_alarms=0, calls=0, bad_calls=0, questions=0,
    )  # fmt: skip
    case = Case(
        record.id, record.contrast_set_id, record.role, record.user_label, record.tool_label,
        record.hard_negative, nothing, reward=0.0, valid_calls=0, total_calls=0,
    )  # fmt: skip
    return [name for name, share in SHARES.items() if share(case) is not None]


async def _play(record: Record, stage: Stage, max_calls: int, agent: Agent) -> CaseResult:
    rollout = await play_scenario(agent, record.scenario, stage, max_calls=max_calls)
    case = make_case(record, rollout)
    shares = {name: share(case) for name, share in SHARES.items()}
    return CaseResult(
        messages=rollout.messages,
        verdict=_write_case(case) | {"stop": str(rollout.stop)},
        measures={name: None if held is None else float(held) for name, held in shares.items()},
    )


def make_case(record: Record, rollout: Rollout) -> Case:
    """What metrics need of a rollout. Its reward is by the shipped weights, whoever is measured."""
    return Case(
        id=record.id,
        contrast_set=record.contrast_set_id,
        role=record.role,
        user_label=record.user_label,
        tool_label=record.tool_label,
        hard_negative=record.hard_negative,
        verdict=rollout.verdict,
        reward=score(rollout.verdict).total,
        valid_calls=rollout.valid_calls,
        total_calls=rollout.total_calls,
    )


def count_decisions(episodes: Sequence[Transcript]) -> dict[str, Any]:
    """What is no mean over cases, per split: F1, valid calls, reward, the confusion matrix."""
    totals: dict[str, Any] = {}
    for split, cases in read_cases(episodes).items():
        scores = measure(cases)
        names = ("macro_f1", "verification_f1", "report_precision", "report_recall", "report_f1",
                 "valid_calls", "mean_reward")  # fmt: skip
        totals[split] = {
            **{name: dataclasses.asdict(scores.estimates[name]) for name in names},
            "confusion": [list(row) for row in scores.confusion],
        }
    return totals


def read_cases(episodes: Sequence[Transcript]) -> dict[str, list[Case]]:
    """The cases of a run's transcripts by split; those that were not played are left out."""
    found: dict[str, list[Case]] = {}
    for episode in episodes:
        if episode.verdict:
            found.setdefault(episode.part, []).append(_read_case(episode))
    return found


def _write_case(case: Case) -> dict[str, Any]:
    fields = {field.name: getattr(case, field.name) for field in dataclasses.fields(case)}
    verdict = case.verdict._asdict() | {"faults": sorted(case.verdict.faults)}
    return {**fields, "verdict": verdict}


def _read_case(episode: Transcript) -> Case:
    fields: Mapping[str, Any] = {k: v for k, v in episode.verdict.items() if k != "stop"}
    raw = fields["verdict"]
    verdict = Verdict(**{
        **raw,
        "expected": Decision(raw["expected"]),
        "observed": Decision(raw["observed"]),
        "faults": frozenset(map(Fault, raw["faults"])),
    })  # fmt: skip
    return Case(**{**fields, "verdict": verdict, "unscored": not episode.scored})
