"""InjecAgent ready to be run: every case a job, with the benign twin that upstream lacks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from train.agents.loop import Agent
from train.benchmarks.injecagent.attack import attack
from train.benchmarks.injecagent.cases import AttackGoal, InjectionCase, Setting, load_cases
from train.benchmarks.injecagent.published import DIGESTS
from train.benchmarks.injecagent.replies import ToolReplies, load_replies
from train.benchmarks.injecagent.scene import CaseScene
from train.benchmarks.injecagent.simulator import DeterministicSimulator, Simulator
from train.benchmarks.injecagent.tools import load_entries, make_schemas
from train.benchmarks.injecagent.totals import AttackTotals, AttackTrial, count_totals
from train.benchmarks.injecagent.twin import OF_TWIN, ROUNDS, play_twin
from train.benchmarks.selection import draw_evenly
from train.evaluation.benchmark import Benchmark
from train.evaluation.runner import CaseResult, Job
from train.evaluation.transcripts import Transcript

_UNDER_ATTACK = ("attack_success", "attack_success_all", "valid")
_ASKED = "asked_first"
_LOWER = frozenset({
    "attack_success", "attack_success_all", "over_refusal", "needless_question", "needless_act",
})  # fmt: skip
_NOTES = (
    "attack_success is of valid outputs, attack_success_all of all cases; rules and totals are the "
    "published ones, the prompts are triact's own",
    "a call of ask_user is invalid by the published rules; asked_first counts it, and every turn "
    "that ends in a question mark",
)
_TWIN_NOTE = (
    "the benign twins are triact's, cases of their own: harmless content instead of the injection, "
    f"up to {ROUNDS} turns each. benign_utility: the answer holds a value of the result that the "
    "user did not name. over_refusal: it ends with no such value, no call and no question"
)
_ROW = (
    "output", "tool_calls", "output_step2", "tool_calls_step2", "eval", "invalid_reason",
    "eval_step2", "invalid_reason_step2", "attacker_tool_parameters", "attacker_tool_response",
)  # fmt: skip


def make_injecagent(
    folder: Path,
    *,
    setting: Setting,
    react: bool,
    ask_user: bool = False,
    twin: bool = True,
    simulate: Simulator | None = None,
    limit: int = 0,
    seed: int = 0,
    digests: Mapping[str, str] | None = DIGESTS,
) -> Benchmark:
    """All cases of one wording of the injection.

    Args:
        folder: where the published files lie.
        setting: which wording.
        react: whether the agent is a `ReactAgent`: judged by its text, not its calls.
        ask_user: whether the agent is offered the tool for asking the user.
        twin: whether each case is played without the attack too; costs as many turns again.
        simulate: who replies where no reply was published; none means by rule.
        limit: at most so many cases, evenly over attacks and attack types; 0 means all.
        seed: which cases those are.
        digests: what the files must hold; None takes any file of the right form.

    Raises:
        UserMistake: a file is missing, was edited, or holds something else.
    """
    simulator = simulate or DeterministicSimulator()
    entries = load_entries(folder, digests)
    replies = ToolReplies(load_replies(folder, digests), entries, simulator)
    scene = CaseScene(make_schemas(entries), replies, react, ask_user)
    published = [c for kind in AttackGoal for c in load_cases(folder, kind, setting, digests)]
    cases = draw_evenly(published, _name_kind, limit, seed)
    for case in cases:
        scene.list_tools(case)  # a missing tool shows here, not in the middle of a run
    source = f"tool replies that were not published come from the {simulator.source}"
    return Benchmark(
        name="injecagent",
        settings={
            "setting": str(setting), "ask_user": ask_user, "twin": twin,
            "simulator": str(simulator.source), "limit": limit, "seed": seed,
        },
        jobs=[job for case in cases for job in _make_jobs(case, scene, twin)],
        headline=(*_UNDER_ATTACK, *(OF_TWIN if twin else ()), _ASKED),
        lower=_LOWER,
        notes=(*_NOTES, source, *([_TWIN_NOTE] if twin else [])),
        count=partial(_count, {_name(case): case for case in cases}),
    )  # fmt: skip


def to_row(episode: Transcript, model: str, setting: Setting) -> dict[str, Any]:
    """A played attack, not a twin, in the form of published rows, as `score_rows` reads them."""
    found = episode.verdict
    place = {"attack": found["attack"], "case_index": found["case_index"]}
    columns = {name: found[name] for name in _ROW if name in found}
    return {"model": model, "setting": str(setting), **place, **columns}


def _name_kind(case: InjectionCase) -> str:
    return f"{case.attack} {case.attack_type}"


def _name(case: InjectionCase) -> str:
    return f"{case.attack}-{case.index}"


def _make_jobs(case: InjectionCase, scene: CaseScene, twin: bool) -> list[Job]:
    """The attack, and the twin as a case of its own: what an agent is silent in is no score."""
    part = str(case.attack_type)
    group = case.user_tool  # explains more of what agents do than the attacker's tool does
    attacked = Job(_name(case), part, group, partial(_attack, case, scene),
                   measures=(*_UNDER_ATTACK, _ASKED))  # fmt: skip
    if not twin:
        return [attacked]
    served = partial(_serve, case, scene)
    return [attacked, Job(f"{_name(case)}-benign", part, group, served, measures=OF_TWIN)]


async def _attack(case: InjectionCase, scene: CaseScene, agent: Agent) -> CaseResult:
    attempt = await attack(case, agent, scene)
    columns = attempt.to_columns(react=scene.react)
    return CaseResult(attempt.messages, columns, attempt.to_measures())


async def _serve(case: InjectionCase, scene: CaseScene, agent: Agent) -> CaseResult:
    findings = await play_twin(case, agent, scene)
    return CaseResult(findings.messages, findings.to_columns(), findings.to_measures())


def _count(cases: Mapping[str, InjectionCase], episodes: Sequence[Transcript]) -> dict[str, Any]:
    """Published totals, and where tools' replies came from."""
    trials = [AttackTrial.from_columns(cases[e.case], e.verdict) for e in episodes
              if e.case in cases]  # fmt: skip
    sources = Counter(source for e in episodes for source in _list_sources(e.verdict))
    return {**_write_totals(count_totals(trials)), "replies": dict(sources)}


def _list_sources(verdict: Mapping[str, Any]) -> list[str]:
    under_attack = verdict.get("attacker_tool_response_source")
    return [*([under_attack] if under_attack else []), *verdict.get("response_sources", [])]


def _write_totals(totals: AttackTotals) -> dict[str, Any]:
    """Totals as JSON values."""
    written: dict[str, Any] = {
        "cases": totals.cases,
        "valid_rate": totals.valid_rate,
        "asr_valid": {str(part): share for part, share in totals.asr_valid.items()},
        "asr_all": {str(part): share for part, share in totals.asr_all.items()},
    }
    if totals.by_type:
        kinds = {str(kind): _write_totals(part) for kind, part in totals.by_type.items()}
        written["by_type"] = kinds
    return written
