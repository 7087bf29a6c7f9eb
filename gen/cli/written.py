"""Commands that have a model write template files. Parse, call one function, say what was done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gen.cli import options
from gen.cli.commands import resolve_config

app = typer.Typer()


@app.command(rich_help_panel="Make data")
def propose(
    domain: Annotated[
        list[str],
        typer.Option(
            "--domain",
            help="A domain by name, or the path of your domain file; further ones may be used too.",
        ),
    ],
    endpoint: Annotated[str, typer.Option(help="Server of the model, up to and with /v1.")],
    model: Annotated[str, typer.Option(help="Name of the model there.")],
    out: Annotated[Path, typer.Option(help="Folder that templates are put into.")],
    count: Annotated[int, typer.Option(min=1, help="Templates to ask for.")] = 3,
    templates: options.Templates = [],
    seed: Annotated[int, typer.Option(help="Same seed and replies, same files.")] = 0,
    budget: options.BudgetOption = None,
    estimate: options.EstimateOnly = False,
    prices: options.Prices = None,
    replies: options.RepliesFile = None,
    concurrency: options.Concurrency = 16,
    timeout: options.Timeout = 120,
    json: options.JsonOption = False,
) -> None:
    """Have a model propose new task templates; those that prove themselves become files."""
    from gen.cli.console import print_estimates, print_proposals
    from gen.writers.commission import REPLIES, Commission
    from gen.writers.proposing import estimate_templates, propose_templates

    commission = Commission(
        writer="llm", endpoint=endpoint, model=model, budget=budget, prices=prices,
        replies=replies or REPLIES, concurrency=concurrency, timeout=timeout,
    )  # fmt: skip
    config = resolve_config(1, seed, domain, templates, "default", [])
    if estimate:
        print_estimates([estimate_templates(commission, config, count)], as_json=json)
        return
    harvest = propose_templates(commission, config, count, out)
    print_proposals(harvest, out, domain, as_json=json)


@app.command(rich_help_panel="Make data")
def write(
    kind: Annotated[
        str, typer.Argument(help="What: attacks, responses or personas.", show_default=False)
    ],
    endpoint: Annotated[str, typer.Option(help="Server of the model, up to and with /v1.")],
    model: Annotated[str, typer.Option(help="Name of the model there.")],
    out: Annotated[Path, typer.Option(help="Folder of templates that files are put into.")],
    count: Annotated[int, typer.Option(min=1, help="Things to ask for.")] = 40,
    near: Annotated[
        float, typer.Option(min=0.1, max=1, help="Similarity from which a text is a copy.")
    ] = 0.6,
    min_yield: options.MinYield = 0.0,
    domain: options.Domains = [],
    templates: options.Templates = [],
    seed: Annotated[int, typer.Option(help="Same seed and replies, same files.")] = 0,
    budget: options.BudgetOption = None,
    estimate: options.EstimateOnly = False,
    prices: options.Prices = None,
    replies: options.RepliesFile = None,
    concurrency: options.Concurrency = 16,
    max_tokens: options.MaxTokens = 1000,
    timeout: options.Timeout = 120,
    json: options.JsonOption = False,
) -> None:
    """Have a model write more of what there is; what proves itself becomes template files."""
    from gen.cli.console import print_estimates, print_widening
    from gen.cli.progress import show_progress
    from gen.writers.commission import REPLIES, Commission
    from gen.writers.widening.kinds import make_kind
    from gen.writers.widening.widening import Assignment, estimate_widening, widen

    commission = Commission(
        writer="llm", endpoint=endpoint, model=model, judge="none", budget=budget, prices=prices,
        replies=replies or REPLIES, concurrency=concurrency, max_tokens=max_tokens,
        timeout=timeout,
    )  # fmt: skip
    config = resolve_config(1, seed, domain, templates, "default", [])
    assignment = Assignment(make_kind(kind, config), count, seed, out, near, min_yield)
    if estimate:
        print_estimates([estimate_widening(commission, assignment)], as_json=json)
        return
    with show_progress(f"write {kind}", "asked", quiet=json) as on_update:
        widening = widen(commission, assignment, lambda done, total: on_update(done, total, ""))
    print_widening(widening, as_json=json)
