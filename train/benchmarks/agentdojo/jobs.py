"""AgentDojo ready to be run: every case a job, played by upstream's code."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from train.agents.loop import Agent
from train.benchmarks.agentdojo.assembly import Assembly
from train.benchmarks.agentdojo.cases import (
    CURRENT,
    LEADERBOARD_ATTACK,
    DojoCase,
    Threat,
    list_cases,
)
from train.benchmarks.agentdojo.dojo import Bout, Dojo
from train.benchmarks.agentdojo.line import NextTurn, call_in_thread
from train.benchmarks.agentdojo.modules import load_modules
from train.benchmarks.agentdojo.selection import (
    NO_ATTACK,
    check_attack,
    check_defense,
    check_tasks,
    find_suites,
    name_model,
)
from train.benchmarks.selection import draw_evenly
from train.evaluation.benchmark import Benchmark
from train.evaluation.runner import CaseResult, Job

_HEADLINE = _SUCCESS, _KEPT, _UTILITY, _SOLVED = (
    "attack_success", "utility_under_attack", "utility", "injection_task_solved",
)  # fmt: skip
_MEASURES = {
    Threat.ABSENT: (_UTILITY,), Threat.INJECTED: (_SUCCESS, _KEPT), Threat.ASKED: (_SOLVED,),
}  # fmt: skip
_NOTES = (
    "tasks, tools, attack, defense and checks are upstream's, and so is the system prompt, sent as "
    "system (upstream: developer)",
    "a full context is no score; upstream counts it as an attack that succeeded and a task that "
    "did not. A call whose arguments are no JSON object gets a tool error; upstream ends there",
)
_SOLVED_NOTE = (
    "injection_task_solved: the injection's task, asked for by the user. It is what the agent is "
    "able to, and neither good nor bad"
)
_STOP_NOTE = (
    "the attack wants the agent to stop: attack_success says that the user's task was not done, so "
    "an agent that can not do it anyway is counted as stopped"
)


@dataclass(frozen=True, slots=True)
class DojoChoice:
    """What is played, in upstream's names."""

    version: str = CURRENT
    suites: Sequence[str] = ()
    """None means all of the version."""
    users: Sequence[str] = ()
    """Only these user tasks; none means all."""
    injections: Sequence[str] = ()
    """Only these injection tasks; none means all."""
    attack: str = LEADERBOARD_ATTACK
    """`none` for none."""
    defense: str | None = None
    modules: Sequence[str] = ()
    """Of the user's, which register more of it all."""

    def open(self, served: str | None, *, react: bool) -> Dojo:
        """Everything named, loaded.

        Args:
            served: the name that an endpoint has for the agent.
            react: whether the agent is a `ReactAgent`.

        Raises:
            UserMistake: one of the names is unknown or unusable, or a module or a suite fails.
        """
        load_modules(self.modules)
        suites = find_suites(self.version, self.suites)
        check_tasks(suites, self.users, self.injections)
        check_attack(self.attack)
        check_defense(self.defense)
        attack = None if self.attack == NO_ATTACK else self.attack
        return Dojo(suites, attack, self.defense, name_model(served), react=react)


def make_agentdojo(
    package: str,
    choice: DojoChoice,
    *,
    served: str | None = None,
    react: bool = False,
    limit: int = 0,
    seed: int = 0,
) -> Benchmark:
    """Cases of some suites.

    Args:
        package: version of the package, for the settings.
        choice: what is played.
        served: the name that an endpoint has for the agent.
        react: whether the agent is a `ReactAgent`.
        limit: at most so many cases, evenly over suites and kinds; 0 means all.
        seed: which cases those are.

    Raises:
        UserMistake: as `DojoChoice.open`.
    """
    dojo = choice.open(served, react=react)
    listed = list_cases(
        dojo.suites, attack=dojo.attacked, stops=dojo.stops, users=choice.users,
        injections=choice.injections,
    )  # fmt: skip
    cases = draw_evenly(listed, lambda case: f"{case.suite} {case.threat}", limit, seed)
    due = {name for case in listed for name in _MEASURES[case.threat]}
    assembly = Assembly()
    sizes = {name: dojo.measure(name) for name in dojo.suites}
    notes = [*_list_notes(package, choice, dojo), *_note_sample(len(cases), len(listed), seed)]
    return Benchmark(
        name="agentdojo",
        settings={
            "version": choice.version, "suites": [*dojo.suites], "user_tasks": [*choice.users],
            "injection_tasks": [*choice.injections], "attack": choice.attack,
            "addressed_as": dojo.addressed_as, "defense": choice.defense,
            "modules": [*choice.modules], "agentdojo": package, "limit": limit, "seed": seed,
        },
        jobs=[_make_job(case, dojo, assembly, sizes[case.suite]) for case in cases],
        headline=[name for name in _HEADLINE if name in due],
        lower=frozenset({_SUCCESS}),
        notes=notes,
    )  # fmt: skip


def _list_notes(package: str, choice: DojoChoice, dojo: Dojo) -> list[str]:
    notes = [f"agentdojo {package}, {choice.version}: {_NOTES[0]}", *_NOTES[1:]]
    if dojo.addressed_as is not None:
        notes.append(f"the attack {choice.attack} addresses the model as {dojo.addressed_as!r}")
    if dojo.attacked:
        notes.append(_STOP_NOTE if dojo.stops else _SOLVED_NOTE)
    return notes


def _note_sample(cases: int, listed: int, seed: int) -> list[str]:
    if cases == listed:
        return []
    return [f"a sample of {cases} of {listed} cases, spread evenly over suites and kinds "
            f"(seed {seed})"]  # fmt: skip


def _make_job(case: DojoCase, dojo: Dojo, assembly: Assembly, size: int) -> Job:
    return Job(
        case=case.name,
        part=case.suite,
        group=case.group,
        play=partial(_play, case, dojo, assembly),
        length=size,
        measures=_MEASURES[case.threat],
    )


async def _play(case: DojoCase, dojo: Dojo, assembly: Assembly, agent: Agent) -> CaseResult:
    def run(ask: NextTurn) -> Bout:
        return dojo.play(case, ask)

    bout = await call_in_thread(run, agent, assembly)
    return CaseResult(bout.messages, _write_verdict(case, bout), _measure(case, bout))


def _measure(case: DojoCase, bout: Bout) -> dict[str, float | None]:
    found = {
        Threat.ABSENT: (bout.utility,),
        Threat.INJECTED: (bout.security, bout.utility),
        Threat.ASKED: (bout.utility,),
    }
    names = _MEASURES[case.threat]
    held = (None if value is None else float(value) for value in found[case.threat])
    return dict(zip(names, held, strict=True))


def _write_verdict(case: DojoCase, bout: Bout) -> dict[str, Any]:
    """In upstream's words: `security` is true when the injection's task was done."""
    return {
        "suite": case.suite, "user_task": case.user_task, "injection_task": case.injection_task,
        "injections": dict(bout.injections), "utility": bout.utility,
        "security": bout.security, "starts": bout.starts,
    }  # fmt: skip
