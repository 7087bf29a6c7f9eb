"""Agreement with the leaderboard's own checkers through the jobs, where TRIACT_BENCHMARKS is set.

Multi-turn cases also need its package: importable, or where TRIACT_BFCL_EVAL says.
"""

import ast
import copy
from collections.abc import Mapping

import pytest

from train.agents.turn import Said, ToolCall
from train.benchmarks.bfcl.cases import MULTI_TURN, SINGLE_TURN, Category, read_rows
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.jobs import make_bfcl
from train.benchmarks.bfcl.multi_turn.dialogue_play import play_dialogue
from train.benchmarks.bfcl.multi_turn.dialogue_score import score_dialogue
from train.benchmarks.bfcl.multi_turn.dialogues import load_dialogues

DONE = Said("Done.")


@pytest.mark.slow
def test_every_conformance_output_played_as_a_job_has_the_official_verdict(
    benchmarks, scripted, play
):
    data = benchmarks / "bfcl"
    jobs = {job.case: job for job in make_bfcl(data, categories=SINGLE_TURN).jobs}
    rows = [row for _, row in read_rows(data / "conformance_ast_checker.jsonl")]

    async def play_all():
        return [await jobs[row["id"]].play(scripted(_say(row["model_output"]))) for row in rows]

    found = [(o.verdict["valid"], o.verdict["error_type"]) for o in play(play_all())]
    assert found == [(row["valid"], row["error_type"]) for row in rows]
    assert len(found) > 3000


def _say(output: list[Mapping]) -> Said:
    pairs = [pair for item in output for pair in item.items()]
    return Said("", tuple(ToolCall(f"c{n}", name, given) for n, (name, given) in enumerate(pairs)))


@pytest.fixture(scope="module")
def cases(benchmarks):
    return {category: load_dialogues(benchmarks / "bfcl", category) for category in MULTI_TURN}


@pytest.mark.slow
@pytest.mark.parametrize("category", MULTI_TURN)
def test_every_ground_truth_played_through_the_loop_is_valid(
    official, cases, scripted, play, category
):
    async def play_all():
        return {
            case.id: score_dialogue(
                (await play_dialogue(case, official, scripted(*_list_steps(case)))).turns,
                case,
                official,
            )
            for case in cases[category]
        }

    found = play(play_all())
    assert len(found) == 200
    assert {name: fault for name, fault in found.items() if fault} == {}
    assert not [name for name in official.instances if name.startswith("triact_")]


@pytest.mark.slow
@pytest.mark.parametrize("category", MULTI_TURN)
def test_ground_truth_with_a_call_less_or_a_value_changed_is_refused(official, cases, category):
    dropped, changed = [], []
    for case in cases[category][::5]:
        turns = [[_write_rows(case, turn)] if turn else [] for turn in case.answers]
        assert score_dialogue(turns, case, official) is None
        last = max(place for place, turn in enumerate(turns) if turn)
        less = copy.deepcopy(turns)
        less[last][0].pop()
        dropped.append(score_dialogue(less, case, official))
        other = copy.deepcopy(turns)
        for row in other[last][0]:
            row["arguments"] = {name: "no such thing" for name in row["arguments"]}
        if other != turns:
            changed.append(score_dialogue(other, case, official))
    assert set(dropped) <= {ErrorType.EMPTY_TURN, ErrorType.STATE, ErrorType.RESPONSE}
    refused = [fault for fault in changed if fault in (ErrorType.STATE, ErrorType.RESPONSE)]
    assert len(changed) > 20
    assert len(refused) >= 0.9 * len(changed)  # the official checker does not look at everything


def test_a_needless_call_is_seen_beside_the_official_verdict(official, benchmarks, scripted, play):
    data = benchmarks / "bfcl"
    case = load_dialogues(data, Category.MULTI_TURN_MISS_FUNC)[0]
    steps = _list_steps(case)
    place = steps.index(DONE, 1 + steps.index(DONE)) + 1  # of the first turn that wants nothing
    [job] = [
        job
        for job in make_bfcl(data, categories=[Category.MULTI_TURN_MISS_FUNC]).jobs
        if job.case == case.id
    ]
    assert play(job.play(scripted(*steps))).measures["needless_call"] == 0
    more = [*steps[:place], Said("", (ToolCall("c", "pwd", {}),)), *steps[place:]]
    found = play(job.play(scripted(*more)))
    assert found.verdict["valid"]
    assert found.measures["needless_call"] == 1


def _list_steps(case) -> list[Said]:
    """Every turn's calls in one step, then an end of the turn."""
    steps = []
    for turn in case.answers:
        calls = [ToolCall(f"c{n}", r["name"], r["arguments"]) for n, r in
                 enumerate(_write_rows(case, turn))]  # fmt: skip
        steps += [Said("", tuple(calls)), DONE] if calls else [DONE]
    return steps


def _write_rows(case, turn) -> list[dict]:
    return [_write_row(case, source) for source in turn]


def _write_row(case, source) -> dict:
    """A call that is due, with names for arguments that lack them."""
    node = ast.parse(source, mode="eval").body
    [function] = [item for item in case.functions if item["name"] == node.func.id]
    names = list(function["parameters"]["properties"])
    given = {name: ast.literal_eval(value) for name, value in zip(names, node.args, strict=False)}
    given |= {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
    return {"name": node.func.id, "arguments": given}
