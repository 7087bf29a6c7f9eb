"""`triact benchmark ...`, `triact compare` and `triact episodes`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gen.cli.options import JsonOption
from gen.cli.spread import spread
from tool_catalog.errors import UnknownName, UserMistake
from train.benchmarks.agent_safetybench.judges.options import Judging
from train.benchmarks.agentdojo.cases import CURRENT, LEADERBOARD_ATTACK
from train.benchmarks.options import (
    FETCHED,
    AskUser,
    Data,
    Limit,
    Measuring,
    MostUnscored,
    PromptName,
    SimulatorModel,
    SimulatorUrl,
    StoredOutputs,
    find_data,
    name_endpoint,
)
from train.benchmarks.upstream.form import PromptForm, read_form

app = typer.Typer(
    no_args_is_help=True,
    help="Measure any agent on AgentDojo, InjecAgent, BFCL, Agent-SafetyBench or a run.",
)


@app.command()
@spread
def injecagent(
    setting: Annotated[str, typer.Option(help="base or enhanced.")] = "base",
    prompt: PromptName = "triact",
    ask_user: AskUser = False,
    twin: Annotated[bool, typer.Option(help="Play each case without the attack too.")] = True,
    simulator: SimulatorUrl = None,
    simulator_model: SimulatorModel = None,
    data: Data = None,
    limit: Limit = 0,
    score: StoredOutputs = None,
    texts_to: Annotated[
        Path | None,
        typer.Option("--texts", help="Play nothing; write attacks and twins as labelled texts."),
    ] = None,
    *,
    chosen: Measuring,
) -> None:
    """Injections in tool results: 1,054 cases, with the benign twin of each."""
    from gen.cli.console import console
    from gen.engine.endpoint import ChatClient
    from train.benchmarks.injecagent.cases import Setting
    from train.benchmarks.injecagent.jobs import make_injecagent
    from train.benchmarks.injecagent.labelled import write_texts
    from train.benchmarks.injecagent.prompting.texts import read_texts
    from train.benchmarks.injecagent.replies.simulator import ModelSimulator
    from train.benchmarks.scoring import score_injecagent

    published = find_data(data, "injecagent")
    if score is not None:
        score_injecagent(score, published, max_unscored=chosen.max_unscored, as_json=chosen.json)
        return
    if setting not in set(Setting):
        raise UnknownName("setting", setting, Setting)
    if texts_to is not None:
        count = write_texts(published, Setting(setting), texts_to)
        console.print(f"{count} labelled texts in {texts_to}", highlight=False)
        return
    form = read_form(prompt, ask_user=ask_user)
    measured = chosen.read()
    texts = read_texts(published) if form is PromptForm.PUBLISHED else None
    served = name_endpoint(simulator, simulator_model, "simulator", chosen.timeout)
    client = ChatClient(served, seed=chosen.seed) if served else None
    benchmark = make_injecagent(
        published, setting=Setting(setting), react=measured.react, ask_user=ask_user, texts=texts,
        twin=twin, simulate=ModelSimulator(client, seed=chosen.seed) if client else None,
        limit=limit, seed=chosen.seed,
    )  # fmt: skip
    benchmark = replace(benchmark, clients=[client] if client else [])
    chosen.measure(benchmark, f"injecagent-{setting}{form.suffix}")


@app.command()
@spread
def bfcl(
    category: Annotated[
        list[str],
        typer.Option(help="Category, or multi_turn; repeat. Default: every single-turn one."),
    ] = [],
    official: Annotated[
        Path | None, typer.Option(help="Folder of bfcl-eval, for multi_turn_*; else as installed.")
    ] = None,
    prompt: PromptName = "triact",
    ask_user: AskUser = False,
    data: Data = None,
    limit: Limit = 0,
    score: StoredOutputs = None,
    *,
    chosen: Measuring,
) -> None:
    """The Berkeley Function Calling Leaderboard, version 4: does it call right, and when not to."""
    from train.benchmarks.bfcl.cases import read_categories
    from train.benchmarks.bfcl.jobs import make_bfcl
    from train.benchmarks.bfcl.outputs import choose_calls
    from train.benchmarks.bfcl.prompting.texts import read_texts
    from train.benchmarks.scoring import score_bfcl

    published = find_data(data, "bfcl")
    form = read_form(prompt, ask_user=ask_user)
    if score is not None:
        calls = choose_calls(form, react=chosen.prompting == "react")
        score_bfcl(score, published, official, calls=calls, max_unscored=chosen.max_unscored,
                   as_json=chosen.json)  # fmt: skip
        return
    categories = read_categories(category)
    measured = chosen.read()  # a mistake about the agent shows before the data are read
    benchmark = make_bfcl(
        published,
        categories=categories,
        ask_user=ask_user,
        texts=read_texts(published, official) if form is PromptForm.PUBLISHED else None,
        react=measured.react,
        limit=limit,
        seed=chosen.seed,
        official=official,
    )
    chosen.measure(benchmark, f"bfcl{form.suffix}")


@app.command()
@spread
def agent_safetybench(
    environments: Annotated[
        Path | None, typer.Option(help="Folder of upstream's environment code; else simulated.")
    ] = None,
    prompt: PromptName = "triact",
    ask_user: AskUser = False,
    data: Data = None,
    limit: Limit = 0,
    *,
    judging: Judging,
    chosen: Measuring,
) -> None:
    """Agent-SafetyBench: 2,000 cases; judged when a judge is named, and found by rules anyway."""
    from train.benchmarks.agent_safetybench.jobs import make_agent_safetybench
    from train.benchmarks.agent_safetybench.texts import read_judge_prompt, read_system

    published = find_data(data, "agent_safetybench")
    form = read_form(prompt, ask_user=ask_user)
    measured = chosen.read()  # a mistake about the agent shows before the data are read
    system = None
    if form is PromptForm.PUBLISHED:
        if measured.react:
            raise UserMistake("Agent-SafetyBench has published no prompt with tools in words; "
                              "leave out --prompting react")  # fmt: skip
        system = read_system(published, local=measured.endpoint is None)
    judge = judging.open(chosen, partial(read_judge_prompt, published) if system else None)
    benchmark = make_agent_safetybench(
        published,
        environments=environments,
        judged=judge is not None,
        ask_user=ask_user,
        system=system,
        limit=limit,
        seed=chosen.seed,
    )
    judging.measure(judge, benchmark, chosen, f"{benchmark.name}{form.suffix}")


@app.command()
@spread
def agentdojo(
    suite: Annotated[list[str], typer.Option(help="Suite; repeat. Default: all.")] = [],
    attack: Annotated[
        str, typer.Option(help="Upstream's name of an attack; none: user tasks alone.")
    ] = LEADERBOARD_ATTACK,
    defense: Annotated[str | None, typer.Option(help="Upstream's name of a defense.")] = None,
    version: Annotated[str, typer.Option(help="Version of the benchmark.")] = CURRENT,
    user_task: Annotated[list[str], typer.Option(help="Only this user task; repeat.")] = [],
    injection_task: Annotated[
        list[str], typer.Option(help="Only this injection task; repeat.")
    ] = [],
    module: Annotated[
        list[str], typer.Option(help="Module or file that registers suites or attacks; repeat.")
    ] = [],
    limit: Limit = 0,
    *,
    chosen: Measuring,
) -> None:
    """AgentDojo by its own package: tasks with and without injections in what tools return."""
    from train.benchmarks.agentdojo.installation import require_agentdojo

    measured = chosen.read()
    package = require_agentdojo()
    from train.benchmarks.agentdojo.jobs import DojoChoice, make_agentdojo

    choice = DojoChoice(version, suite, user_task, injection_task, attack, defense, module)
    served = measured.model if measured.endpoint else None
    benchmark = make_agentdojo(
        package, choice, served=served, react=measured.react, limit=limit, seed=chosen.seed
    )
    chosen.measure(benchmark, f"agentdojo-{attack}{f'-{defense}' if defense else ''}")


@app.command()
@spread
def own(
    run: Annotated[Path, typer.Option(help="Run folder of triact generate.")],
    split: Annotated[list[str], typer.Option(help="Split; default all test splits.")] = [],
    limit: Annotated[int, typer.Option(min=0, help="Contrast sets a split; 0 for all.")] = 0,
    *,
    chosen: Measuring,
) -> None:
    """The test splits of a run of triact generate, for any agent."""
    from train.evaluation.splits import make_own

    max_calls = chosen.read().max_calls
    chosen.measure(make_own(run, splits=split, limit=limit, max_calls=max_calls), "own")


@app.command()
def fetch(
    name: Annotated[list[str] | None, typer.Argument(help="Benchmarks; default all.")] = None,
    data: Annotated[Path, typer.Option(help="Folder to fetch into.")] = FETCHED,
) -> None:
    """Fetch the published data from their public sources; checksums must agree."""
    from gen.cli.console import console
    from train.benchmarks.download import fetch_files, list_wanted
    from train.console import track

    wanted = list_wanted(data, name or ())
    with track("fetch", "files") as on_progress:
        fetch_files(wanted, on_file=on_progress)
    console.print(f"{len(wanted)} files fetched; everything in {data} is as published")


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Benchmark runs, or folders that hold some.")],
    plot: Annotated[Path | None, typer.Option(help="Where to draw; PNG or SVG.")] = None,
    flips: Annotated[
        int, typer.Option(min=0, help="Name so many cases of each kind that flipped.")
    ] = 0,
    max_unscored: MostUnscored = 0.05,
    json: JsonOption = False,
) -> None:
    """Benchmark runs side by side, with paired intervals and published figures."""
    from train.benchmarks.chart import draw_comparisons
    from train.benchmarks.comparison_table import print_comparison, write_comparison
    from train.benchmarks.console import print_lines
    from train.console import print_files
    from train.evaluation.comparison import compare_runs, find_runs

    found = compare_runs(find_runs(runs))
    if json:
        print_lines([write_comparison(comparison, max_unscored) for comparison in found])
    else:
        for comparison in found:
            print_comparison(comparison, flipped=flips, most_unscored=max_unscored)
    drawn = draw_comparisons(found, plot or runs[0] / "compare.png", most_unscored=max_unscored)
    if drawn is not None and not json:
        print_files([drawn])


def episodes(
    run: Annotated[Path, typer.Argument(help="Benchmark run.")],
    case: Annotated[list[str], typer.Option(help="Only this case; repeat.")] = [],
    part: Annotated[str | None, typer.Option(help="Only this part.")] = None,
    measure: Annotated[
        str | None, typer.Option(help="Only cases where this measure is 1; NAME=0: where it is 0.")
    ] = None,
    outcome: Annotated[
        list[str],
        typer.Option(help="Only cases that are scored, empty, cut, unjudged or error; repeat."),
    ] = [],
    limit: Annotated[int, typer.Option(min=0, help="Episodes, at most; 0 for all.")] = 10,
    json: JsonOption = False,
) -> None:
    """Transcripts of a benchmark run, with what came of each."""
    from train.benchmarks.console import print_episode, print_lines
    from train.evaluation.transcripts import pick_episodes

    found = pick_episodes(
        run, cases=case, part=part, measure=measure, outcomes=outcome, limit=limit
    )
    if json:
        print_lines([episode.model_dump(mode="json") for episode in found])
        return
    for episode in found:
        print_episode(episode)
