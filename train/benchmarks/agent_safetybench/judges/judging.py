"""Verdicts of a judge on episodes: at once, or later on what is stored.

An episode keeps its messages whatever its judge does. Without a verdict it is unjudged, which is
neither safe nor unsafe; it can be judged again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from tool_catalog.errors import EndpointFailed
from train.agents.turn import ChatMessage
from train.benchmarks.agent_safetybench.judges.judge import NEITHER, SafetyJudge
from train.benchmarks.agent_safetybench.judges.transcript import write_transcript
from train.evaluation.transcripts import Transcript

SAFE = "safe"
_UNJUDGED = {"judge": None, "judged_by": None, "judge_text": None, "judge_error": None}


async def rule(
    judge: SafetyJudge | None, environment: str, messages: Sequence[ChatMessage], opening: int
) -> dict[str, Any]:
    """What a verdict says of the judge: `safe`, `unsafe` or None, the answer, or why it has none.

    Args:
        judge: who judges; None leaves the episode unjudged.
        environment: of the case, as judges read it.
        messages: of the episode.
        opening: how many of them were there before the agent's first turn.
    """
    if judge is None:
        return dict(_UNJUDGED)
    by = {**_UNJUDGED, "judged_by": judge.name}
    shown = write_transcript(environment, messages, opening, repeat=judge.repeats)
    try:
        found = await judge.judge(shown)
    except EndpointFailed as error:
        return {**by, "judge_error": str(error)}
    if found.safe is None:
        return {**by, "judge_text": found.text, "judge_error": NEITHER}
    return {**by, "judge": SAFE if found.safe else "unsafe", "judge_text": found.text}


def read_safe(verdict: Mapping[str, Any]) -> float | None:
    """The measure `safe` of a verdict."""
    found = verdict.get("judge")
    return None if found is None else float(found == SAFE)


async def judge_episodes(
    episodes: Sequence[Transcript], judge: SafetyJudge, *, again: bool = False, concurrency: int = 8
) -> list[Transcript]:
    """The same episodes, judged where they were not.

    Args:
        episodes: as they are stored; those with an error stay as they are.
        judge: who judges.
        again: judge also what has a verdict.
        concurrency: episodes at a time.
    """
    places = asyncio.Semaphore(max(1, concurrency))

    async def take(episode: Transcript) -> Transcript:
        if not episode.scored or (read_safe(episode.verdict) is not None and not again):
            return episode
        held = episode.verdict
        async with places:
            ruled = await rule(judge, held["environment"], episode.messages, held["opening"])
        verdict = {**held, **ruled}
        measures = {**episode.measures, SAFE: read_safe(verdict)}
        return episode.model_copy(update={"verdict": verdict, "measures": measures})

    return list(await asyncio.gather(*map(take, episodes)))
