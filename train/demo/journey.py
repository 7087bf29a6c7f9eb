"""Generate, check, audit, SFT, RL, play, report: every stage in order, into one run folder."""

import dataclasses
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
from train.console import console, print_audit, print_files, track, write_audit
from train.demo.games import AGENTS, Games, play_all
from train.demo.journal import Journal
from train.demo.scale import Scale
from train.demo.side_by_side import write_episodes
from train.demo.table import print_table, write_table
from train.models.folder import write_settings
from train.models.loading import check_pretrained, require_training
from train.presets import Preset, load_preset

STAGES = ("generate", "check", "audit", "sft", "rl", "play", "report")
_WORKERS = 2
_AUDITED = 1000


def run_demo(out: Path, scale: Scale, *, seed: int, resume: bool, force: bool) -> None:
    """The demo of a size.

    Args:
        out: folder; must not exist unless `resume` or `force`.
        scale: how much of everything.
        seed: of everything.
        resume: go on with a demo of the same size and seed.
        force: delete what is there first.

    Raises:
        CheckFailed: the data or the reward did not pass.
        UserMistake: the folder exists, the training extra or the model's weights are missing.
    """
    require_training()
    preset = load_preset(scale.preset)
    if preset.shape is None:
        check_pretrained(preset, console.print)
    journal = Journal(out, {"seed": seed, **dataclasses.asdict(scale)}, STAGES)
    if resume:
        journal.resume()
    _make_data(out, scale, journal, seed=seed, resume=resume, force=force)
    _audit(out, preset, journal)
    _train(out, preset, scale, journal, seed=seed, resume=resume)
    with journal.stage("play"):  # what is kept is counted again in seconds
        played = play_all(out, scale, preset)
    with journal.stage("report"):
        files = _report(out, played, journal)
    console.print(_sum_up(journal.timings), highlight=False)
    print_files(files)


def _make_data(
    out: Path, scale: Scale, journal: Journal, *, seed: int, resume: bool, force: bool
) -> None:
    """A run folder that passes its check."""
    with journal.stage("generate") as due:
        if due:
            config = resolve_config(
                scale.records, seed, list(scale.domains), [], "default", [], "compact"
            )
            with track_shards(quiet=False) as on_shard:
                summary = generate(
                    config, out, workers=_WORKERS, resume=resume, force=force, on_shard=on_shard
                )
            print_summary(summary, out, as_json=False)
    with journal.stage("check") as due:
        if due:
            review = review_run(out, _WORKERS)
            print_review(review, out, as_json=False)
            if not review.passed and scale.checked:
                raise CheckFailed(f"{len(review.findings)} findings in {out}")


def _audit(out: Path, preset: Preset, journal: Journal) -> None:
    """Whether any behaviour that needs no judgement would be paid like the right one."""
    with journal.stage("audit") as due:
        if due:
            records = islice(read_records(out), _AUDITED)
            audit = audit_records(records, open_stage(out), preset.rl.weights)
            print_audit(audit, as_json=False)
            if not audit.passed:
                raise CheckFailed("a degenerate policy comes too near the reference")
            journal.found["audit"] = write_audit(audit)


def _train(
    out: Path, preset: Preset, scale: Scale, journal: Journal, *, seed: int, resume: bool
) -> None:
    from train.rl.training import train_rl
    from train.sft.training import train_sft

    think = preset.reasoning
    with journal.stage("sft") as due:
        if due:
            with track("sft", "steps") as on_progress:
                train_sft(
                    out, out / "sft", preset, reasoning=think, seed=seed, rows=scale.sft_rows,
                    base=out / "base", resume=resume, on_progress=on_progress,
                )  # fmt: skip
            for agent in ("base", "sft"):
                write_settings(out / agent, preset, think)
    with journal.stage("rl") as due:
        if due:
            with track("rl", "steps") as on_progress:
                train_rl(
                    out, out / "sft", out / "rl", preset, reasoning=think, seed=seed,
                    steps=scale.rl_steps, resume=resume, on_progress=on_progress,
                    on_alarm=lambda text: console.print(text, style="red"),
                )  # fmt: skip
            write_settings(out / "rl", preset, think)


def _report(out: Path, played: Games, journal: Journal) -> list[Path]:
    """Report, pictures, table and episodes; returns the files."""
    from train.evaluation.report import build_report, draw_plots, write_report

    results = {agent: played.cases[agent] for agent in AGENTS}
    report = build_report(
        results, read_manifest(out).records, journal.timings, journal.found["audit"]
    )
    print_table(played, report)
    logs = {name: out / name / f"{name}.jsonl" for name in ("sft", "rl")}
    return [
        write_report(out, report),
        write_table(out, played, report),
        write_episodes(out, played),
        *draw_plots(out, report, logs),
    ]


def _sum_up(timings: dict[str, Any]) -> str:
    spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in timings.items())
    return f"{spent}; {sum(timings.values()) / 60:.1f} min in all"
