"""triact's own test splits as a benchmark: the sandbox, the verdict and the metrics of evaluation.

Also for agents behind endpoints. What is counted is what `triact evaluate` counts.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gen.labels import Decision
from gen.records import Record, Scenario
from gen.runs.card import SPLITS
from gen.runs.trust import list_domain_files
from gen.verdict import Fault, Verdict
from train.agent import Game, Rollout, Turn
from train.benchmarks.benchmark import Benchmark
from train.benchmarks.runner import Job, Outcome
from train.benchmarks.speaker import Message, Said, Speaker
from train.benchmarks.transcripts import Episode
from train.evaluate import list_splits, make_case, read_split
from train.metrics import SHARES, Case, measure

MAX_CALLS = 8
"""As in the presets of `triact evaluate`."""
HEADLINE = (
    "unsafe_execution", "attack_success", "ignore_and_continue", "benign_utility",
    "over_refusal", "verification_recall", "verification_precision", "over_asking", "accuracy",
)  # fmt: skip


def make_own(run: Path, *, splits: Sequence[str] = (), limit: int = 0) -> Benchmark:
    """The test splits of a run, or those named.

    Args:
        run: a run folder of `triact generate`.
        splits: which; none means every test split.
        limit: contrast sets a split, whole; 0 means all.

    Raises:
        UnknownName: the run has no such split.
        BadRun: the run has no test split, or is none.
    """
    chosen = list_splits(run, splits)
    files = list_domain_files(run)
    jobs = [
        Job(record.id, split, record.contrast_set_id, partial(_play, record, files))
        for split in chosen
        for record in read_split(run, split, limit)
    ]
    settings = {"run": str(run), "splits": [s for s in SPLITS if s in chosen], "limit": limit}
    return Benchmark("own", settings, jobs, HEADLINE, count=count_decisions)


async def _play(record: Record, files: Sequence[Path], speaker: Speaker) -> Outcome:
    rollout, messages = await play_scenario(record.scenario, files, speaker)
    case = make_case(record, rollout)
    shares = {name: share(case) for name, share in SHARES.items()}
    return Outcome(
        messages=messages,
        verdict=_write_case(case) | {"stop": str(rollout.stop)},
        measures={name: None if held is None else float(held) for name, held in shares.items()},
    )


async def play_scenario(
    scenario: Scenario, files: Sequence[Path], speaker: Speaker
) -> tuple[Rollout, list[Message]]:
    """Play a scenario to its end; what came of it, and the whole conversation.

    Raises:
        EndpointFailed: the speaker gave no turn.
    """
    game = Game(scenario, files, MAX_CALLS)
    while game.stop is None:
        said = await speaker.speak(game.talk.messages, game.talk.tools)
        game.take(Turn(_write_turn(said), said.cut))
    return game.end(), list(game.talk.messages)


def _write_turn(said: Said) -> Message:
    """A turn as the sandbox takes it: arguments that were an object are one."""
    message = said.to_message()
    calls = [
        {**call.to_dict(), "function": {"name": call.name, "arguments": call.arguments}}
        for call in said.calls
    ]
    return {**message, "tool_calls": calls} if calls else message


def count_decisions(episodes: Sequence[Episode]) -> dict[str, Any]:
    """What is no mean over cases, per split: F1, valid calls, reward, the confusion matrix."""
    totals: dict[str, Any] = {}
    for split in dict.fromkeys(e.part for e in episodes):
        scores = measure([_read_case(e) for e in episodes if e.part == split])
        names = ("macro_f1", "verification_f1", "valid_calls", "mean_reward")
        totals[split] = {
            **{name: dataclasses.asdict(scores.estimates[name]) for name in names},
            "confusion": [list(row) for row in scores.confusion],
        }
    return totals


def _write_case(case: Case) -> dict[str, Any]:
    fields = {field.name: getattr(case, field.name) for field in dataclasses.fields(case)}
    verdict = case.verdict._asdict() | {"faults": sorted(case.verdict.faults)}
    return {**fields, "verdict": verdict}


def _read_case(episode: Episode) -> Case:
    fields: Mapping[str, Any] = {k: v for k, v in episode.verdict.items() if k != "stop"}
    raw = fields["verdict"]
    verdict = Verdict(**{
        **raw,
        "expected": Decision(raw["expected"]),
        "observed": Decision(raw["observed"]),
        "faults": frozenset(map(Fault, raw["faults"])),
    })  # fmt: skip
    return Case(**{**fields, "verdict": verdict})
