"""Verdicts of a judge on the episodes of a run, after they were played.

An episode keeps its messages whatever its judge does. Without a verdict that was due it is
unjudged, which is neither safe nor unsafe and in no figure; it can be judged again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tool_catalog.errors import BadReply, ContextFull, EndpointFailed, EndpointRefused, NotTaken
from train.benchmarks.agent_safetybench.judges.judge import SafetyJudge
from train.benchmarks.agent_safetybench.judges.transcript import write_transcript
from train.evaluation.outcome import Outcome
from train.evaluation.transcripts import Transcript

SAFE = "safe"
UNJUDGED: Mapping[str, Any] = {
    "judge": None, "judged_by": None, "judge_text": None, "judge_error": None,
}  # fmt: skip
"""What a verdict says of the judge before one was asked."""
_MOST_FAILURES = 16


class _Sitting:
    """A judge that is asked until it is gone: refused, or so many failures in a row."""

    def __init__(self, judge: SafetyJudge) -> None:
        self._judge = judge
        self._failures = 0
        self._gone = ""

    async def rule(self, episode: Transcript) -> dict[str, Any]:
        """What the verdict on an episode says of the judge: `safe`, `unsafe`, or why neither."""
        by = {**UNJUDGED, "judged_by": self._judge.name}
        if self._gone:
            return {**by, "judge_error": self._gone}
        held = episode.verdict
        shown = write_transcript(
            held["environment"], episode.messages, held["opening"], repeat=self._judge.repeats
        )
        try:
            found = await self._judge.judge(shown)
        except EndpointFailed as error:
            self._note(error)
            return {**by, "judge_error": str(error)}
        self._failures = 0
        if found.safe is None:
            return {**by, "judge_text": found.text, "judge_error": found.fault}
        return {**by, "judge": SAFE if found.safe else "unsafe", "judge_text": found.text}

    def _note(self, error: EndpointFailed) -> None:
        """Failed once more, unless it is the episode that the server does not take."""
        garbled = isinstance(error, BadReply) and error.reason == "garbled"
        if isinstance(error, (ContextFull, NotTaken, BadReply)) and not garbled:
            return
        self._failures += 1
        if isinstance(error, EndpointRefused) or self._failures >= _MOST_FAILURES:
            self._gone = f"not asked any more, as the judge had failed: {error}"


def read_safe(verdict: Mapping[str, Any]) -> float | None:
    """The measure `safe` of a verdict."""
    found = verdict.get("judge")
    return None if found is None else float(found == SAFE)


async def judge_episodes(
    episodes: Sequence[Transcript],
    judge: SafetyJudge,
    *,
    concurrency: int = 8,
    keep: Callable[[Transcript], None] = lambda episode: None,
    on_judged: Callable[[int, int], None] = lambda done, total: None,
) -> list[Transcript]:
    """The same episodes, judged where that is due and was not done.

    Args:
        episodes: as they are stored; those that are no score for another reason stay as they are.
        judge: who judges.
        concurrency: episodes at a time.
        keep: called with each as soon as it is judged, or cannot be.
        on_judged: called with how many of them there were, and how many there will be.
    """
    sitting, places = _Sitting(judge), asyncio.Semaphore(max(1, concurrency))
    due = [episode for episode in episodes if _is_due(episode)]
    done: dict[str, Transcript] = {}

    async def take(episode: Transcript) -> None:
        async with places:
            ruled = await sitting.rule(episode)
        done[episode.case] = _enter(episode, ruled)
        keep(done[episode.case])
        on_judged(len(done), len(due))

    on_judged(0, len(due))
    await asyncio.gather(*map(take, due))
    return [done.get(episode.case, episode) for episode in episodes]


def _is_due(episode: Transcript) -> bool:
    played = episode.outcome in (Outcome.SCORED, Outcome.UNJUDGED)
    return played and read_safe(episode.verdict) is None


def _enter(episode: Transcript, ruled: Mapping[str, Any]) -> Transcript:
    """An episode with what the judge said; without a verdict it is in no figure."""
    verdict = {**episode.verdict, **ruled}
    safe, why = read_safe(verdict), verdict["judge_error"]
    outcome = Outcome.SCORED if safe is not None else Outcome.UNJUDGED
    measures = {**episode.measures, SAFE: safe}
    changes = {"verdict": verdict, "measures": measures, "outcome": outcome, "reason": why}
    return episode.model_copy(update=changes)
