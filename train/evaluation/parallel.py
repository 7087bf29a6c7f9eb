"""Models on splits of a run, several played at a time, each in a process of its own."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from train.agents.local import open_local
from train.evaluation.metrics import Case
from train.evaluation.runner import play_jobs
from train.evaluation.splits import make_own, read_cases
from train.evaluation.transcripts import Transcript
from train.presets import Preset


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
    """Cases of every task, in the order of the tasks; greedy, so equal inputs give equal cases.

    A tiny model on the CPU is hardly faster with two threads than with one, and two processes are:
    as many play as the preset says for training. Any other model is played here, one after the
    other.
    """
    settings = (preset, run, reasoning, seed)
    if preset.sft.processes < 2:
        found = []
        for done, task in enumerate(tasks, 1):
            found.append(evaluate_task(task, *settings))
            on_task(done, len(tasks))
        return found
    context = get_context("spawn")
    with ProcessPoolExecutor(preset.sft.processes, context, _use_one_thread) as pool:
        jobs = [pool.submit(evaluate_task, task, *settings) for task in tasks]
        for done, job in enumerate(as_completed(jobs), 1):
            job.result()
            on_task(done, len(tasks))
        return [job.result() for job in jobs]


def _use_one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def evaluate_task(task: Task, preset: Preset, run: Path, reasoning: bool, seed: int) -> list[Case]:
    """Cases of one task, in the order of the records."""
    settings = preset.evaluation
    jobs = make_own(run, splits=[task.split], limit=task.sets, max_calls=settings.max_calls).jobs
    agent = open_local(task.folder, preset, reasoning=reasoning, seed=seed)
    found: dict[str, Transcript] = {}

    def take(transcript: Transcript) -> None:
        found[transcript.case] = transcript

    asyncio.run(play_jobs(jobs, agent, concurrency=settings.batch_size, take=take))
    return read_cases([found[job.case] for job in jobs])[task.split]
