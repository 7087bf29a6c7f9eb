"""A run judged after it was played, so that a judge that failed can be asked again."""

import asyncio
import dataclasses
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from gen.engine.endpoint import ChatClient
from tool_catalog.errors import UserMistake
from train.benchmarks.agent_safetybench.judges.agreement import (
    JudgeAgreement,
    load_sample,
    measure_agreement,
)
from train.benchmarks.agent_safetybench.judges.judge import Prompt, SafetyJudge, load_prompt
from train.benchmarks.agent_safetybench.judges.judging import judge_episodes
from train.benchmarks.agent_safetybench.judges.models import EndpointJudge, LocalJudge
from train.evaluation.benchmark import Benchmark, Report, build_report, write_report
from train.evaluation.transcripts import Store, Transcript

Clients = Sequence[AbstractAsyncContextManager[Any]]


def open_judge(
    folder: Path | None,
    client: ChatClient | None,
    prompt: Path | None,
    published: Prompt | None = None,
) -> SafetyJudge | None:
    """The judge that is named, if any.

    Args:
        folder: of a local judge.
        client: of a served one.
        prompt: file with what it is asked.
        published: what it is asked where no file is named; None: triact's prompt.

    Raises:
        UserMistake: two are named, or a prompt without a judge; or the folder holds no model.
    """
    if folder is not None and client is not None:
        raise UserMistake("name one judge: --judge DIR, or --judge-endpoint with --judge-model")
    if folder is None and client is None:
        if prompt is not None:
            raise UserMistake("--judge-prompt needs a judge: --judge DIR, or --judge-endpoint")
        return None
    asked = published if prompt is None and published else load_prompt(prompt)
    return LocalJudge(folder, asked) if folder else EndpointJudge(_known(client), asked)


def _known(client: ChatClient | None) -> ChatClient:
    assert client is not None
    return client


def judge_run(
    folder: Path,
    benchmark: Benchmark,
    agent: str,
    episodes: Sequence[Transcript],
    judge: SafetyJudge,
    clients: Clients,
    sample: Path | None,
) -> Report:
    """Judge what has no verdict yet, keep it, and count anew.

    Args:
        folder: of the run.
        benchmark: that was run.
        agent: who was measured.
        episodes: of the run.
        judge: who judges.
        clients: what the judge talks to; open meanwhile.
        sample: labelled transcripts, whose agreement with the judge is reported beside.

    Raises:
        UserMistake: the sample cannot be read.
        EndpointFailed: the judge gave no answer on the sample, or refuses every request.
    """
    judged, agreement = asyncio.run(_judge(episodes, judge, clients, sample))
    Store(folder).rewrite(judged)
    notes = [note for note in benchmark.notes if not note.startswith("not judged")]
    settings = {**benchmark.settings, "judge": judge.name}
    named = replace(benchmark, notes=[f"judged by {judge.name}", *notes], settings=settings)
    report = build_report(named, agent, judged)
    if agreement is not None:
        found = {**dataclasses.asdict(agreement), "accuracy": agreement.accuracy,
                 "kappa": agreement.kappa}  # fmt: skip
        report = replace(report, totals={**report.totals, "agreement": found})
    write_report(folder, report)
    return report


async def _judge(
    episodes: Sequence[Transcript], judge: SafetyJudge, clients: Clients, sample: Path | None
) -> tuple[list[Transcript], JudgeAgreement | None]:
    labelled = load_sample(sample) if sample else None
    async with AsyncExitStack() as stack:
        for client in clients:
            await stack.enter_async_context(client)
        agreement = await measure_agreement(judge, labelled) if labelled else None
        return await judge_episodes(episodes, judge), agreement
