"""Options that the benchmark commands share, and what they are made into."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gen.cli.options import JsonOption, Timeout
from tool_catalog.errors import UserMistake

if TYPE_CHECKING:
    from gen.engine.endpoint import Endpoint
    from train.evaluation.benchmark import Benchmark, Report
    from train.evaluation.session import Measured
    from train.evaluation.transcripts import Transcript

DATA = "TRIACT_BENCHMARKS"
FETCHED = Path("outputs/benchmark_data")

Model = Annotated[
    str | None, typer.Option(help="Model folder; with --endpoint the served model's name.")
]
EndpointUrl = Annotated[
    str | None, typer.Option("--endpoint", help="OpenAI-compatible server, up to and with /v1.")
]
Prompting = Annotated[str, typer.Option(help="native: tool calls; react: tools in words.")]
Calls = Annotated[
    str,
    typer.Option(help="constrained to the offered tools, or free; default: as the preset says."),
]
PromptName = Annotated[
    str,
    typer.Option("--prompt", help="published: the benchmark's own, from your copy; or triact's."),
]
AskUser = Annotated[
    bool, typer.Option("--ask-user", help="Offer ask_user beside the case's own tools.")
]
SimulatorUrl = Annotated[
    str | None,
    typer.Option(
        "--simulator-endpoint", help="Server of a model that plays tools; default: by rule."
    ),
]
SimulatorModel = Annotated[str | None, typer.Option(help="Name of the model that plays tools.")]
Data = Annotated[Path | None, typer.Option(help=f"Folder of the published data; default ${DATA}.")]
Out = Annotated[Path | None, typer.Option(help="Where to keep the run.")]
Limit = Annotated[int, typer.Option(min=0, help="Cases, spread evenly; 0 for all.")]
CasesAtATime = Annotated[
    int, typer.Option(min=0, help="Cases at a time; 0: the preset's, 16 at an endpoint.")
]
TurnTokens = Annotated[
    int, typer.Option(min=0, help="Tokens of a turn; 0: the preset's, 1024 at an endpoint.")
]
Seed = Annotated[int, typer.Option(help="Seed of draws and of the endpoint.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on; errors are tried again.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
StoredOutputs = Annotated[
    Path | None, typer.Option(help="Score stored outputs (JSON lines) instead of running.")
]
MostUnscored = Annotated[
    float,
    typer.Option("--max-unscored", min=0, max=1, help="Share of cases without a score, at most."),
]
Export = Annotated[str | None, typer.Option(help="inspect: also write a log for inspect view.")]


def find_data(data: Path | None, name: str) -> Path:
    """The folder of a benchmark's published data.

    Raises:
        UserMistake: it is nowhere; says how to get it.
    """
    named = data or (Path(os.environ[DATA]) if os.environ.get(DATA) else None)
    for folder in (named,) if named else (FETCHED,):
        for place in (folder / name, folder):
            if place.is_dir() and (place == folder / name or named):
                return place
    raise UserMistake(
        f"no data of {name} in {named or FETCHED}; get them with triact benchmark fetch {name}, "
        f"or name their folder with --data or {DATA}"
    )


def name_endpoint(url: str | None, model: str | None, what: str, timeout: float) -> Endpoint | None:
    """Where a model is served that plays a part, when it is named.

    Raises:
        UserMistake: its server is named without the model, or the other way round.
    """
    from gen.engine.endpoint import Endpoint

    if url is None and model is None:
        return None
    if url is None or model is None:
        raise UserMistake(f"give both --{what}-endpoint and --{what}-model, or neither")
    return Endpoint(url, model, timeout=timeout)


@dataclass(frozen=True)
class Talking:
    """How agents are talked to, and what becomes of what is there already."""

    prompting: Prompting = "native"
    calls: Calls = ""
    concurrency: CasesAtATime = 0
    max_tokens: TurnTokens = 0
    timeout: Timeout = 120
    seed: Seed = 0
    resume: Resume = False
    force: Force = False
    max_unscored: MostUnscored = 0.05
    json: JsonOption = False

    def read_agent(self, model: str | None, endpoint: str | None) -> Measured:
        """Who is measured.

        Raises:
            UserMistake: nobody is named, or something about them is wrong.
        """
        from train.evaluation.session import Measured
        from train.models.pretrained.weights import find_base

        if model is None:
            raise UserMistake("name the agent: --model DIR, or --endpoint URL --model NAME")
        if endpoint is None and not Path(model).is_dir():
            model = find_base(model) or model
        return Measured(model, endpoint, self.prompting, self.max_tokens, self.seed,
                        self.concurrency, self.timeout, calls=self.calls)  # fmt: skip


@dataclass(frozen=True)
class Measuring(Talking):
    """One agent on one benchmark, kept in a folder."""

    model: Model = None
    endpoint: EndpointUrl = None
    out: Out = None
    export: Export = None

    def __post_init__(self) -> None:
        if self.export not in (None, "inspect"):
            raise UserMistake(f"--export {self.export!r}: only inspect is known")

    def read(self) -> Measured:
        """As `read_agent`."""
        return self.read_agent(self.model, self.endpoint)

    def choose_folder(self, name: str, measured: Measured) -> Path:
        """Where a run is kept: the folder named, or one that tells benchmark and agent."""
        from train.evaluation.session import RUNS

        return self.out or RUNS / f"{name}-{measured.label}{'-react' if measured.react else ''}"

    def play(
        self, benchmark: Benchmark, measured: Measured, folder: Path
    ) -> tuple[Report, list[Transcript]]:
        """Run a benchmark behind a progress bar."""
        from train.benchmarks.console import track_cases
        from train.evaluation.session import run_benchmark

        with track_cases(f"{benchmark.name}: {measured.label}", self.json) as on_episode:
            return run_benchmark(
                benchmark, measured, folder, resume=self.resume, force=self.force,
                on_episode=on_episode,
            )  # fmt: skip

    def show(self, report: Report, folder: Path) -> None:
        """Print what a run came to, and where to look further.

        Raises:
            CheckFailed: too many of its cases have no score.
        """
        from gen.cli.console import console
        from train.benchmarks.console import check_scored, print_report
        from train.benchmarks.inspect_log import write_inspect_log

        print_report(report, most_unscored=self.max_unscored, as_json=self.json)
        if self.export:
            path = write_inspect_log(folder, most_unscored=self.max_unscored)
            if not self.json:
                console.print(f"log for inspect view: {path}", highlight=False)
        if not self.json:
            console.print(f"transcripts: triact episodes {folder}", highlight=False)
        check_scored(report, self.max_unscored)

    def measure(self, benchmark: Benchmark, name: str) -> None:
        """Run a benchmark and show what it came to."""
        measured = self.read()
        folder = self.choose_folder(name, measured)
        report, _ = self.play(benchmark, measured, folder)
        self.show(report, folder)
