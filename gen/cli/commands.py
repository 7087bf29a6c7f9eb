"""Commands that make data and look at it. Parse, call one function, say what was done."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gen.cli import options
from gen.cli.spread import spread
from tool_catalog.errors import UserMistake

if TYPE_CHECKING:
    from gen.config import RunConfig
    from gen.writers.commission import Commission

app = typer.Typer()


Workers = Annotated[int, typer.Option(min=1, help="Processes.")]


@app.command(rich_help_panel="Make data")
@spread
def generate(
    context: typer.Context,
    material: options.Material,
    by_model: options.ByModel,
    size: Annotated[int, typer.Option(help="Records, at least; contrast sets stay whole.")] = 2000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 0,
    out: Annotated[Path, typer.Option(help="Run folder to make.")] = Path("outputs/run"),
    workers: Workers = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a killed run.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the run folder.")] = False,
    json: options.JsonOption = False,
) -> None:
    """Generate labelled, execution-proven records into a run folder."""
    from gen.cli.progress import track_shards
    from gen.cli.run_tables import print_summary
    from gen.runs.generate import generate as make

    _refuse_idle_words(context, by_model.writer)
    config = resolve_config(
        size,
        seed,
        material.domain,
        material.templates,
        material.policy,
        material.leaf,
        material.length,
    )
    if by_model.writer != "template":
        commission = by_model.make_commission()
        config = config.model_copy(update={"writer": commission.make_config()})
        if _write_words(commission, config, out, by_model, resume, force, json):
            return
        resume, force = True, False
    with track_shards(quiet=json) as on_shard:
        summary = make(config, out, workers=workers, resume=resume, force=force, on_shard=on_shard)
    print_summary(summary, out, as_json=json)


def _refuse_idle_words(context: typer.Context, writer: str) -> None:
    """Options of a model's words do nothing for templates, a share nothing but for mixed."""
    if writer == "template":
        names = [f.name for f in fields(options.ByModel) if f.name != "writer"]
        options.refuse_idle(context, names, "without --writer llm or mixed")
    if writer == "llm":
        options.refuse_idle(context, ["llm_share"], "with --writer llm, which rewords every set")


def _write_words(
    commission: Commission,
    config: RunConfig,
    out: Path,
    by_model: options.ByModel,
    resume: bool,
    force: bool,
    as_json: bool,
) -> bool:
    """Have the words written, tried or only foreseen; whether that was all that was wanted."""
    from gen.cli.console import print_account, print_estimates
    from gen.cli.progress import track_words
    from gen.writers.commission import commission_pilot, commission_words, estimate_words

    if by_model.estimate:
        print_estimates(estimate_words(commission, config, out), as_json=as_json)
        return True
    with track_words(quiet=as_json) as (on_progress, on_batch):
        if by_model.pilot:
            account = commission_pilot(commission, config, by_model.pilot, on_progress)
            print_account(account, as_json=as_json)
            return True
        account = commission_words(
            commission, config, out, resume=resume, force=force, on_progress=on_progress,
            on_batch=on_batch,
        )  # fmt: skip
    if not as_json:
        print_account(account)
    return False


@app.command(rich_help_panel="Make data")
@spread
def preview(
    material: options.Material,
    seed: Annotated[int, typer.Option(help="Seed of the run.")] = 0,
    index: Annotated[int, typer.Option(min=0, help="Which contrast set.")] = 0,
    role: Annotated[
        str, typer.Option(help="One member, whole, of the first set from --index on that has it.")
    ] = "",
    scene: Annotated[
        str, typer.Option(help="As --role, by what surrounds the request, e.g. delegated.")
    ] = "",
    full: Annotated[
        bool, typer.Option("--full", help="Every conversation; of one member, every wrong one.")
    ] = False,
    json: options.JsonOption = False,
) -> None:
    """Show one contrast set, a line a member, or the conversation of one or of all."""
    from gen.cli.kinds import find_member
    from gen.cli.set_table import print_items, print_one, print_set
    from gen.sets.pipeline import generate_set
    from gen.sets.source import load_source

    config = resolve_config(
        1,
        seed,
        material.domain,
        material.templates,
        material.policy,
        material.leaf,
        material.length,
    )
    source = load_source(config)
    if role or scene:
        member = find_member(source, index, role, scene)
        print_items([member]) if json else print_one(member, full=full)
        return
    items = list(generate_set(source, index))
    print_items(items) if json else print_set(items, full=full)


