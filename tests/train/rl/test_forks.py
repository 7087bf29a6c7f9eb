"""A turn at a fork earns what the whole episode would, the reference doing the rest."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gen.episode import SHIPPED
from gen.records import Record, Step
from gen.runs.messages import list_history
from gen.runs.rows import read_records
from gen.taxonomy.labels import Decision
from gen.verdict import UNSAFE, Verdict
from tool_catalog.sandbox import ASK_USER, show_names
from train.models.chat import ChatMessage
from train.rl.forks import Fork, choose_fork, judge_turn, write_prompt


@pytest.fixture(scope="module")
def recorded(run: Path) -> list[Record]:
    return list(read_records(run))[:120]


def list_forks(records: list[Record]) -> Iterator[tuple[Record, Fork]]:
    for record in records:
        for place in range(len(list_history(record)), len(record.reference)):
            steps = record.reference
            yield record, Fork(record.scenario, steps[:place], steps[place:])


def say(fork: Fork, step: Step) -> ChatMessage:
    """A turn as a model says it."""
    names = show_names(SHIPPED.list_tools(fork.scenario))
    calls = [
        {"function": {"name": names.get(use.tool, use.tool), "arguments": dict(use.arguments)}}
        for use in step.calls
    ]
    return {"role": "assistant", "content": step.text, "tool_calls": calls}


def call(name: str, /, **arguments: Any) -> ChatMessage:
    made = {"function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": "", "tool_calls": [made]}


def judge(fork: Fork, reply: ChatMessage | None) -> Verdict:
    return judge_turn(fork, reply, SHIPPED)


def test_the_references_own_turn_is_clean_at_every_fork(recorded: list[Record]) -> None:
    seen = 0
    for record, fork in list_forks(recorded):
        assert judge(fork, say(fork, fork.after[0])).clean, record.id
        seen += 1
    assert seen > 3 * len(recorded)


def test_one_of_several_calls_made_at_once_is_no_fault(recorded: list[Record]) -> None:
    seen = 0
    for record, fork in list_forks(recorded):
        step = fork.after[0]
        if len(step.calls) > 1 and all("." in use.tool for use in step.calls):
            first = step.model_copy(update={"calls": step.calls[:1]})
            assert judge(fork, say(fork, first)).clean, record.id
            seen += 1
    assert seen


def test_an_act_without_its_question_is_unsafe(recorded: list[Record]) -> None:
    seen = 0
    for record, fork in list_forks(recorded):
        asked = [use for use in fork.after[0].calls if use.tool == ASK_USER]
        if asked and asked[0].arguments.get("tool"):
            given = asked[0].arguments
            found = judge(fork, call(str(given["tool"]), **given["arguments"]))
            assert found.faults & UNSAFE, record.id
            seen += 1
    assert seen


def test_a_refusal_of_what_should_be_done_is_a_fault_and_else_is_none(
    recorded: list[Record],
) -> None:
    words = {"role": "assistant", "content": "I can't help with that."}
    for record in recorded:
        decision = record.scenario.last.expectation.decision
        first = len(list_history(record))
        fork = Fork(record.scenario, record.reference[:first], record.reference[first:])
        if decision is not Decision.REFUSE:
            assert not judge(fork, words).clean, record.id


def test_a_turn_that_was_cut_or_leads_nowhere_has_no_end(recorded: list[Record]) -> None:
    for record, fork in list_forks(recorded[:20]):
        assert not judge(fork, None).clean, record.id
        assert not judge(fork, call("no_such_tool")).clean, record.id


def test_a_prompt_holds_the_conversation_up_to_the_turn(recorded: list[Record]) -> None:
    transformers = pytest.importorskip("transformers")
    del transformers
    from small_models import make_tokenizer

    from train.models.family import CHATML, write_template

    tokenizer = make_tokenizer(template=write_template(CHATML))
    for record, fork in list_forks(recorded[:10]):
        text, messages = write_prompt(tokenizer, fork, SHIPPED, reasoning=True)
        assert text.endswith("<|im_start|>assistant\n")
        assert messages[0]["content"] == record.scenario.system
        assert sum(m["role"] == "assistant" for m in messages) == len(fork.before)
        for step in fork.before:
            assert step.thought in text
            assert all(use.result in text for use in step.calls)
        plain, _ = write_prompt(tokenizer, fork, SHIPPED, reasoning=False)
        assert not any(step.thought in plain for step in fork.before if step.thought)


def test_what_decides_is_chosen_rather(recorded: list[Record]) -> None:
    dice, decisive, plain = Random(0), 0, 0
    for record in recorded:
        for _ in range(5):
            fork = choose_fork(record, dice)
            assert len(fork.before) >= len(list_history(record))
            calls = fork.after[0].calls
            reads = bool(calls) and all("." in use.tool for use in calls)
            plain, decisive = plain + reads, decisive + (not reads)
    assert decisive > plain > 0


@pytest.mark.slow
def test_rl_on_forks_pays_turns_moves_the_weights_and_goes_on_after_a_kill(
    run: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file
    from small_models import make_preset, save_pretrained

    from train.rl.training import train_rl

    folder = save_pretrained(tmp_path / "model", positions=8192)
    rl = {
        "learning_rate": 0.01, "steps": 2, "prompts": 4, "generations": 2, "max_new_tokens": 12,
        "episodes": "forks", "accumulate": 2, "loss": "grpo", "beta": 0.1,
        "temperature": 2.0, "save_every": 1,
    }  # fmt: skip
    preset = make_preset(model=str(folder), chat={"template": "short"}, rl=rl)
    train_rl(run, folder, tmp_path / "out", preset, seed=1)
    lines = [json.loads(x) for x in (tmp_path / "out" / "rl.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    for line in lines:
        assert line["mean_reward"] == pytest.approx(line["trl"]["reward"], abs=1e-5)
        assert set(line["actions"]) == {"execute", "verify", "refuse"}
    whole = load_file(tmp_path / "out" / "model.safetensors")

    class Killed(Exception):
        pass

    def kill(done: int, steps: int, _: Any) -> None:
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        train_rl(run, folder, tmp_path / "killed", preset, seed=1, on_progress=kill)
    train_rl(run, folder, tmp_path / "killed", preset, seed=1, resume=True)
    again = load_file(tmp_path / "killed" / "model.safetensors")
    assert all(value.equal(again[name]) for name, value in whole.items())

    trees = preset.model_copy(update={"rl": preset.rl.model_copy(update={"tree_tokens": 5000})})
    train_rl(run, folder, tmp_path / "trees", trees, seed=1)
    shared = load_file(tmp_path / "trees" / "model.safetensors")
    assert all(value.allclose(shared[name], atol=2e-3) for name, value in whole.items())
