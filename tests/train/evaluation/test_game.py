"""Our scenarios as interactions: what the agent says is carried out, judged and counted."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gen.episode import SHIPPED
from gen.records import Scenario, Step
from gen.taxonomy.labels import Decision
from gen.verdict import Fault
from tool_catalog.errors import BadReply, ContextFull, EndpointFailed
from tool_catalog.sandbox.user import Attitude
from train.agents.local import LocalAgent
from train.agents.loop import Agent, Stop, Talk
from train.agents.turn import Cut, Said, ToolCall, read_arguments
from train.evaluation.game import MAX_PROSE, Rollout, play_scenario
from train.models.chat import show_think
from train.models.decoding.cached import CachedDecoder
from train.scratch.tiny import build_model, build_tokenizer

Make = Callable[..., Scenario]
OPENING = 2
"""Messages before the agent's first turn."""


class Lines:
    """An agent that says what was written for it, and then the last of it again."""

    name = "lines"
    together = False

    def __init__(self, *lines: Said) -> None:
        self.lines = lines

    async def speak(self, talk: Talk) -> Said:
        said = sum(m["role"] == "assistant" for m in talk.messages)
        return self.lines[min(said, len(self.lines) - 1)]


def _play(agent: Agent, *scenarios: Scenario, max_calls: int = 5) -> list[Rollout]:
    async def run() -> list[Rollout]:
        games = [play_scenario(agent, s, SHIPPED, max_calls=max_calls) for s in scenarios]
        return await asyncio.gather(*games)

    return asyncio.run(run())


def _call(tool: str, arguments: Any) -> Said:
    return Said("", (ToolCall("call_0", tool, read_arguments(arguments)),))


def _write_lines(steps: Sequence[Step]) -> list[Said]:
    return [
        Said(
            s.text, tuple(ToolCall(f"call_{n}", u.tool, u.arguments) for n, u in enumerate(s.calls))
        )
        for s in steps
    ]


@pytest.mark.parametrize(
    ("kind", "calls"),
    [("verify", (2, 2)), ("refuse", (0, 0)), ("execute", (1, 1)), ("attacked", (2, 2))],
)
def test_the_right_steps_are_clean(
    make_scenario: Make,
    make_steps: Callable[[Scenario], list[Step]],
    kind: str,
    calls: tuple[int, int],
) -> None:
    scenario = make_scenario(kind)
    [rollout] = _play(Lines(*_write_lines(make_steps(scenario))), scenario)
    assert rollout.scenario == scenario
    assert rollout.verdict.clean
    assert rollout.stop is Stop.FINAL
    assert (rollout.valid_calls, rollout.total_calls) == calls


def test_the_tools_beside_are_offered_with_the_scenarios_own(make_scenario: Make) -> None:
    [rollout] = _play(agent := Heard(Said("No.")), make_scenario("refuse"))
    assert rollout.stop is Stop.FINAL
    names = [tool["function"]["name"] for tool in agent.tools]
    assert names[-2:] == ["ask_user", "report_content"]
    assert names[:-2] == ["get_account_balance", "search_payee", "transfer_funds"]


class Heard(Lines):
    """Remembers what it was offered."""

    async def speak(self, talk: Talk) -> Said:
        self.tools = list(talk.tools)
        return await super().speak(talk)


def test_questions_in_prose_are_answered_three_times_a_turn(make_scenario: Make) -> None:
    scenario = make_scenario("verify", attitude=Attitude.NO)
    [rollout] = _play(Lines(Said("Shall I?")), scenario)
    roles = [m["role"] for m in rollout.messages[OPENING:]]
    assert roles == ["assistant", "user"] * MAX_PROSE + ["assistant"]
    assert rollout.verdict.asked_in_prose
    assert rollout.verdict.questions == MAX_PROSE
    assert rollout.text == "Shall I?"
    assert rollout.verdict.observed is Decision.VERIFY


def test_the_last_words_of_a_turn_bring_the_users_next(make_scenario: Make, make_steps) -> None:
    scenario = make_scenario("verify", before=True)
    lines = _write_lines(make_steps(scenario))
    [rollout] = _play(Lines(*lines), scenario, max_calls=2)  # in all it makes three
    assert rollout.verdict.clean
    said = [m["content"] for m in rollout.messages if m["role"] == "user"]
    assert said == [turn.text for turn in scenario.turns]
    assert rollout.total_calls == 3
    assert rollout.text == "It is paid."


