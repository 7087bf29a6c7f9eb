"""Run an agent on a run's splits and turn what it did into cases that metrics count."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from gen.records import Record
from gen.runs.card import SPLITS
from gen.runs.folder import open_run
from gen.runs.rows import read_records
from gen.runs.trust import list_domain_files
from tool_catalog.errors import BadRun, UnknownName
from train.agent import Rollout, run_episodes
from train.metrics import Case
from train.presets import Preset
from train.reward import score

TEST_SPLITS = tuple(split for split in SPLITS if split.startswith(("test", "ood_")))


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


def evaluate_model(
    folder: Path,
    records: Sequence[Record],
    preset: Preset,
    *,
    run: Path,
    reasoning: bool,
    seed: int = 0,
    on_progress: Callable[[int], None] = lambda done: None,
) -> tuple[list[Case], list[Rollout]]:
    """Play records with the model of a folder; greedy, so equal inputs give equal cases."""
    from train.models import load_model, use_threads

    use_threads(preset)
    model, tokenizer = load_model(folder, preset)
    settings = preset.evaluation
    cases: list[Case] = []
    rollouts: list[Rollout] = []
    remaining = iter(records)
    while chunk := list(islice(remaining, settings.batch_size * 4)):
        played = run_episodes(
            model,
            tokenizer,
            [record.scenario for record in chunk],
            max_calls=settings.max_calls,
            max_new_tokens=settings.max_new_tokens,
            batch_size=settings.batch_size,
            reasoning=reasoning,
            seed=seed,
            domain_files=list_domain_files(run),
        )
        rollouts += played
        cases += [make_case(record, one) for record, one in zip(chunk, played, strict=True)]
        on_progress(len(cases))
    return cases, rollouts


@dataclass(frozen=True, slots=True)
class Task:
    """One model on one split."""

    folder: Path
    split: str
    sets: int = 0
    """Contrast sets of the split, whole; 0 means all."""


def evaluate_all(
    tasks: Sequence[Task],
    preset: Preset,
    *,
    run: Path,
    reasoning: bool,
    seed: int = 0,
    on_task: Callable[[int, int], None] = lambda done, total: None,
) -> list[list[Case]]:
    """Cases of every task, in the order of the tasks; several are played at a time.

    A tiny model on the CPU is hardly faster with two threads than with one, and two processes are:
    as many play as the preset says for training. Any other model is played here, one after the
    other.
    """
    settings = (preset, run, reasoning, seed)
    if preset.sft.processes < 2:
        found = []
        for done, task in enumerate(tasks, 1):
            found.append(_evaluate_task(task, *settings))
            on_task(done, len(tasks))
        return found
    context = get_context("spawn")
    with ProcessPoolExecutor(preset.sft.processes, context, _use_one_thread) as pool:
        jobs = [pool.submit(_evaluate_task, task, *settings) for task in tasks]
        for done, job in enumerate(as_completed(jobs), 1):
            job.result()
            on_task(done, len(tasks))
        return [job.result() for job in jobs]


def _use_one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _evaluate_task(task: Task, preset: Preset, run: Path, reasoning: bool, seed: int) -> list[Case]:
    records = read_split(run, task.split, task.sets)
    cases, _ = evaluate_model(task.folder, records, preset, run=run, reasoning=reasoning, seed=seed)
    return cases


def make_case(record: Record, rollout: Rollout) -> Case:
    """What metrics need of a rollout."""
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
