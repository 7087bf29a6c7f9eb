"""The stages of training as the command runs them: inputs checked, progress shown, output kept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gen.runs.folder import open_run, read_manifest
from tool_catalog.errors import UserMistake
from train.evaluation.benchmark import Report
from train.evaluation.session import Measured
from train.models.folder import prepare_output, read_preset, read_reasoning, write_settings
from train.models.loading import require_training
from train.presets import Preset, choose_model, load_preset

EVALUATION = "evaluation"
"""Folder of a run that holds the transcripts of the agents measured on it."""


def run_sft(
    run: Path,
    out: Path,
    preset_name: str,
    *,
    model: str | None,
    reasoning: str | None,
    rows: int | None,
    steps: int | None,
    seed: int,
    resume: bool,
    force: bool,
) -> None:
    """`triact train sft`.

    Raises:
        UserMistake: an input is wrong; a model that cannot be trained on is said before any data
            are read, and before an older model in `out` is removed.
    """
    preset, think = check_inputs(run, preset_name, reasoning)
    preset = choose_model(preset, model) if model else preset
    from train.console import console, track
    from train.models.loading import check_pretrained
    from train.sft.training import train_sft

    if steps is not None:
        preset = preset.model_copy(
            update={"sft": preset.sft.model_copy(update={"max_steps": steps})}
        )
    if preset.shape is None:
        check_pretrained(preset, console.print)
    prepare_output(out, resume=resume, force=force)
    with track("sft", "steps") as on_progress:
        found = train_sft(
            run, out, preset, reasoning=think, seed=seed, rows=rows, resume=resume,
            on_progress=on_progress,
        )  # fmt: skip
    write_settings(out, preset, think)
    console.print(f"SFT model in {out} (loss {found.get('train_loss', float('nan')):.3f})")


def run_rl(
    run: Path,
    model: Path,
    out: Path,
    preset_name: str | None,
    *,
    steps: int | None,
    seed: int,
    resume: bool,
    force: bool,
) -> None:
    """`triact train rl`; without a name by the preset that the model was trained with."""
    if preset_name is None:
        open_run(run)
        require_training()
        preset = read_preset(model)
    else:
        preset, _ = check_inputs(run, preset_name, None)
    think = read_reasoning(model)
    from train.console import console, track
    from train.rl.training import train_rl

    prepare_output(out, resume=resume, force=force)
    with track("rl", "steps") as on_progress:
        train_rl(
            run, model, out, preset, reasoning=think, seed=seed, steps=steps, resume=resume,
            on_progress=on_progress, on_alarm=lambda text: console.print(text, style="red"),
        )  # fmt: skip
    write_settings(out, preset, think)
    console.print(f"RL model in {out}; per-step log in {out / 'rl.jsonl'}")


def run_evaluation(
    run: Path,
    agents: Sequence[Measured],
    splits: Sequence[str],
    *,
    limit: int,
    resume: bool,
    force: bool,
    max_unscored: float,
    as_json: bool,
) -> None:
    """`triact evaluate`: agents on splits of a run, each with its transcripts kept there.

    Raises:
        UserMistake: the run, a split or a model cannot be used, or there are transcripts already.
        EndpointRefused: an endpoint answers no request; what is finished is kept.
        CheckFailed: of an agent more than `max_unscored` of the cases have no score; in the tables
            those that were played count against it.
    """
    from train.benchmarks.console import track_cases
    from train.evaluation.report import build_report, write_report
    from train.evaluation.session import run_benchmark
    from train.evaluation.splits import make_own, read_cases

    results, unscored, reports = {}, {}, []
    for measured in agents:
        own = make_own(run, splits=splits, limit=limit, max_calls=measured.max_calls)
        own = replace(own, floors=False)
        with track_cases(measured.label, as_json) as on_episode:
            found, transcripts = run_benchmark(
                own, measured, run / EVALUATION / measured.label, resume=resume, force=force,
                on_episode=on_episode,
            )  # fmt: skip
        name = _choose_name(measured, agents)
        results[name], unscored[name] = read_cases(transcripts), found.unscored
        reports.append(found)
    report = build_report(results, read_manifest(run).records, {}, unscored=unscored)
    write_report(run, report)
    _show(report, reports, max_unscored=max_unscored, as_json=as_json)


def _show(
    report: Mapping[str, Any], played: Sequence[Report], *, max_unscored: float, as_json: bool
) -> None:
    """Print the scores; none when too much of an agent's cases was not even played."""
    from gen.cli.console import print_json
    from train.benchmarks.console import check_scored, print_unscored
    from train.console import print_scores
    from train.evaluation.outcome import Outcome

    enough = all(
        found.figures.outcomes[Outcome.ERROR] <= max_unscored * found.figures.cases
        for found in played
    )
    if as_json and enough:
        print_json(report)
    elif not as_json:
        if enough:
            print_scores(report)
        for found in played:
            print_unscored(found.unscored)
    for found in played:
        check_scored(found, max_unscored)


def _choose_name(measured: Measured, agents: Sequence[Measured]) -> str:
    """How an agent is called in the report: in short, unless two would be called alike."""
    alike = [agent for agent in agents if agent.short == measured.short]
    return measured.short if len(alike) == 1 else measured.label


def check_inputs(run: Path, preset_name: str, reasoning: str | None) -> tuple[Preset, bool]:
    """Check a stage's inputs before anything heavy is imported.

    Returns:
        The preset, and whether the agent thinks: the preset says so unless it is said here.

    Raises:
        UserMistake: no such run or preset, an unknown kind of reasoning, the extra is missing.
    """
    open_run(run)
    preset = load_preset(preset_name)
    if reasoning not in ("think", "none", None):
        raise UserMistake(f"--reasoning {reasoning!r}: choose think or none")
    require_training()
    return preset, preset.reasoning if reasoning is None else reasoning == "think"
