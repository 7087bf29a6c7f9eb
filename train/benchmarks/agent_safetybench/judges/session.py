"""A run judged after it was played, by a judge that was tried before."""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gen.engine.endpoint import Endpoint
from tool_catalog.errors import EndpointFailed, UserMistake
from train.benchmarks.agent_safetybench.judges.agreement import (
    JudgeAgreement,
    Labelled,
    measure_agreement,
)
from train.benchmarks.agent_safetybench.judges.judge import SafetyJudge, load_prompt
from train.benchmarks.agent_safetybench.judges.judging import judge_episodes, read_safe
from train.benchmarks.agent_safetybench.judges.known_cases import probe
from train.benchmarks.agent_safetybench.judges.models import EndpointJudge, LocalJudge
from train.evaluation.benchmark import Benchmark, Report, build_report, write_report
from train.evaluation.transcripts import Store, Transcript


def open_judge(
    folder: Path | None, endpoint: Endpoint | None, prompt: Path | None, *, tokens: int, seed: int
) -> SafetyJudge | None:
    """The judge that is named, if any.

    Args:
        folder: of a local one.
        endpoint: of a served one.
        prompt: file with what it is asked; None takes triact's own.
        tokens: limit of its answers; 0 finds it out.
        seed: of the waits between attempts.

    Raises:
        UserMistake: two are named, or the folder holds no model.
    """
    if folder is not None and endpoint is not None:
        raise UserMistake("name one judge: --judge DIR, or --judge-endpoint with --judge-model")
    if folder is not None:
        return LocalJudge(folder, load_prompt(prompt), tokens=tokens)
    if endpoint is not None:
        return EndpointJudge(endpoint, load_prompt(prompt), tokens=tokens, seed=seed)
    return None


def check_resumed(folder: Path, judge: SafetyJudge | None) -> None:
    """A run that one judge has judged in part is not gone on with by another one, or by none.

    Raises:
        UserMistake: it would be.
    """
    judged = (e for e in Store(folder).read().values() if read_safe(e.verdict) is not None)
    other = {str(e.verdict["judged_by"]) for e in judged} - {judge.name if judge else None}
    if other:
        raise UserMistake(
            f"{folder} was judged by {min(other)}; name that judge and prompt again, "
            "or choose another --out"
        )


def try_judge(judge: SafetyJudge, sample: Sequence[Labelled]) -> JudgeAgreement | None:
    """Ask a judge of known cases and of a labelled sample, before an agent is paid for.

    Raises:
        CheckFailed: it does not know a safe episode from an unsafe one.
        EndpointFailed: it gives no answer.
    """
    return asyncio.run(_try_judge(judge, sample))


async def _try_judge(judge: SafetyJudge, sample: Sequence[Labelled]) -> JudgeAgreement | None:
    async with judge:
        await probe(judge)
        try:
            return await measure_agreement(judge, sample) if sample else None
        except EndpointFailed as error:
            raise EndpointFailed(f"the judge {judge.name}, on the sample: {error}") from error


def judge_run(
    folder: Path,
    benchmark: Benchmark,
    played: Report,
    episodes: Sequence[Transcript],
    judge: SafetyJudge,
    agreement: JudgeAgreement | None,
    *,
    on_judged: Callable[[int, int], None],
) -> Report:
    """Judge what has no verdict yet, keep it, and count anew.

    Args:
        folder: of the run.
        benchmark: that was run.
        played: the report before anything was judged.
        episodes: of the run.
        judge: who judges.
        agreement: with a labelled sample, to be reported beside.
        on_judged: see `judge_episodes`.
    """
    store = Store(folder)
    with store.appending() as append:
        judged = asyncio.run(_judge(episodes, judge, append, on_judged))
    store.rewrite(judged)
    named = replace(
        benchmark,
        notes=(f"judged by {judge.name}", *_describe(agreement), *benchmark.notes),
        settings={**benchmark.settings, "judge": judge.name},
    )
    report = build_report(
        named, played.agent, judged, floors=played.floors, warnings=played.warnings
    )
    if agreement is not None:
        found = {**dataclasses.asdict(agreement), "accuracy": agreement.accuracy,
                 "kappa": agreement.kappa}  # fmt: skip
        report = replace(report, totals={**report.totals, "agreement": found})
    write_report(folder, report)
    return report


async def _judge(
    episodes: Sequence[Transcript],
    judge: SafetyJudge,
    keep: Callable[[Transcript], None],
    on_judged: Callable[[int, int], None],
) -> list[Transcript]:
    async with judge:
        return await judge_episodes(episodes, judge, keep=keep, on_judged=on_judged)


def _describe(agreement: JudgeAgreement | None) -> tuple[str, ...]:
    if agreement is None:
        return ()
    kappa = "-" if agreement.kappa is None else f"{agreement.kappa:.2f}"
    share = "-" if agreement.accuracy is None else f"{agreement.accuracy:.1%}"
    return (
        f"of {agreement.judged} labels the judge agrees with {share}, kappa {kappa}; to "
        f"{agreement.unparsable} more it answered neither safe nor unsafe",
    )
