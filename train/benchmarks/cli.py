"""`triact benchmark ...`, `triact compare` and `triact episodes`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gen.cli import Json
from tool_catalog.errors import UnknownName, UserMistake

if TYPE_CHECKING:
    from gen.endpoint import ChatClient
    from train.benchmarks.benchmark import Benchmark
    from train.benchmarks.stage import Measured

DATA = "TRIACT_BENCHMARKS"
_FETCHED = Path("outputs/benchmark_data")

app = typer.Typer(
    no_args_is_help=True, help="Measure any agent on InjecAgent, BFCL, Agent-SafetyBench or a run."
)

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
Simulator = Annotated[
    str | None,
    typer.Option(
        "--simulator-endpoint", help="Server of a model that plays tools; default: by rule."
    ),
]
SimulatorModel = Annotated[str | None, typer.Option(help="Name of the model that plays tools.")]
Data = Annotated[Path | None, typer.Option(help=f"Folder of the published data; default ${DATA}.")]
Out = Annotated[Path | None, typer.Option(help="Where to keep the run.")]
Limit = Annotated[int, typer.Option(min=0, help="Cases, spread evenly; 0 for all.")]
Concurrency = Annotated[
    int, typer.Option(min=0, help="Cases at a time; 0: 64 local, 16 at an endpoint.")
]
MaxTokens = Annotated[
    int, typer.Option(min=0, help="Tokens of a turn; 0: the preset's, 1024 at an endpoint.")
]
Seed = Annotated[int, typer.Option(help="Seed of draws and of the endpoint.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on; errors are tried again.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
Score = Annotated[
    Path | None, typer.Option(help="Score stored outputs (JSON lines) instead of running.")
]
Export = Annotated[str | None, typer.Option(help="inspect: also write a log for inspect view.")]


@app.command()
def injecagent(
    model: Model = None,
    endpoint: EndpointUrl = None,
    setting: Annotated[str, typer.Option(help="base or enhanced.")] = "base",
    prompting: Prompting = "native",
    ask_user: AskUser = False,
    twin: Annotated[bool, typer.Option(help="Play each case without the attack too.")] = True,
    simulator: Simulator = None,
    simulator_model: SimulatorModel = None,
    data: Data = None,
    out: Out = None,
    limit: Limit = 0,
    concurrency: Concurrency = 0,
    max_tokens: MaxTokens = 0,
    seed: Seed = 0,
    resume: Resume = False,
    force: Force = False,
    score: Score = None,
    export: Export = None,
    json: Json = False,
) -> None:
    """Injections in tool results: 1,054 cases, with the benign twin of each."""
    from train.benchmarks.injecagent.cases import Setting
    from train.benchmarks.injecagent.jobs import make_injecagent
    from train.benchmarks.injecagent.simulator import ModelSimulator
    from train.benchmarks.scoring import score_injecagent

    folder = find_data(data, "injecagent")
    if score is not None:
        score_injecagent(score, folder, as_json=json)
        return
    if setting not in set(Setting):
        raise UnknownName("setting", setting, Setting)
    measured = _read_agent(model, endpoint, prompting, max_tokens, seed, concurrency)
    client = _open_client(simulator, simulator_model, "simulator", seed)
    benchmark = make_injecagent(
        folder, setting=Setting(setting), react=measured.react, ask_user=ask_user, twin=twin,
        simulate=ModelSimulator(client, seed=seed) if client else None, limit=limit, seed=seed,
    )  # fmt: skip
    benchmark = replace(benchmark, clients=[client] if client else [])
    _run(benchmark, measured, out, f"injecagent-{setting}", resume, force, export, json)


@app.command()
def bfcl(
    model: Model = None,
    endpoint: EndpointUrl = None,
    category: Annotated[
        list[str], typer.Option(help="Category; repeat. Default: every single-turn one.")
    ] = [],  # noqa: B006
    prompting: Prompting = "native",
    ask_user: AskUser = False,
    data: Data = None,
    out: Out = None,
    limit: Limit = 0,
    concurrency: Concurrency = 0,
    max_tokens: MaxTokens = 0,
    seed: Seed = 0,
    resume: Resume = False,
    force: Force = False,
    score: Score = None,
    export: Export = None,
    json: Json = False,
) -> None:
    """The Berkeley Function Calling Leaderboard, version 4: does it call right, and when not to."""
    from train.benchmarks.bfcl.cases import SINGLE_TURN, Category
    from train.benchmarks.bfcl.jobs import make_bfcl
    from train.benchmarks.scoring import score_bfcl

    folder = find_data(data, "bfcl")
    if score is not None:
        score_bfcl(score, folder, as_json=json)
        return
    for name in category:
        if name not in set(Category):
            raise UnknownName("category", name, Category)
    chosen = [Category(name) for name in category] or [*SINGLE_TURN]
    measured = _read_agent(model, endpoint, prompting, max_tokens, seed, concurrency)
    benchmark = make_bfcl(folder, categories=chosen, ask_user=ask_user, limit=limit, seed=seed)
    _run(benchmark, measured, out, "bfcl", resume, force, export, json)


@app.command()
def own(
    run: Annotated[Path, typer.Option(help="Run folder of triact generate.")],
    model: Model = None,
    endpoint: EndpointUrl = None,
    split: Annotated[list[str], typer.Option(help="Split; default all test splits.")] = [],  # noqa: B006
    prompting: Prompting = "native",
    out: Out = None,
    limit: Annotated[int, typer.Option(min=0, help="Contrast sets a split; 0 for all.")] = 0,
    concurrency: Concurrency = 0,
    max_tokens: MaxTokens = 0,
    seed: Seed = 0,
    resume: Resume = False,
    force: Force = False,
    export: Export = None,
    json: Json = False,
) -> None:
    """The test splits of a run of triact generate, for any agent."""
    from train.benchmarks.own import make_own

    measured = _read_agent(model, endpoint, prompting, max_tokens, seed, concurrency)
    benchmark = make_own(run, splits=split, limit=limit)
    _run(benchmark, measured, out, "own", resume, force, export, json)


@app.command()
def fetch(
    name: Annotated[list[str] | None, typer.Argument(help="Benchmarks; default all.")] = None,
    data: Annotated[Path, typer.Option(help="Folder to fetch into.")] = _FETCHED,
) -> None:
    """Fetch the published data from their public sources; checksums must agree."""
    from gen.console import console
    from train.benchmarks.download import fetch_files, list_wanted
    from train.console import track

    wanted = list_wanted(data, name or ())
    with track("fetch", "files") as on_progress:
        fetch_files(wanted, on_file=on_progress)
    console.print(f"{len(wanted)} files fetched; everything in {data} is as published")


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Benchmark runs, or folders that hold some.")],
    plot: Annotated[Path | None, typer.Option(help="Where to draw; PNG or SVG.")] = None,
    json: Json = False,
) -> None:
    """Benchmark runs side by side, with paired intervals and published figures."""
    from train.benchmarks.comparison import compare_runs, draw_comparisons, find_runs
    from train.benchmarks.console import print_comparison
    from train.console import print_files

    found = compare_runs(find_runs(runs))
    for comparison in found:
        print_comparison(comparison, as_json=json)
    drawn = draw_comparisons(found, plot or runs[0] / "compare.png")
    if drawn is not None and not json:
        print_files([drawn])


def episodes(
    run: Annotated[Path, typer.Argument(help="Benchmark run.")],
    case: Annotated[list[str], typer.Option(help="Only this case; repeat.")] = [],  # noqa: B006
    part: Annotated[str | None, typer.Option(help="Only this part.")] = None,
    measure: Annotated[
        str | None, typer.Option(help="Only cases where this measure is 1; NAME=0: where it is 0.")
    ] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Only cases without a verdict.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Episodes, at most; 0 for all.")] = 10,
    json: Json = False,
) -> None:
    """Transcripts of a benchmark run, with what came of each."""
    from train.benchmarks.console import print_episode, print_lines
    from train.benchmarks.transcripts import pick_episodes

    found = pick_episodes(run, cases=case, part=part, measure=measure, errors=errors, limit=limit)
    if json:
        print_lines([episode.model_dump() for episode in found])
        return
    for episode in found:
        print_episode(episode)


def find_data(data: Path | None, name: str) -> Path:
    """The folder of a benchmark's published data.

    Raises:
        UserMistake: it is nowhere; says how to get it.
    """
    named = data or (Path(os.environ[DATA]) if os.environ.get(DATA) else None)
    for folder in (named,) if named else (_FETCHED,):
        for place in (folder / name, folder):
            if place.is_dir() and (place == folder / name or named):
                return place
    raise UserMistake(
        f"no data of {name} in {named or _FETCHED}; get them with triact benchmark fetch {name}, "
        f"or name their folder with --data or {DATA}"
    )


def _open_client(url: str | None, model: str | None, what: str, seed: int) -> ChatClient | None:
    """A client for a model that plays a part, when it is named.

    Raises:
        UserMistake: its server is named without the model, or the other way round.
    """
    from gen.endpoint import ChatClient, Endpoint

    if url is None and model is None:
        return None
    if url is None or model is None:
        raise UserMistake(f"give both --{what}-endpoint and --{what}-model, or neither")
    return ChatClient(Endpoint(url, model), seed=seed)


def _read_agent(
    model: str | None,
    endpoint: str | None,
    prompting: str,
    max_tokens: int,
    seed: int,
    concurrency: int,
) -> Measured:
    from train.benchmarks.stage import Measured

    if model is None:
        raise UserMistake("name the agent: --model DIR, or --endpoint URL --model NAME")
    return Measured(model, endpoint, prompting, max_tokens, seed, concurrency)


def _run(
    benchmark: Benchmark,
    measured: Measured,
    out: Path | None,
    name: str,
    resume: bool,
    force: bool,
    export: str | None,
    as_json: bool,
) -> None:
    from gen.console import console
    from train.benchmarks.console import print_report, track_cases
    from train.benchmarks.inspect_log import write_inspect_log
    from train.benchmarks.stage import RUNS, run_benchmark

    if export not in (None, "inspect"):
        raise UserMistake(f"--export {export!r}: only inspect is known")
    suffix = "-react" if measured.react else ""
    folder = out or RUNS / f"{name}-{measured.label}{suffix}"
    with track_cases(f"{benchmark.name}: {measured.label}", as_json) as on_episode:
        report, _ = run_benchmark(
            benchmark, measured, folder, resume=resume, force=force, on_episode=on_episode
        )
    print_report(report, as_json=as_json)
    if export:
        console.print(f"log for inspect view: {write_inspect_log(folder)}", highlight=False)
    if not as_json:
        console.print(f"transcripts: triact episodes {folder}", highlight=False)
