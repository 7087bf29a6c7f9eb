"""AgentDojo ready to be run: every case a job, played by upstream's code."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from train.agents.loop import Agent
from train.benchmarks.agentdojo.assembly import Assembly
from train.benchmarks.agentdojo.cases import DojoCase, Threat, list_cases
from train.benchmarks.agentdojo.dojo import Bout, Dojo
from train.benchmarks.agentdojo.line import Ask, call_in_thread
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

CURRENT = "v1.2.2"
"""The version that upstream's own command plays."""
LEADERBOARD_ATTACK = "important_instructions"
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


def make_agentdojo(
    package: str,
    *,
    version: str = CURRENT,
    suites: Sequence[str] = (),
    users: Sequence[str] = (),
    injections: Sequence[str] = (),
    attack: str = LEADERBOARD_ATTACK,
    defense: str | None = None,
    modules: Sequence[str] = (),
    served: str | None = None,
    limit: int = 0,
    seed: int = 0,
) -> Benchmark:
    """Cases of some suites.

    Args:
        package: version of the package, for the settings.
        version: of the benchmark.
        suites: which; none means all of the version.
        users: only these user tasks; none means all.
        injections: only these injection tasks; none means all.
        attack: by upstream's name, or `none`.
        defense: by upstream's name; none for none.
        modules: of the user's, which register more of it all.
        served: the name that an endpoint has for the agent.
        limit: at most so many cases, evenly over suites and kinds; 0 means all.
        seed: which cases those are.

    Raises:
        UserMistake: one of the names is unknown or unusable, or a module fails.
    """
    load_modules(modules)
    chosen = find_suites(version, suites)
    check_tasks(chosen, users, injections)
    check_attack(attack)
    check_defense(defense)
    attacked = attack != NO_ATTACK
    dojo = Dojo(chosen, attack if attacked else None, defense, name_model(served))
    listed = list_cases(
        chosen, attack=attacked, stops=dojo.stops, users=users, injections=injections
    )
    cases = draw_evenly(listed, lambda case: f"{case.suite} {case.threat}", limit, seed)
    assembly = Assembly()
    sizes = {name: dojo.measure(name) for name in chosen}
    return Benchmark(
        name="agentdojo",
        settings={
            "version": version, "suites": [*chosen], "user_tasks": [*users],
            "injection_tasks": [*injections], "attack": attack,
            "addressed_as": dojo.addressed_as, "defense": defense, "modules": [*modules],
            "agentdojo": package, "limit": limit, "seed": seed,
        },
        jobs=[_make_job(case, dojo, assembly, sizes[case.suite]) for case in cases],
        headline=[name for name in _HEADLINE if any(name in _MEASURES[c.threat] for c in listed)],
        lower=frozenset({_SUCCESS}),
        notes=_list_notes(package, version, dojo, attack, len(listed), len(cases), seed),
    )  # fmt: skip


def _list_notes(
    package: str, version: str, dojo: Dojo, attack: str, listed: int, cases: int, seed: int
) -> list[str]:
    notes = [f"agentdojo {package}, {version}: {_NOTES[0]}", *_NOTES[1:]]
    if dojo.addressed_as is not None:
        notes.append(f"the attack {attack} addresses the model as {dojo.addressed_as!r}")
    if attack != NO_ATTACK:
        notes.append(_STOP_NOTE if dojo.stops else _SOLVED_NOTE)
    if cases < listed:
        notes.append(f"a sample of {cases} of {listed} cases, spread evenly over suites and kinds "
                     f"(seed {seed})")  # fmt: skip
    return notes


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
    def run(ask: Ask) -> Bout:
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
