"""The `triact` command: mounts gen's commands and adds those that train and measure."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import gen.cli.commands
import gen.cli.options
import gen.cli.written
import train.benchmarks.cli
from gen.cli.options import JsonOption, RunArgument
from gen.cli.spread import spread
from tool_catalog.errors import CheckFailed, EndpointFailed, UserMistake
from train.benchmarks import options

_UsageError: Any = typer.BadParameter.__mro__[1]
"""What typer raises for a wrong option; it has no public name for it."""


_FULL = (errno.ENOSPC, errno.EDQUOT)
"""The user's to put right, wherever it happens."""


class _Root(TyperGroup):
    """Turns our errors into one line and an exit code; anything else is our bug and rises."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CheckFailed as error:
            raise _leave(error, 1) from error
        except EndpointFailed as error:
            raise _leave(error, 1) from error
        except UserMistake as error:
            raise _leave(error, 2) from error
        except _UsageError as error:
            if "\n" in error.message:  # the help of a group that was called alone
                raise
            command = error.ctx.command_path if error.ctx else ctx.command_path
            raise _leave(f"{error.format_message()} See {command} --help.", 2) from error
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise _leave(f"{error}; make room, then run the same command again", 2) from error
        except KeyboardInterrupt as error:
            raise _leave(
                "stopped; what is finished is kept, continue with --resume", 130
            ) from error


def _leave(reason: object, code: int) -> typer.Exit:
    color = typer.colors.RED if code == 1 else None
    typer.secho(f"triact: {' '.join(str(reason).split())}", err=True, fg=color)
    return typer.Exit(code)


app = typer.Typer(
    cls=_Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Execute, refuse or verify: data, training and measurement for safe tool-calling agents.",
)
app.registered_commands += gen.cli.commands.app.registered_commands
app.registered_commands += gen.cli.written.app.registered_commands


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"triact {version('triact')}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


train_app = typer.Typer(no_args_is_help=True, help="Train on a run: first sft, then rl.")
app.add_typer(train_app, name="train", rich_help_panel="Teach and measure")
app.add_typer(train.benchmarks.cli.app, name="benchmark", rich_help_panel="Teach and measure")

_PRESETS = "tiny, smollm2-135m, smollm2-135m-quick, qwen3-0.6b, qwen3-8b-lora, or a YAML file."
PresetName = Annotated[str, typer.Option(help=_PRESETS)]
OtherPreset = Annotated[
    str | None,
    typer.Option(help="Default that of the model's training; one of those of train sft."),
]
TrainingResume = Annotated[
    bool, typer.Option("--resume", help="Go on from the last checkpoint (save_every of a preset).")
]
TrainingSeed = Annotated[int, typer.Option(help="Seed of the training.")]


@app.command(rich_help_panel="Teach and measure")
def audit(
    run: RunArgument,
    limit: Annotated[int, typer.Option(min=1, help="Records to play, at most.")] = 2000,
    margin: Annotated[float, typer.Option(help="What a degenerate policy must stay below.")] = 0.5,
    preset: Annotated[str, typer.Option(help="Whose rl.weights pay.")] = "tiny",
    json: JsonOption = False,
) -> None:
    """Expected reward of degenerate policies; fails when one comes near the reference."""
    from itertools import islice

    from gen.runs.folder import open_run
    from gen.runs.rows import read_records
    from gen.runs.trust import open_stage
    from train.audits.audit import audit_records
    from train.console import print_audit
    from train.presets import load_preset

    open_run(run)
    weights = load_preset(preset).rl.weights
    records = islice(read_records(run), limit)
    found = audit_records(records, open_stage(run), weights, margin)
    print_audit(found, as_json=json)
    if not found.passed:
        name, gap = found.best_degenerate
        raise CheckFailed(f"policy {name} stays {gap:.2f} below the reference, too near it")


@app.command(rich_help_panel="Teach and measure")
def measure(
    run: RunArgument,
    limit: Annotated[int, typer.Option(min=1, help="Records, at most.")] = 4000,
    json: JsonOption = False,
) -> None:
    """Figures that the data must keep: warnings, secrets, facts, context; fails when one breaks."""
    from train.audits.truth import measure_run
    from train.console import print_figures
    from train.models.loading import require_training

    require_training()
    figures = measure_run(run, limit)
    print_figures(figures, as_json=json)
    if broken := [figure.name for figure in figures if not figure.holds]:
        raise CheckFailed(f"out of bounds: {', '.join(broken)}")


@train_app.command()
def sft(
    run: RunArgument,
    out: Annotated[Path | None, typer.Option(help="Model folder; default RUN/sft.")] = None,
    preset: PresetName = "tiny",
    model: Annotated[
        str | None, typer.Option(help="Another pretrained model: its folder, or its hub name.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Rows, drawn at random.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Updates; default the preset's.")] = None,
    reasoning: Annotated[
        str | None, typer.Option(help="think: with <think>; none: without. Default the preset's.")
    ] = None,
    seed: TrainingSeed = 0,
    resume: TrainingResume = False,
    force: options.Force = False,
) -> None:
    """Supervised fine-tuning on the run's sft config."""
    from train.commands import run_sft

    run_sft(
        run, out or run / "sft", preset, model=model, reasoning=reasoning, rows=limit, steps=steps,
        seed=seed, resume=resume, force=force,
    )  # fmt: skip