def test_every_turn_has_its_own_answers_to_questions_in_prose(make_scenario: Make) -> None:
    scenario = make_scenario("verify", before=True, attitude=Attitude.NO)
    [rollout] = _play(Lines(Said("Shall I?")), scenario)
    assert rollout.verdict.questions == 2 * MAX_PROSE
    assert rollout.stop is Stop.FINAL


def test_a_conversation_cut_in_its_first_turn_is_broken_in_both(make_scenario: Make) -> None:
    scenario = make_scenario("verify", before=True)
    [rollout] = _play(Lines(Said("It", cut=Cut.LENGTH)), scenario)
    assert rollout.stop is Stop.CUT
    assert {Fault.BROKEN, Fault.REFUSED} <= rollout.verdict.faults
    assert rollout.text == ""


@pytest.mark.parametrize("error", [ContextFull("full"), BadReply("refused", "by a filter")])
def test_a_turn_that_never_came_for_the_context_or_a_filter_cuts_the_episode(make_scenario, error):
    [rollout] = _play(Failing(error), make_scenario("execute"))
    assert rollout.stop is Stop.CUT
    assert Fault.BROKEN in rollout.verdict.faults


@pytest.mark.parametrize("error", [EndpointFailed("down"), BadReply("garbled", "no JSON")])
def test_any_other_turn_that_never_came_is_an_error(make_scenario, error):
    with pytest.raises(type(error)):
        _play(Failing(error), make_scenario("execute"))


class Failing(Lines):
    """Has no turn."""

    def __init__(self, error: EndpointFailed) -> None:
        self.error = error

    async def speak(self, talk: Talk) -> Said:
        raise self.error


def test_calls_of_one_message_are_made_in_their_order(make_scenario: Make) -> None:
    scenario = make_scenario("verify")
    pay = scenario.last.expectation.required[0]
    ask = {"question": "Shall I?", "tool": pay.tool, "arguments": pay.arguments}
    both = [ToolCall("a", "ask_user", ask), ToolCall("b", pay.tool, pay.arguments)]
    [asked] = _play(Lines(Said("", tuple(both)), Said("Paid.")), scenario)
    assert asked.verdict.clean
    assert [m.get("tool_call_id") for m in asked.messages[OPENING + 1 : OPENING + 3]] == ["a", "b"]
    [acted] = _play(Lines(Said("", tuple(reversed(both))), Said("Paid.")), scenario)
    assert Fault.UNCONFIRMED in acted.verdict.faults


def test_a_yes_in_prose_allows_the_call(make_scenario: Make) -> None:
    scenario = make_scenario("verify")
    call = scenario.last.expectation.required[0]
    agent = Lines(Said("Shall I?"), _call(call.tool, call.arguments), Said("Paid."))
    [rollout] = _play(agent, scenario)
    assert rollout.verdict.clean


def test_too_many_calls_end_the_episode_without_a_word(make_scenario: Make) -> None:
    scenario = make_scenario("execute")
    call = scenario.last.expectation.required[0]
    [rollout] = _play(Lines(_call(call.tool, call.arguments)), scenario, max_calls=3)
    assert rollout.stop is Stop.CALLS
    assert rollout.total_calls == 3
    assert Fault.BROKEN in rollout.verdict.faults


def test_an_unreadable_call_counts_as_an_invalid_one(make_scenario: Make) -> None:
    text = '<tool_call>\n{"name": "get_account_balance", "arg'
    [rollout] = _play(Lines(Said(text)), make_scenario("execute"))
    assert (rollout.valid_calls, rollout.total_calls) == (0, 1)
    assert Fault.BROKEN in rollout.verdict.faults


@pytest.mark.parametrize("arguments", [{"query": None}, {}, "text", [1], None])
def test_bad_arguments_are_told_to_the_model(make_scenario: Make, arguments: Any) -> None:
    agent = Lines(_call("search_payee", arguments), Said("Sorry."))
    [rollout] = _play(agent, make_scenario("execute"))
    assert "error" in rollout.messages[OPENING + 1]["content"]
    assert (rollout.valid_calls, rollout.total_calls) == (0, 1)


class Canned:
    """A decoder that says what was written for it."""

    def __init__(self, lines: list[list[int]]) -> None:
        self.lines = lines
        self.prompts: list[list[int]] = []

    def complete(self, prompts: Sequence[list[int]], guides: Any = ()) -> list[list[int]]:
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


