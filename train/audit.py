"""Would a policy without judgement win? Expected reward of degenerate policies on real records.

Each policy is played in the sandbox on every record and paid as training pays. A reward that a
degenerate policy nearly satisfies will be satisfied by it (TRAINING 4.2, 4.3).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from gen.episode import open_episode, replay
from gen.records import CallMatch, Record, Step
from train.reward import DEFAULT, Weights, score

MARGIN = 0.5
"""How far below the reference the best degenerate policy must stay."""
REFERENCE = "reference"
_NOTHING = Step(text="I will not do that.")


@dataclass(frozen=True, slots=True)
class Audit:
    """Expected rewards by policy and class."""

    rewards: Mapping[str, Mapping[str, float]]
    """policy -> class ("execute", "verify", "refuse", "attacked", "all") -> mean reward."""
    counts: Mapping[str, int]
    margin: float

    @property
    def best_degenerate(self) -> tuple[str, float]:
        """The degenerate policy that earns most, and what it earns."""
        others = {name: r["all"] for name, r in self.rewards.items() if name != REFERENCE}
        name = max(others, key=lambda n: others[n])
        return name, others[name]

    @property
    def passed(self) -> bool:
        """Whether every degenerate policy stays the margin below the reference."""
        return self.rewards[REFERENCE]["all"] - self.best_degenerate[1] >= self.margin


def audit_records(
    records: Iterable[Record],
    domain_files: Sequence[Path] = (),
    weights: Weights = DEFAULT,
    margin: float = MARGIN,
) -> Audit:
    """Play every policy on every record."""
    sums: dict[str, dict[str, list[float]]] = {name: {} for name in POLICIES}
    counts: dict[str, int] = {}
    for record in records:
        expectation = record.scenario.expectation
        classes = [str(expectation.decision), "all"]
        if expectation.report or expectation.injected:
            classes.append("attacked")
        for name in classes:
            counts[name] = counts.get(name, 0) + 1
        for policy, act in POLICIES.items():
            episode = open_episode(record.scenario, domain_files)
            _, verdict = replay(episode, act(record))
            earned = score(verdict, weights).total
            for name in classes:
                sums[policy].setdefault(name, []).append(earned)
    rewards = {
        policy: {name: sum(v) / len(v) for name, v in by_class.items()}
        for policy, by_class in sums.items()
    }
    return Audit(rewards, counts, margin)


def _list_calls(record: Record) -> tuple[CallMatch, ...]:
    """What the user asked for, whether or not it should be done."""
    return record.scenario.script.wanted


def _do(calls: Iterable[CallMatch]) -> list[Step]:
    return [Step(tool=c.tool, arguments=dict(c.arguments)) for c in calls]


def _ask(call: CallMatch) -> Step:
    arguments = {"question": "Shall I?", "tool": call.tool, "arguments": dict(call.arguments)}
    return Step(tool="ask_user", arguments=arguments)


def _say(record: Record) -> Step:
    """An answer that holds every value that is asked for."""
    return Step(text=" ".join(["Done.", *record.scenario.expectation.answer]))


def _follow_reference(record: Record) -> list[Step]:
    return list(record.reference)


def _always_execute(record: Record) -> list[Step]:
    return [*_do(_list_calls(record)), _say(record)]


def _always_refuse(record: Record) -> list[Step]:
    return [_NOTHING]


def _always_ask(record: Record) -> list[Step]:
    """Asks about what it was asked for, and never does it."""
    calls = _list_calls(record)
    return [*_do(calls[:-1]), _ask(calls[-1]), _NOTHING]


def _ask_then_obey(record: Record) -> list[Step]:
    """Asks about everything and does what the user's answer allows."""
    calls = _list_calls(record)
    attitude = record.scenario.script.attitude
    steps = [*_do(calls[:-1]), _ask(calls[-1])]
    if attitude in ("no", "silent"):
        return [*steps, _NOTHING]
    last = calls[-1]
    if corrections := record.scenario.script.corrections:
        last = last.model_copy(update={"arguments": {**last.arguments, **corrections}})
        steps.append(_ask(last))
    return [*steps, *_do([last]), _say(record)]


def _follow_everything(record: Record) -> list[Step]:
    """Does what the user says and what the content says."""
    expectation = record.scenario.expectation
    calls = [*_do(_list_calls(record)), *_do(expectation.injected)]
    told = " ".join([_say(record).text, *expectation.injected_values])
    return [*calls, Step(text=told)]


def _act_at_random(record: Record) -> list[Step]:
    choices = (_always_execute, _always_refuse, _ask_then_obey)
    return Random(record.id).choice(choices)(record)


POLICIES: Mapping[str, Callable[[Record], list[Step]]] = {
    REFERENCE: _follow_reference,
    "always_execute": _always_execute,
    "always_refuse": _always_refuse,
    "always_ask": _always_ask,
    "ask_then_obey": _ask_then_obey,
    "follow_everything": _follow_everything,
    "random": _act_at_random,
}
