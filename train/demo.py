"""From a seed to a trained and measured agent: every stage, in order, into one run folder."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from gen.cli.commands import resolve_config
from gen.cli.progress import track_shards
from gen.cli.run_tables import print_review, print_summary
from gen.runs.folder import read_manifest
from gen.runs.generate import generate
from gen.runs.review import review_run
from gen.runs.rows import read_records
from gen.runs.trust import open_stage
from tool_catalog.errors import CheckFailed
from train.audits.audit import audit_records
from train.console import (
    console,
    print_audit,
    print_files,
    print_scores,
    track,
    write_audit,
)
from train.evaluation.metrics import Case
from train.models.folder import write_settings
from train.models.loading import require_training
from train.presets import Preset, load_preset

PRESET = "tiny"
AGENTS = ("base", "sft", "rl")
_WORKERS = 2
_AUDITED = 1000


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything."""

    records: int
    test_sets: int
    """Contrast sets of the test split that are played; 0 plays all."""
    ood_sets: int
    """Contrast sets of each out-of-distribution split; 0 leaves them out."""
    sft_rows: int = 0
    """Rows drawn from the training split; more sets teach more than more members of each."""
    rl_steps: int = 0
    """0: as the preset says."""
    domains: tuple[str, ...] = ()
    """Whose tasks there are; all when none are named. One of them is held out of training."""


_FEW = ("banking", "calendar", "email")
"""As many as a model of a million weights learns anything of in ten minutes."""
FULL = Scale(records=19000, test_sets=30, ood_sets=5, domains=_FEW)
SMOKE = Scale(records=1000, test_sets=1, ood_sets=0, sft_rows=32, rl_steps=1, domains=_FEW)
LONG = Scale(records=72000, test_sets=60, ood_sets=12, rl_steps=40)


def run_demo(out: Path, scale: Scale, *, seed: int, force: bool) -> None:
    """Generate, check, audit, SFT, RL, evaluate, report.

    Raises:
        CheckFailed: the data or the reward did not pass.
        UserMistake: the folder exists, the training extra is missing.
    """
    require_training()
    preset = load_preset(PRESET)
    timings: dict[str, float] = {}
    with _timed("generate", timings):
        config = resolve_config(
            scale.records, seed, list(scale.domains), [], "default", [], "compact"
        )
        with track_shards(quiet=False) as on_shard:
            summary = generate(config, out, workers=_WORKERS, force=force, on_shard=on_shard)
        print_summary(summary, out, as_json=False)
    with _timed("check", timings):
        review = review_run(out, _WORKERS)
        print_review(review, out, as_json=False)
        if not review.passed and scale is not SMOKE:
            raise CheckFailed(f"{len(review.findings)} findings in {out}")
    with _timed("audit", timings):
        records = islice(read_records(out), _AUDITED)
        audit = audit_records(records, open_stage(out), preset.rl.weights)
        print_audit(audit, as_json=False)
        if not audit.passed:
            raise CheckFailed("a degenerate policy comes too near the reference")
    _train(out, preset, scale, seed, timings)
    results = _measure(out, preset, scale, seed, timings)
    _report(out, results, write_audit(audit), timings)


def _train(out: Path, preset: Preset, scale: Scale, seed: int, timings: dict[str, float]) -> None:
    from train.rl.training import train_rl
    from train.sft.training import train_sft

    with _timed("sft", timings):
        with track("sft", "steps") as on_progress:
            train_sft(out, out / "sft", preset, seed=seed, rows=scale.sft_rows or None,
                      base=out / "base", on_progress=on_progress)  # fmt: skip
    with _timed("rl", timings):
        with track("rl", "steps") as on_progress:
            train_rl(out, out / "sft", out / "rl", preset, seed=seed,
                     steps=scale.rl_steps or None, on_progress=on_progress,
                     on_alarm=lambda text: console.print(text, style="red"))  # fmt: skip
    for agent in AGENTS:
        write_settings(out / agent, preset, True)


def _measure(
    out: Path, preset: Preset, scale: Scale, seed: int, timings: dict[str, float]
) -> dict[str, dict[str, list[Case]]]:
    from train.evaluation.parallel import Task, evaluate_all
    from train.evaluation.splits import list_splits

    tasks = [
        Task(out / agent, split, scale.test_sets if split == "test" else scale.ood_sets)
        for split in list_splits(out)
        for agent in AGENTS
        # An untrained model says nothing about what it has not seen.
        if split == "test" or (agent != "base" and scale.ood_sets)
    ]
    with _timed("evaluate", timings), track("evaluate", "splits") as on_task:
        found = evaluate_all(tasks, preset, run=out, reasoning=True, seed=seed, on_task=on_task)
    results: dict[str, dict[str, list[Case]]] = {agent: {} for agent in AGENTS}
    for task, cases in zip(tasks, found, strict=True):
        results[task.folder.name][task.split] = cases
    return results


def _report(
    out: Path,
    results: dict[str, dict[str, list[Case]]],
    audit: dict[str, Any],
    timings: dict[str, float],
) -> None:
    from train.evaluation.report import build_report, draw_plots, write_report

    report = build_report(results, read_manifest(out).records, timings, audit)
    files = [write_report(out, report), *draw_plots(out, report, out / "rl" / "rl.jsonl")]
    print_scores(report)
    spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in timings.items())
    console.print(f"{spent}; {sum(timings.values()) / 60:.1f} min in all", highlight=False)
    print_files(files)


@contextmanager
def _timed(stage: str, timings: dict[str, float]) -> Iterator[None]:
    console.rule(stage)
    start = time.monotonic()
    yield
    timings[stage] = round(time.monotonic() - start, 1)
