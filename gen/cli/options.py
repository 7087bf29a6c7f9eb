"""Options that several commands share, or that come in groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tool_catalog.errors import UserMistake

if TYPE_CHECKING:
    from gen.writers.commission import Commission

_WRITER, _SERVER = "Words by a model", "Servers and money"

RunArgument = Annotated[
    Path, typer.Argument(help="A run folder, e.g. outputs/a.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Domains = Annotated[
    list[str],
    typer.Option("--domain", help="A domain by name, or the path of your own domain file; repeat."),
]
Templates = Annotated[
    list[Path],
    typer.Option("--templates", help="A folder with your own tasks/, goals/, ...; repeat."),
]
PolicyOption = Annotated[
    str, typer.Option("--policy", help="strict, default, permissive, or the path of a policy file.")
]
LeafOption = Annotated[
    list[str], typer.Option("--leaf", help="Only tasks with this user leaf, e.g. U.S.data_sharing.")
]

LengthOption = Annotated[
    str, typer.Option("--length", help="How much results say: compact, realistic or long.")
]
WriterOption = Annotated[
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
    str | None,
    typer.Option(
        help="Model that says whether words mean the same; none; default the writer.",
        rich_help_panel=_WRITER,
    ),
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

BudgetOption = Annotated[
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
Pilot = Annotated[
    int,
    typer.Option(
        min=0, help="Word so many sets, show what comes of them, and stop.", rich_help_panel=_WRITER
    ),
]
MinYield = Annotated[
    float,
    typer.Option(
        min=0,
        max=1,
        help="Stop when a smaller share of the first 100 sets can be worded.",
        rich_help_panel=_WRITER,
    ),
]
MaxTokens = Annotated[
    int,
    typer.Option(
        min=1, help="Tokens of a reply, which words one text, at most.", rich_help_panel=_SERVER
    ),
]
Timeout = Annotated[
    float,
    typer.Option(min=1, help="Seconds for one request.", rich_help_panel=_SERVER),
]


@dataclass(frozen=True, slots=True)
class Material:
    """What records are made from."""

    domain: Domains = field(default_factory=list)
    templates: Templates = field(default_factory=list)
    policy: PolicyOption = "default"
    leaf: LeafOption = field(default_factory=list)
    length: LengthOption = "realistic"


@dataclass(frozen=True, slots=True)
class ByModel:
    """Words by a model: whose, of how much, and what they may cost."""

    writer: WriterOption = "template"
    llm_share: LlmShare = 0.3
    endpoint: WriterEndpoint = None
    model: WriterModel = None
    judge: Judge = None
    judge_endpoint: JudgeEndpoint = None
    language: Language = "en"
    rationales: Rationales = False
    budget: BudgetOption = None
    estimate: EstimateOnly = False
    prices: Prices = None
    batch: Batch = False
    replies: RepliesFile = None
    concurrency: Concurrency = 16
    rpm: RequestsAMinute = None
    tpm: TokensAMinute = None
    max_tokens: MaxTokens = 1000
    timeout: Timeout = 120
    pilot: Pilot = 0
    min_yield: MinYield = 0.0

    def make_commission(self) -> Commission:
        """What is asked of the model."""
        from gen.writers.commission import REPLIES, Commission

        return Commission(
            writer=self.writer, share=self.llm_share, endpoint=self.endpoint, model=self.model,
            judge=self.judge, judge_endpoint=self.judge_endpoint, language=self.language,
            rationales=self.rationales, budget=self.budget, prices=self.prices, batch=self.batch,
            replies=self.replies or REPLIES, concurrency=self.concurrency,
            requests_a_minute=self.rpm, tokens_a_minute=self.tpm, max_tokens=self.max_tokens,
            timeout=self.timeout, least=self.min_yield,
        )  # fmt: skip


def refuse_idle(context: typer.Context, names: Sequence[str], reason: str) -> None:
    """Refuse options that were given and would change nothing.

    Raises:
        UserMistake: names the first of them, and why.
    """
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UserMistake(f"--{name.replace('_', '-')} has no effect {reason}")
