"""Options that several commands share, or that come in groups."""

from pathlib import Path
from typing import Annotated

import typer

_WRITER, _SERVER = "Words by a model", "Servers and money"

Run = Annotated[Path, typer.Argument(help="A run folder, e.g. outputs/a.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Domains = Annotated[
    list[str],
    typer.Option("--domain", help="A domain by name, or the path of your own domain file; repeat."),
]
Templates = Annotated[
    list[Path],
    typer.Option("--templates", help="A folder with your own tasks/, goals/, ...; repeat."),
]
Policy = Annotated[
    str, typer.Option("--policy", help="strict, default, permissive, or the path of a policy file.")
]
Leaves = Annotated[
    list[str], typer.Option("--leaf", help="Only tasks with this user leaf, e.g. U.S.data_sharing.")
]

Writer = Annotated[
    str,
    typer.Option(
        help="template; llm: every set reworded by a model; mixed: some.", rich_help_panel=_WRITER
    ),
]
LlmShare = Annotated[
    float, typer.Option(help="Share of the sets that mixed rewords.", rich_help_panel=_WRITER)
]
WriterEndpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint", help="Server of the writer, up to and with /v1.", rich_help_panel=_WRITER
    ),
]
WriterModel = Annotated[
    str | None,
    typer.Option("--model", help="Name of the writer there.", rich_help_panel=_WRITER),
]
Judge = Annotated[
    str | None, typer.Option(help="Name of a model that may veto.", rich_help_panel=_WRITER)
]
JudgeEndpoint = Annotated[
    str | None, typer.Option(help="Its server; default the writer's.", rich_help_panel=_WRITER)
]
Language = Annotated[
    str, typer.Option(help="Language of reworded texts: en, de, ...", rich_help_panel=_WRITER)
]
Rationales = Annotated[
    bool,
    typer.Option(
        "--rationales", help="Have the agent's thoughts reworded too.", rich_help_panel=_WRITER
    ),
]

Budget = Annotated[
    float | None,
    typer.Option(min=0, help="Dollars; stops before they are passed.", rich_help_panel=_SERVER),
]
EstimateOnly = Annotated[
    bool,
    typer.Option("--estimate", help="Say what it would cost, and stop.", rich_help_panel=_SERVER),
]
Prices = Annotated[
    Path | None, typer.Option(help="Your own table of prices (YAML).", rich_help_panel=_SERVER)
]
Batch = Annotated[
    bool,
    typer.Option(
        "--batch", help="Use the Batch API: cheaper, within a day.", rich_help_panel=_SERVER
    ),
]
RepliesFile = Annotated[
    Path | None,
    typer.Option(
        "--replies",
        help="Where replies are kept; default outputs/replies.sqlite.",
        rich_help_panel=_SERVER,
    ),
]
Concurrency = Annotated[
    int, typer.Option(min=1, help="Requests at a time, at most.", rich_help_panel=_SERVER)
]
RequestsAMinute = Annotated[
    int | None,
    typer.Option("--rpm", min=1, help="Requests a minute, at most.", rich_help_panel=_SERVER),
]
TokensAMinute = Annotated[
    int | None,
    typer.Option("--tpm", min=1, help="Tokens a minute, at most.", rich_help_panel=_SERVER),
]
MaxTokens = Annotated[
    int,
    typer.Option(
        min=1, help="Tokens of a reply, which words a whole set, at most.", rich_help_panel=_SERVER
    ),
]
Timeout = Annotated[
    float,
    typer.Option(min=1, help="Seconds for one request.", rich_help_panel=_SERVER),
]
