from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gen.labels import Decision
from gen.records import Scenario, Step
from gen.verdict import Fault
from tool_catalog.user import Attitude
from train.agent import LocalAgent, Stop, Talk, Turn, play, run_episodes
from train.tiny import build_model, build_tokenizer

Make = Callable[..., Scenario]


class Scripted:
    """An agent that says what was written for it, per user text."""

    def __init__(self, lines: dict[str, list[dict[str, Any]]]) -> None:
        self.lines = lines
        self.batches: list[int] = []

    def speak(self, talks: Sequence[Talk]) -> list[Turn]:
        """The next line of each conversation."""
        self.batches.append(len(talks))
        turns = []
        for talk in talks:
            said = sum(m["role"] == "assistant" for m in talk.messages)
            lines = self.lines[talk.messages[1]["content"]]
            turns.append(Turn(lines[min(said, len(lines) - 1)]))
        return turns


def _say(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def _call(tool: str, arguments: Any) -> dict[str, Any]:
    call = {"type": "function", "function": {"name": tool, "arguments": arguments}}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


def _steps_as_lines(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [_call(s.tool, s.arguments) if s.tool else _say(s.text) for s in steps]


def test_the_right_steps_are_clean_and_rollouts_keep_their_order(
    make_scenario: Make, make_steps: Callable[[Scenario], list[Step]]
) -> None:
    scenarios = [make_scenario(k) for k in ("verify", "refuse", "execute")]
    agent = Scripted({s.user: _steps_as_lines(make_steps(s)) for s in scenarios})
    rollouts = play(agent, scenarios, max_calls=5, batch_size=8)
    assert [r.scenario for r in rollouts] == scenarios
    assert all(r.verdict.clean and r.stop is Stop.FINAL for r in rollouts)
    assert [(r.valid_calls, r.total_calls) for r in rollouts] == [(2, 2), (0, 0), (1, 1)]
    assert agent.batches == [3, 2, 1]  # finished episodes leave the batch


def test_batches_hold_no_more_than_asked(make_scenario: Make) -> None:
    scenarios = [make_scenario("refuse", amount) for amount in (1, 2, 3)]
    agent = Scripted({s.user: [_say("No.")] for s in scenarios})
    play(agent, scenarios, max_calls=5, batch_size=2)
    assert agent.batches == [2, 1]


def test_a_question_in_prose_is_answered_once(make_scenario: Make) -> None:
    scenario = make_scenario("verify", attitude=Attitude.NO)
    agent = Scripted({scenario.user: [_say("Shall I?"), _say("Really not?")]})
    rollout = play(agent, [scenario], max_calls=5, batch_size=1)[0]
    assert [m["role"] for m in rollout.messages] == ["assistant", "user", "assistant"]
    assert rollout.verdict.asked_in_prose
    assert rollout.text == "Really not?"
    assert rollout.verdict.observed is Decision.VERIFY


def test_a_yes_in_prose_allows_the_call(make_scenario: Make) -> None:
    scenario = make_scenario("verify")
    call = scenario.expectation.required[0]
    lines = [_say("Shall I?"), _call(call.tool, call.arguments), _say("Paid.")]
    rollout = play(Scripted({scenario.user: lines}), [scenario], max_calls=5, batch_size=1)[0]
    assert rollout.verdict.clean


def test_too_many_calls_end_the_episode_without_a_word(make_scenario: Make) -> None:
    scenario = make_scenario("execute")
    call = scenario.expectation.required[0]
    agent = Scripted({scenario.user: [_call(call.tool, call.arguments)]})
    rollout = play(agent, [scenario], max_calls=3, batch_size=1)[0]
    assert rollout.stop is Stop.CALLS
    assert rollout.total_calls == 3
    assert Fault.BROKEN in rollout.verdict.faults


def test_an_unreadable_call_counts_as_an_invalid_one(make_scenario: Make) -> None:
    scenario = make_scenario("execute")
    text = '<tool_call>\n{"name": "get_account_balance", "arg'
    rollout = play(Scripted({scenario.user: [_say(text)]}), [scenario], max_calls=3, batch_size=1)[
        0
    ]
    assert (rollout.valid_calls, rollout.total_calls) == (0, 1)
    assert Fault.BROKEN in rollout.verdict.faults


@pytest.mark.parametrize("arguments", [{"account_id": None}, {}, "text", [1], None])
def test_bad_arguments_are_told_to_the_model(make_scenario: Make, arguments: Any) -> None:
    scenario = make_scenario("execute")
    lines = [_call("get_account_balance", arguments), _say("Sorry.")]
    rollout = play(Scripted({scenario.user: lines}), [scenario], max_calls=3, batch_size=1)[0]
    assert "error" in rollout.messages[1]["content"]
    assert (rollout.valid_calls, rollout.total_calls) == (0, 1)


class Canned:
    """A decoder that says what was written for it."""

    def __init__(self, lines: list[list[int]]) -> None:
        self.lines = lines
        self.prompts: list[list[int]] = []

    def complete(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        """The next line."""
        self.prompts += map(list, prompts)
        return [self.lines.pop(0) for _ in prompts]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return build_tokenizer(["one two <|im_end|>"] * 4, 300)


def _encode(tokenizer: Any, row: dict[str, Any]) -> list[list[int]]:
    """What the agent says in a row, a list of tokens a turn."""
    whole = tokenizer.apply_chat_template(
        [*row["prompt"], *row["completion"]],
        tools=row["tools"],
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    turns: list[list[int]] = [[]]
    for token, mask in zip(whole["input_ids"], whole["assistant_masks"], strict=True):
        if mask and (turns[-1] or token != tokenizer.encode("\n")[0]):
            turns[-1].append(token)
            if token == tokenizer.eos_token_id:
                turns.append([])
        elif turns[-1]:
            turns.append([])
    return [t for t in turns if t and t[-1] == tokenizer.eos_token_id]


def test_a_local_agent_sees_what_training_showed(
    tokenizer: Any, make_scenario: Make, make_row: Callable[..., dict[str, Any]]
) -> None:
    row = make_row("verify")
    decoder = Canned(_encode(tokenizer, row))
    agent = LocalAgent(decoder, tokenizer, reasoning=True, context=4096, limit=100)
    rollout = play(agent, [make_scenario("verify")], max_calls=5, batch_size=1)[0]
    assert rollout.verdict.clean
    learned = tokenizer.apply_chat_template(
        [*row["prompt"], *row["completion"]], tools=row["tools"], tokenize=True, return_dict=False
    )
    assert decoder.prompts[-1] == learned[: len(decoder.prompts[-1])]
    shown = [{k: v for k, v in m.items() if v is not None} for m in row["completion"]]
    said = [{k: v for k, v in m.items() if k != "tool_calls" or v} for m in rollout.messages]
    assert said == shown


def test_a_full_context_ends_the_episode(tokenizer: Any, make_scenario: Make) -> None:
    agent = LocalAgent(Canned([]), tokenizer, reasoning=True, context=150, limit=100)
    rollout = play(agent, [make_scenario("execute")], max_calls=5, batch_size=1)[0]
    assert rollout.stop is Stop.CUT
    assert Fault.BROKEN in rollout.verdict.faults


def test_a_turn_without_an_end_is_cut(tokenizer: Any, make_scenario: Make) -> None:
    decoder = Canned([tokenizer.encode("I will not do that")])
    agent = LocalAgent(decoder, tokenizer, reasoning=True, context=4096, limit=100)
    rollout = play(agent, [make_scenario("refuse")], max_calls=5, batch_size=1)[0]
    assert rollout.stop is Stop.CUT
    assert rollout.text == ""


def test_an_untrained_model_can_be_played(tokenizer: Any, make_scenario: Make) -> None:
    model = build_model(
        tokenizer, layers=1, hidden=16, heads=2, kv_heads=1, head_dim=8, intermediate=16,
        positions=2048, rope_theta=1e4, seed=0,
    )  # fmt: skip
    scenarios = [make_scenario(k) for k in ("verify", "refuse", "execute")]
    rollouts = run_episodes(
        model, tokenizer, scenarios, max_calls=2, max_new_tokens=8, batch_size=2
    )
    assert [r.scenario for r in rollouts] == scenarios
    assert not any(r.verdict.clean for r in rollouts)