@app.command(rich_help_panel="Make data")
def check(
    context: typer.Context,
    run: Annotated[
        Path,
        typer.Argument(
            help="A run folder, e.g. outputs/a; with --quality also a JSONL file of texts.",
            show_default=False,
        ),
    ],
    workers: Workers = 1,
    quality: Annotated[
        bool, typer.Option("--quality", help="Measure what the texts give away and how they read.")
    ] = False,
    compare: Annotated[
        list[Path],
        typer.Option(help="With --quality: JSONL of others' texts (text, label, group); repeat."),
    ] = [],
    out: Annotated[
        Path | None, typer.Option(help="With --quality: where to write; default RUN/quality.")
    ] = None,
    json: options.JsonOption = False,
) -> None:
    """Check a run: files, schema, replay of every record, inertness, duplicates, balance."""
    from gen.cli.run_tables import print_review
    from gen.runs.review import review_run
    from tool_catalog.errors import CheckFailed, DamagedRun

    if quality:
        _check_quality(run, compare, out, workers, json)
        return
    options.refuse_idle(context, ["compare", "out"], "without --quality")
    try:
        review = review_run(run, workers)
    except DamagedRun as error:
        raise CheckFailed(str(error)) from error
    print_review(review, run, as_json=json)
    if not review.passed:
        count = len(review.findings)
        raise CheckFailed(f"{count} finding{'' if count == 1 else 's'} in {run}")


def _check_quality(
    source: Path, compare: list[Path], out: Path | None, workers: int, as_json: bool
) -> None:
    from gen.cli.quality import measure_quality
    from tool_catalog.errors import CheckFailed

    if failed := measure_quality(source, compare, out, workers, as_json=as_json):
        count = len(failed)
        raise CheckFailed(f"{count} bound{'' if count == 1 else 's'} broken in {source}")


@app.command(rich_help_panel="Make data")
def trust(
    run: options.RunArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
) -> None:
    """Show the domain code that a run carries, and let it be executed once you have read it."""
    from gen.cli.run_tables import print_code, print_trusted
    from gen.runs.folder import open_run
    from gen.runs.trust import find_state_folder, list_untrusted, trust_code

    open_run(run)
    codes = list_untrusted(run)
    for code in codes:
        print_code(code, run)
        if not yes and not typer.confirm(f"Execute {code.name} from now on?"):
            raise UserMistake(f"{code.name} stays untrusted; nothing was recorded")
    trust_code(codes, [f"run {run.resolve()}"] * len(codes))
    print_trusted(codes, run, find_state_folder())


@app.command(rich_help_panel="Make data")
def push(
    run: options.RunArgument,
    repo: Annotated[str, typer.Argument(help="Dataset repository on the Hub: owner/name.")],
    public: Annotated[bool, typer.Option("--public", help="For everybody to see.")] = False,
    with_source: Annotated[
        bool, typer.Option("--with-source", help="Send the code of your own domains too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and list what would be sent, send nothing.")
    ] = False,
    json: options.JsonOption = False,
) -> None:
    """Publish a run folder as a private dataset (token: HF_TOKEN or `hf auth login`)."""
    from gen.cli.run_tables import print_upload
    from gen.runs.publishing.push import measure_upload, prepare_upload, push_run

    files = prepare_upload(run, repo, with_source=with_source)
    link = "" if dry_run else push_run(files, repo, public=public)
    print_upload(measure_upload(files), repo, link, public=public, as_json=json)


@app.command(rich_help_panel="Look things up")
def report(run: options.RunArgument, json: options.JsonOption = False) -> None:
    """What a run holds: records by split, label, decision, leaf and domain."""
    from gen.cli.run_tables import print_contents

    print_contents(run, as_json=json)


@app.command(rich_help_panel="Look things up")
def taxonomy(
    leaf: Annotated[str, typer.Argument(help="A leaf id or an axis, e.g. T.G.")] = "",
    json: options.JsonOption = False,
) -> None:
    """Show the 16 axes, the leaves of one, or one leaf with its sources."""
    from gen.cli.console import print_taxonomy

    print_taxonomy(leaf, as_json=json)


@app.command(rich_help_panel="Look things up")
def catalog(
    domain: Annotated[str, typer.Argument(help="A domain, or the path of a domain file.")] = "",
    tool: Annotated[str, typer.Argument(help="A tool of the domain.")] = "",
    json: options.JsonOption = False,
) -> None:
    """Show the domains, the tools of one, or one tool with its schema."""
    from gen.cli.console import print_catalog

    print_catalog(domain, tool, as_json=json)


def resolve_config(
    size: int,
    seed: int,
    domain: list[str],
    templates: list[Path],
    policy: str,
    leaf: list[str],
    length: str = "realistic",
) -> RunConfig:
    """The run's config from the command's options; raises as `make_config`."""
    from gen.sets.source import make_config

    return make_config(size, seed, domain, templates, policy, leaf, length)
