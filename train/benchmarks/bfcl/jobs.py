"""The leaderboard as a benchmark to run: its cases as jobs, and what a run of them comes to."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gen.episode import ASK_SCHEMA
from tool_catalog.errors import UserMistake
from train.agents.loop import Agent, Talk
from train.agents.turn import ChatMessage
from train.benchmarks.bfcl.cases import (
    MULTI_TURN,
    Category,
    FunctionCase,
    load_cases,
    refuse_agentic,
)
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.groups import group_cases
from train.benchmarks.bfcl.known_wrong import list_known_wrong
from train.benchmarks.bfcl.measures import HEADLINE, LOWER, list_due, measure_case, measure_dialogue
from train.benchmarks.bfcl.multi_turn.dialogue_play import play_dialogue
from train.benchmarks.bfcl.multi_turn.dialogue_score import score_dialogue
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue, load_dialogues
from train.benchmarks.bfcl.multi_turn.official import Official, load_official
from train.benchmarks.bfcl.outputs import write_output
from train.benchmarks.bfcl.scoring import score_output
from train.benchmarks.bfcl.tools import list_tools
from train.benchmarks.bfcl.totals import CategoryTally, total
from train.benchmarks.selection import draw_evenly
from train.evaluation.benchmark import Benchmark
from train.evaluation.runner import CaseResult, Job
from train.evaluation.transcripts import Transcript

_NO_OVERALL = (
    "There is no overall score: 40 % of it is web search and memory, which are not run here. "
    "Compare segments."
)
_FREE_CALLS = (
    "Multi-turn accuracy is the official checker's: a call in a turn that wants none costs nothing "
    "unless it changes the state. needless_call counts it."
)
_ASKING = "ask_user was offered beside the published functions. Asking counts as no call."


def make_bfcl(
    folder: Path,
    *,
    categories: Sequence[Category],
    ask_user: bool = False,
    limit: int = 0,
    seed: int = 0,
    official: Path | None = None,
) -> Benchmark:
    """Cases of some categories, ready to be run.

    Args:
        folder: the leaderboard's data.
        categories: which to run, single-turn or multi-turn.
        ask_user: offer `ask_user` beside the published functions.
        limit: cases over all categories, spread evenly; 0 means all.
        seed: of that draw.
        official: folder of the leaderboard's package, which multi-turn categories need; without
            it the package is where Python finds it.

    Raises:
        UserMistake: the data cannot be read, no category is named or one is not run here, or the
            package is missing.
    """
    chosen = _choose(categories)
    several = any(category in MULTI_TURN for category in chosen)
    package = load_official(official) if several else None
    known = [case for category in chosen for case in _load(folder, category)]
    groups = group_cases(known)
    cases = draw_evenly(known, lambda case: case.category, limit, seed)
    wrong, sizes = list_known_wrong(cases), Counter(case.category for case in cases)
    notes = (
        _NO_OVERALL,
        *_note_sample(len(cases), len(known), seed),
        *((_FREE_CALLS,) if several else ()),
        *((_ASKING,) if ask_user else ()),
        *_note_wrong(wrong),
    )
    return Benchmark(
        name="bfcl",
        settings={
            "categories": [*map(str, chosen)], "ask_user": ask_user, "limit": limit, "seed": seed,
            "bfcl_eval": package.version if package else None,
        },
        jobs=[_make_job(case, groups[case.id], package, ask_user) for case in cases],
        headline=HEADLINE,
        lower=LOWER,
        notes=notes,
        count=partial(count_episodes, cases=sizes, known_wrong=wrong),
    )  # fmt: skip


def count_episodes(
    episodes: Sequence[Transcript],
    *,
    cases: Mapping[Category, int],
    known_wrong: Mapping[str, Any],
) -> dict[str, Any]:
    """Scores as the leaderboard puts them together, of the scored cases and of all of them.

    Args:
        episodes: with a score.
        cases: how many there are of each category; those without a score are wrong.
        known_wrong: see `list_known_wrong`.
    """
    seen = Counter(Category(e.part) for e in episodes)
    right = Counter(Category(e.part) for e in episodes if e.verdict["valid"])
    return {
        **_write_totals(right, seen),
        "of_all_cases": _write_totals(right, cases),
        "known_wrong": known_wrong,
    }


def _write_totals(right: Counter[Category], cases: Mapping[Category, int]) -> dict[str, Any]:
    totals = total(
        {name: CategoryTally(right[name], cases[name]) for name in Category if name in cases}
    )
    return {
        "categories": {
            str(name): {**tally._asdict(), "share": tally.share}
            for name, tally in totals.categories.items()
        },
        "segments": {str(name): score for name, score in totals.segments.items()},
        "missing": [str(segment) for segment in totals.missing],
        "overall": totals.overall,
    }


def _choose(categories: Sequence[Category]) -> list[Category]:
    """Categories in the leaderboard's order."""
    for category in categories:
        refuse_agentic(category)
    if not categories:
        raise UserMistake("no category is named; name some with --category")
    return [category for category in Category if category in categories]


def _load(folder: Path, category: Category) -> Sequence[FunctionCase | Dialogue]:
    if category in MULTI_TURN:
        return load_dialogues(folder, category)
    return load_cases(folder, category)


def _note_sample(cases: int, known: int, seed: int) -> tuple[str, ...]:
    if cases == known:
        return ()
    return (
        f"A sample of {cases} of {known} cases, spread evenly over the categories (seed {seed}): "
        "totals are not those of the leaderboard.",
    )


def _note_wrong(wrong: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    refused, reported = len(wrong["refused"]), len(wrong["reported"])
    if not refused and not reported:
        return ()
    return (
        f"Of {refused} cases the published checker refuses the published answer itself, and "
        f"{reported} are reported upstream as wrong. All count; the totals name them.",
    )


def _make_job(
    case: FunctionCase | Dialogue, group: str, package: Official | None, ask_user: bool
) -> Job:
    play: Callable[[Agent], Awaitable[CaseResult]]
    if isinstance(case, FunctionCase):
        play = partial(_play_case, case, ask_user)
    else:
        assert package is not None, "multi-turn cases are loaded with the package"
        play = partial(_play_dialogue, case, package, ask_user)
    return Job(case.id, str(case.category), group, play, measures=list_due(case))


async def _play_case(case: FunctionCase, ask_user: bool, agent: Agent) -> CaseResult:
    """The question, and one turn of the agent."""
    messages: list[ChatMessage] = [dict(message) for message in case.question[0]]
    tools = [*list_tools(case), *([ASK_SCHEMA] if ask_user else [])]
    said = await agent.speak(Talk(messages, tools))
    output = write_output(said, ask_user=ask_user)
    fault = score_output(output, case)
    asked = said.asks and isinstance(output, str)
    return CaseResult(
        messages=[*messages, said.to_message()],
        verdict=_write_verdict(fault, output),
        measures=measure_case(case, output, asked=asked, valid=fault is None),
    )


async def _play_dialogue(
    case: Dialogue, package: Official, ask_user: bool, agent: Agent
) -> CaseResult:
    played = await play_dialogue(case, package, agent, ask_user=ask_user)
    fault = score_dialogue(played.turns, case, package)
    return CaseResult(
        messages=played.messages,
        verdict=_write_verdict(fault, played.turns),
        measures=measure_dialogue(case, played, valid=fault is None),
    )


def _write_verdict(fault: ErrorType | None, output: Any) -> dict[str, Any]:
    """The columns that `score_rows` takes and gives."""
    error_type = None if fault is None else str(fault)
    return {"valid": fault is None, "error_type": error_type, "model_output": output}