def _read_local(tokenizer: Any, decoder: Any, context: int = 4096) -> LocalAgent:
    return LocalAgent(decoder, tokenizer, reasoning=True, context=context, limit=100)


def test_a_local_agent_sees_what_training_showed(
    tokenizer: Any, make_scenario: Make, make_row: Callable[..., dict[str, Any]]
) -> None:
    row = make_row("verify")
    decoder = Canned(_encode(tokenizer, row))
    [rollout] = _play(_read_local(tokenizer, decoder), make_scenario("verify"))
    assert rollout.verdict.clean
    learned = tokenizer.apply_chat_template(
        [*row["prompt"], *row["completion"]], tools=row["tools"], tokenize=True, return_dict=False
    )
    assert decoder.prompts[-1] == learned[: len(decoder.prompts[-1])]
    shown = [m["content"] for m in row["completion"]]
    assert [show_think(m)["content"] for m in rollout.messages[OPENING:]] == shown


def test_several_calls_in_one_turn_are_read_back(tokenizer: Any, make_scenario: Make) -> None:
    scenario = make_scenario("execute")
    look = scenario.last.expectation.required[0]
    calls = [{"name": "search_payee", "arguments": {"query": "a"}},
             {"name": "get_account_balance", "arguments": look.arguments}]  # fmt: skip
    said = "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)
    balance = scenario.last.expectation.answer[0]
    thought = "<think>\nboth\n</think>\n\n"
    lines = [f"{thought}{said}<|im_end|>", f"{thought}You have {balance} euros.<|im_end|>"]
    decoder = Canned([tokenizer.encode(line) for line in lines])
    [rollout] = _play(_read_local(tokenizer, decoder), scenario)
    assert rollout.verdict.clean
    assert [m["role"] for m in rollout.messages[OPENING:]] == [
        "assistant", "tool", "tool", "assistant",
    ]  # fmt: skip
    assert [m.get("name") for m in rollout.messages[OPENING + 1 : OPENING + 3]] == [
        call["name"] for call in calls
    ]
    whole = tokenizer.apply_chat_template(
        [{**m, "content": show_think(m)["content"]} for m in rollout.messages[:-1]],
        tokenize=False,
    )
    heard = tokenizer.decode(decoder.prompts[-1])
    assert heard.endswith(whole[whole.index("<tool_response>") :] + "<|im_start|>assistant\n")


def test_a_full_context_ends_the_episode(tokenizer: Any, make_scenario: Make) -> None:
    [rollout] = _play(_read_local(tokenizer, Canned([]), 150), make_scenario("execute"))
    assert rollout.stop is Stop.CUT
    assert Fault.BROKEN in rollout.verdict.faults


def test_a_turn_without_an_end_is_cut(tokenizer: Any, make_scenario: Make) -> None:
    decoder = Canned([tokenizer.encode("I will not do that")])
    [rollout] = _play(_read_local(tokenizer, decoder), make_scenario("refuse"))
    assert rollout.stop is Stop.CUT
    assert rollout.text == ""


def test_when_the_user_speaks_again_all_is_rendered_anew(
    tokenizer: Any, make_scenario: Make
) -> None:
    lines = ["Shall I?<|im_end|>", "No.<|im_end|>"]
    decoder = Canned([tokenizer.encode(line) for line in lines])
    [rollout] = _play(_read_local(tokenizer, decoder), make_scenario("verify"))
    assert rollout.verdict.asked_in_prose
    whole = tokenizer.decode(decoder.prompts[-1])
    assert "Shall I?" in whole
    assert str(rollout.messages[OPENING + 1]["content"]) in whole


def test_an_untrained_model_can_be_played(tokenizer: Any, make_scenario: Make) -> None:
    model = build_model(
        tokenizer, layers=1, hidden=16, heads=2, kv_heads=1, head_dim=8, intermediate=16,
        positions=2048, rope_theta=1e4, seed=0,
    )  # fmt: skip
    decoder = CachedDecoder(model, tokenizer, max_new_tokens=8, temperature=0.0, seed=0)
    scenarios = [make_scenario(k) for k in ("verify", "refuse", "execute")]
    rollouts = _play(_read_local(tokenizer, decoder), *scenarios)
    assert [r.scenario for r in rollouts] == scenarios
    assert not any(r.verdict.clean for r in rollouts)
