"""Options that the benchmark commands share, and what they are made into."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tool_catalog.errors import UserMistake

if TYPE_CHECKING:
    from gen.engine.endpoint import ChatClient
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


def open_client(url: str | None, model: str | None, what: str, seed: int) -> ChatClient | None:
    """A client for a model that plays a part, when it is named.

    Raises:
        UserMistake: its server is named without the model, or the other way round.
    """
    from gen.engine.endpoint import ChatClient, Endpoint

    if url is None and model is None:
        return None
    if url is None or model is None:
        raise UserMistake(f"give both --{what}-endpoint and --{what}-model, or neither")
    return ChatClient(Endpoint(url, model), seed=seed)


def read_agent(
    model: str | None,
    endpoint: str | None,
    prompting: str,
    max_tokens: int,
    seed: int,
    concurrency: int,
    timeout: float,
) -> Measured:
    """Who is measured.

    Raises:
        UserMistake: nobody is named, or something about them is wrong.
    """
    from train.evaluation.session import Measured

    if model is None:
        raise UserMistake("name the agent: --model DIR, or --endpoint URL --model NAME")
    return Measured(model, endpoint, prompting, max_tokens, seed, concurrency, timeout)


def play(
    benchmark: Benchmark,
    measured: Measured,
    folder: Path,
    *,
    resume: bool,
    force: bool,
    quiet: bool,
) -> tuple[Report, list[Transcript]]:
    """Run a benchmark behind a progress bar."""
    from train.benchmarks.console import track_cases
    from train.evaluation.session import run_benchmark

    with track_cases(f"{benchmark.name}: {measured.label}", quiet) as on_episode:
        return run_benchmark(
            benchmark, measured, folder, resume=resume, force=force, on_episode=on_episode
        )


def show(report: Report, folder: Path, export: str | None, as_json: bool) -> None:
    """Print what a run came to, and where to look further."""
    from gen.cli.console import console
    from train.benchmarks.console import print_report
    from train.benchmarks.inspect_log import write_inspect_log

    print_report(report, as_json=as_json)
    if export:
        path = write_inspect_log(folder)
        if not as_json:
            console.print(f"log for inspect view: {path}", highlight=False)
    if not as_json:
        console.print(f"transcripts: triact episodes {folder}", highlight=False)


def choose_folder(out: Path | None, name: str, measured: Measured) -> Path:
    """Where a run is kept: the folder named, or one that tells benchmark and agent."""
    from train.evaluation.session import RUNS

    return out or RUNS / f"{name}-{measured.label}{'-react' if measured.react else ''}"


def check_export(export: str | None) -> None:
    """Refuse a format that is not known, before anything is run."""
    if export not in (None, "inspect"):
        raise UserMistake(f"--export {export!r}: only inspect is known")
