"""Measures of a run's transcripts: means with intervals, and paired differences between two runs.

Every measure is a number per case between 0 and 1, or none where the case does not count.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gen.checks.bootstrap import Interval, compare_means, estimate_mean
from train.evaluation.transcripts import Transcript


def list_measures(episodes: Sequence[Transcript]) -> list[str]:
    """Names of the measures, in the order in which they first occur."""
    return list(dict.fromkeys(name for e in episodes for name in e.measures))


def summarize(episodes: Sequence[Transcript]) -> dict[str, Interval]:
    """Every measure over the scored episodes."""
    scored = [e for e in episodes if e.scored]
    return {name: estimate(scored, name) for name in list_measures(scored)}


def summarize_all(
    episodes: Sequence[Transcript], due: Mapping[str, Sequence[str]], lower: Collection[str]
) -> dict[str, Interval]:
    """Every measure over all episodes, those without a score counted against the agent.

    Args:
        episodes: of a run.
        due: the measures that each case enters if it is scored.
        lower: measures where less is better, so that 1 is the worst.
    """
    rows: dict[str, list[tuple[str, float | None]]] = {}
    for episode in episodes:
        worst = {name: float(name in lower) for name in due[episode.case]}
        for name, value in (episode.measures if episode.scored else worst).items():
            rows.setdefault(name, []).append((episode.group, value))
    return {name: estimate_mean(found) for name, found in rows.items()}


def count_unscored(
    episodes: Sequence[Transcript], due: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """By measure, the share without a score among the episodes whose cases are due for it."""
    scored: dict[str, list[bool]] = {}
    for episode in episodes:
        for name in due[episode.case]:
            scored.setdefault(name, []).append(episode.scored)
    return {name: found.count(False) / len(found) for name, found in scored.items()}


def split_parts(episodes: Sequence[Transcript]) -> dict[str, list[Transcript]]:
    """Episodes by part, in the order in which parts first occur."""
    parts: dict[str, list[Transcript]] = {}
    for episode in episodes:
        parts.setdefault(episode.part, []).append(episode)
    return parts


def estimate(episodes: Sequence[Transcript], measure: str) -> Interval:
    """Mean and 95 % interval of one measure."""
    return estimate_mean((e.group, e.measures.get(measure)) for e in episodes)


def compare(first: Sequence[Transcript], second: Sequence[Transcript], measure: str) -> Interval:
    """Second run minus first in one measure, over the cases that both have scored."""
    ours, theirs = (
        {e.case: (e.group, e.measures.get(measure)) for e in episodes if e.scored}
        for episodes in (first, second)
    )
    return compare_means(ours, theirs)


@dataclass(frozen=True, slots=True)
class Flips:
    """Cases in which two runs differ in one measure."""

    better: Sequence[str]
    """The second run is better."""
    worse: Sequence[str]


def find_flips(
    first: Sequence[Transcript], second: Sequence[Transcript], measure: str, *, lower: bool
) -> Flips:
    """Which cases got better and which worse, of those that both runs have scored.

    Args:
        first: what is compared with.
        second: what is compared.
        measure: by which.
        lower: whether less of it is better.
    """
    before = {e.case: e.measures.get(measure) for e in first if e.scored}
    better, worse = list[str](), list[str]()
    for episode in second:
        was, now = before.get(episode.case), episode.measures.get(measure)
        if not episode.scored or was is None or now is None or was == now:
            continue
        (better if (now < was) == lower else worse).append(episode.case)
    return Flips(better, worse)