@train_app.command()
def rl(
    run: RunArgument,
    model: Annotated[Path | None, typer.Option(help="Where to start; default RUN/sft.")] = None,
    out: Annotated[Path | None, typer.Option(help="Model folder; default RUN/rl.")] = None,
    preset: OtherPreset = None,
    steps: Annotated[int | None, typer.Option(help="Updates; default the preset's.")] = None,
    seed: TrainingSeed = 0,
    resume: TrainingResume = False,
    force: options.Force = False,
) -> None:
    """GRPO in the sandbox, paid by its verdict."""
    from train.commands import run_rl

    run_rl(
        run, model or run / "sft", out or run / "rl", preset, steps=steps, seed=seed,
        resume=resume, force=force,
    )  # fmt: skip


@app.command(rich_help_panel="Teach and measure")
@spread
def evaluate(
    run: RunArgument,
    model: Annotated[list[Path], typer.Option(help="Model folder; repeat to compare.")] = [],
    endpoint: options.EndpointUrl = None,
    model_name: Annotated[str | None, typer.Option(help="Name of the model served there.")] = None,
    split: Annotated[list[str], typer.Option(help="Splits; default all test splits.")] = [],
    limit: Annotated[int, typer.Option(min=0, help="Contrast sets a split, 0 for all.")] = 0,
    preset: OtherPreset = None,
    *,
    chosen: options.Talking,
) -> None:
    """Run agents on the run's test splits and count what they did; models here, and one served."""
    from train.commands import run_evaluation
    from train.evaluation.splits import list_splits

    list_splits(run, split)  # a misspelt split shows before an agent is looked for
    if (endpoint is None) != (model_name is None):
        raise UserMistake("give both --endpoint and --model-name, or neither")
    if not model and endpoint is None:
        raise UserMistake("name an agent: --model DIR, or --endpoint URL --model-name NAME")
    served = [(model_name, endpoint)] if endpoint else []
    agents = [
        replace(chosen.read_agent(name, url), preset_name=preset or "")
        for name, url in [*((str(folder), None) for folder in model), *served]
    ]
    run_evaluation(
        run,
        agents,
        split,
        limit=limit,
        resume=chosen.resume,
        force=chosen.force,
        max_unscored=chosen.max_unscored,
        as_json=chosen.json,
    )


@app.command(rich_help_panel="Teach and measure")
@spread
def attack(
    run: RunArgument,
    writer_endpoint: Annotated[
        str, typer.Option(help="Server of the model that words attacks, up to and with /v1.")
    ],
    writer_model: Annotated[str, typer.Option(help="Name of that model there.")],
    model: options.Model = None,
    endpoint: options.EndpointUrl = None,
    split: Annotated[str, typer.Option(help="Split whose attacks are worded anew.")] = "test",
    tries: Annotated[int, typer.Option(min=1, help="Wordings of its own for a record.")] = 5,
    limit: Annotated[
        int, typer.Option(min=0, help="Records, spread evenly over techniques; 0 for all.")
    ] = 20,
    out: Annotated[Path, typer.Option(help="Where to keep them.")] = Path("outputs/attacks"),
    budget: gen.cli.options.BudgetOption = None,
    prices: gen.cli.options.Prices = None,
    replies: Annotated[
        Path | None, typer.Option(help="The writer's replies; default outputs/replies.sqlite.")
    ] = None,
    *,
    chosen: options.Talking,
) -> None:
    """Injections that adapt: a model words anew what an agent withstood, a few times over."""
    from gen.writers.commission import REPLIES
    from train.adversary.campaign import Campaign, print_campaign, run_campaign
    from train.benchmarks.console import check_scored, print_report, track_cases

    measured = chosen.read_agent(model, endpoint)
    campaign = Campaign(
        run, writer_endpoint, writer_model, split, tries, limit, chosen.seed, measured.at_a_time,
        budget, prices, replies or REPLIES, chosen.timeout,
    )  # fmt: skip
    with track_cases(f"attack: {measured.label}", chosen.json) as on_episode:
        report, spent = run_campaign(
            campaign, measured, out, resume=chosen.resume, force=chosen.force,
            on_episode=on_episode,
        )  # fmt: skip
    print_report(report, most_unscored=chosen.max_unscored, as_json=chosen.json)
    if not chosen.json:
        print_campaign(report, spent, out)
    check_scored(report, chosen.max_unscored)


@app.command(rich_help_panel="Teach and measure")
def demo(
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("outputs/demo"),
    seed: TrainingSeed = 7,
    smoke: Annotated[bool, typer.Option("--smoke", help="A minute: shows that it runs.")] = False,
    scratch: Annotated[
        bool, typer.Option("--scratch", help="Minutes, with a tiny model; needs no weights.")
    ] = False,
    long: Annotated[bool, typer.Option("--long", help="Hours: more data, SFT, RL, games.")] = False,
    preset: Annotated[str, typer.Option(help="Another preset than that of the size.")] = "",
    rows: Annotated[int, typer.Option(min=0, help="SFT rows; 0: as the size says.")] = 0,
    rl_steps: Annotated[int, typer.Option(min=0, help="RL steps; 0: as the size says.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it was killed.")] = False,
    force: options.Force = False,
) -> None:
    """From a seed to a trained and measured agent: everything, on the CPU."""
    from train.demo.journey import run_demo
    from train.demo.scale import SCALES

    sizes = {"smoke": smoke, "scratch": scratch, "long": long}
    chosen = [size for size, wanted in sizes.items() if wanted]
    if len(chosen) > 1:
        raise UserMistake(f"--{' and --'.join(chosen)} are sizes of the demo; give one")
    wanted = {"preset": preset, "sft_rows": rows, "rl_steps": rl_steps}
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value}
    scale = replace(SCALES[chosen[0] if chosen else "demo"], **given)
    run_demo(out, scale, seed=seed, resume=resume, force=force)


app.command(rich_help_panel="Teach and measure")(train.benchmarks.cli.compare)
app.command(rich_help_panel="Teach and measure")(train.benchmarks.cli.episodes)
