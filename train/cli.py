"""The `triact` command: mounts gen's commands and adds those that train and measure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import gen.cli.commands
import gen.cli.options
import train.benchmarks.cli
from tool_catalog.errors import CheckFailed, EndpointFailed, UserMistake
from train.benchmarks import options

_UsageError: Any = typer.BadParameter.__mro__[1]
"""What typer raises for a wrong option; it has no public name for it."""


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
        except KeyboardInterrupt as error:
            raise _leave(
                "stopped; what is finished is kept, continue with --resume", 130
            ) from error


def _leave(reason: object, code: int) -> typer.Exit:
    typer.echo(f"triact: {' '.join(str(reason).split())}", err=True)
    return typer.Exit(code)


app = typer.Typer(
    cls=_Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Execute, refuse or verify: data, training and measurement for safe tool-calling agents.",
)
app.registered_commands += gen.cli.commands.app.registered_commands


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

Run = gen.cli.options.Run
Json = gen.cli.options.Json
Preset = Annotated[str, typer.Option(help="tiny, qwen3-0.6b, qwen3-8b-lora.")]
Seed = Annotated[int, typer.Option(help="Seed of the training.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


@app.command(rich_help_panel="Teach and measure")
def audit(
    run: Run,
    limit: Annotated[int, typer.Option(min=1, help="Records to play, at most.")] = 2000,
    margin: Annotated[float, typer.Option(help="What a degenerate policy must stay below.")] = 0.5,
    json: Json = False,
) -> None:
    """Expected reward of degenerate policies; fails when one comes near the reference."""
    from itertools import islice

    from gen.runs.folder import open_run
    from gen.runs.rows import read_records
    from gen.runs.trust import list_domain_files
    from train.audit import audit_records
    from train.console import print_audit

    open_run(run)
    records = islice(read_records(run), limit)
    found = audit_records(records, list_domain_files(run), margin=margin)
    print_audit(found, as_json=json)
    if not found.passed:
        name, earned = found.best_degenerate
        raise CheckFailed(f"policy {name} earns {earned:.2f}, too near the reference")


@app.command(rich_help_panel="Teach and measure")
def shortcuts(
    run: Run,
    limit: Annotated[int, typer.Option(min=1, help="Records, at most.")] = 20000,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail when a part is over its limit.")
    ] = False,
    json: Json = False,
) -> None:
    """How far single parts of the input give a label away, by templates and by a model."""
    from itertools import islice

    from gen.runs.folder import open_run
    from gen.runs.rows import read_records
    from train.console import print_shortcuts
    from train.shortcuts import measure_shortcuts
    from train.stage import require_training

    open_run(run)
    require_training()
    counts, leaks = measure_shortcuts(islice(read_records(run), limit))
    print_shortcuts(counts, leaks, as_json=json)
    over = [leak.part.name for leak in leaks if leak.over]
    if strict and over:
        raise CheckFailed(f"over the limit: {', '.join(over)}")


@train_app.command()
def sft(
    run: Run,
    out: Annotated[Path | None, typer.Option(help="Model folder; default RUN/sft.")] = None,
    preset: Preset = "tiny",
    reasoning: Annotated[str, typer.Option(help="think: with <think>; none: without.")] = "think",
    seed: Seed = 0,
    force: Force = False,
) -> None:
    """Supervised fine-tuning on the run's sft config."""
    from train.stage import run_sft

    run_sft(run, out or run / "sft", preset, reasoning=reasoning, seed=seed, force=force)


@train_app.command()
def rl(
    run: Run,
    model: Annotated[Path | None, typer.Option(help="Where to start; default RUN/sft.")] = None,
    out: Annotated[Path | None, typer.Option(help="Model folder; default RUN/rl.")] = None,
    preset: Preset = "tiny",
    steps: Annotated[int | None, typer.Option(help="Updates; default the preset's.")] = None,
    seed: Seed = 0,
    force: Force = False,
) -> None:
    """GRPO in the sandbox, paid by its verdict."""
    from train.stage import run_rl

    run_rl(
        run, model or run / "sft", out or run / "rl", preset, steps=steps, seed=seed, force=force
    )


@app.command(rich_help_panel="Teach and measure")
def evaluate(
    run: Run,
    model: Annotated[list[Path], typer.Option(help="Model folder; repeat to compare.")],
    split: Annotated[list[str], typer.Option(help="Splits; default all test splits.")] = [],
    limit: Annotated[int, typer.Option(min=0, help="Contrast sets a split, 0 for all.")] = 0,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Run agents on the run's test splits and count what they did."""
    from train.stage import run_evaluation

    run_evaluation(run, model, split, limit=limit, seed=seed, as_json=json)


@app.command(rich_help_panel="Teach and measure")
def attack(
    run: Run,
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
    prompting: options.Prompting = "native",
    max_tokens: options.MaxTokens = 0,
    concurrency: options.Concurrency = 0,
    timeout: gen.cli.options.Timeout = 120,
    budget: gen.cli.options.Budget = None,
    prices: gen.cli.options.Prices = None,
    replies: Annotated[
        Path | None, typer.Option(help="The writer's replies; default outputs/replies.sqlite.")
    ] = None,
    seed: options.Seed = 0,
    resume: options.Resume = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Injections that adapt: a model words anew what an agent withstood, a few times over."""
    from gen.writers.commission import REPLIES
    from train.benchmarks.console import print_report, track_cases
    from train.campaign import Campaign, print_campaign, run_campaign

    measured = options.read_agent(
        model, endpoint, prompting, max_tokens, seed, concurrency, timeout
    )
    campaign = Campaign(
        run, writer_endpoint, writer_model, split, tries, limit, seed, measured.at_a_time, budget,
        prices, replies or REPLIES, timeout,
    )  # fmt: skip
    with track_cases(f"attack: {measured.label}", json) as on_episode:
        report, spent = run_campaign(
            campaign, measured, out, resume=resume, force=force, on_episode=on_episode
        )
    print_report(report, as_json=json)
    if not json:
        print_campaign(report, spent, out)


@app.command(rich_help_panel="Teach and measure")
def demo(
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("outputs/demo"),
    seed: Seed = 7,
    smoke: Annotated[bool, typer.Option("--smoke", help="Seconds instead of minutes.")] = False,
    long: Annotated[bool, typer.Option("--long", help="An hour: more data, more RL.")] = False,
    force: Force = False,
) -> None:
    """From a seed to a trained and measured agent: everything, on the CPU."""
    from train.demo import FULL, LONG, SMOKE, run_demo

    if smoke and long:
        raise UserMistake("--smoke and --long are two lengths; give one")
    scale = SMOKE if smoke else LONG if long else FULL
    run_demo(out, scale, seed=seed, force=force)


app.command(rich_help_panel="Teach and measure")(train.benchmarks.cli.compare)
app.command(rich_help_panel="Teach and measure")(train.benchmarks.cli.episodes)
