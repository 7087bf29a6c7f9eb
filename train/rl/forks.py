"""Episodes of one turn: they begin where the reference decides, and its own turns end them.

A whole episode samples every turn to judge a few; on a CPU most of that time goes into turns that
any model gets right, and what one turn earned is shared among all. At a fork the conversation is
the reference's up to here, the model says one turn, and what the reference still had to do is done
after it, so that the verdict is what this turn earned.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from gen.episode import Episode, Stage, list_schemas, replay
from gen.records import Record, Scenario, Step, ToolUse
from gen.runs.messages import list_history, write_step
from gen.verdict import Verdict
from tool_catalog.sandbox import show_names
from tool_catalog.sandbox.event import EventKind
from train.agents.turn import read_arguments
from train.models.chat import ChatMessage, hide_think, read_reply

_START = 200
"""Characters of a prompt's end that hold the start of the agent's turn."""
_DECISIVE = 4
"""How much rather a fork is taken at a question, a report or a last word than at a call."""


@dataclass(frozen=True, slots=True)
class Fork:
    """A point of a reference at which a turn is the agent's."""

    scenario: Scenario
    before: tuple[Step, ...]
    """What the reference did so far, in all turns of the user's."""
    after: tuple[Step, ...]
    """What it does from here on, this turn first."""


def choose_fork(record: Record, dice: Random) -> Fork:
    """A turn of the agent's in the user's last, rather one that decides something."""
    steps, first = record.reference, len(list_history(record))
    places = range(first, len(steps))
    weights = [1 if _only_calls(steps[place]) else _DECISIVE for place in places]
    (place,) = dice.choices(places, weights)
    return Fork(record.scenario, steps[:place], steps[place:])


def _only_calls(step: Step) -> bool:
    return bool(step.calls) and all("." in use.tool for use in step.calls)


def write_prompt(
    tokenizer: Any, fork: Fork, stage: Stage, *, reasoning: bool
) -> tuple[str, list[ChatMessage]]:
    """The conversation up to the fork as text, and as messages."""
    specs = stage.list_tools(fork.scenario)
    names = show_names(specs)
    turns = iter(fork.scenario.turns)
    messages: list[ChatMessage] = [
        {"role": "system", "content": fork.scenario.system},
        {"role": "user", "content": next(turns).text},
    ]
    for step in fork.before:
        messages += [_read_message(message) for message in write_step(step, names)]
        if not step.calls:
            messages.append({"role": "user", "content": next(turns).text})
    if not reasoning:
        messages = [*map(hide_think, messages)]
    text = tokenizer.apply_chat_template(
        messages,
        tools=list_schemas(specs),
        add_generation_prompt=True,
        tokenize=False,
        enable_thinking=reasoning,
    )
    return str(text), messages


def _read_message(message: Mapping[str, Any]) -> ChatMessage:
    """A message of the data with its calls as objects, and without what is empty."""
    kept = {key: value for key, value in message.items() if value is not None}
    if "tool_calls" in kept:
        kept["tool_calls"] = [json.loads(call) for call in kept["tool_calls"]]
    return kept


def judge_turn(fork: Fork, reply: ChatMessage | None, stage: Stage) -> Verdict:
    """What a turn earned, the reference's own turns following it.

    A call that the reference still had to make counts as made: a read if it returned the same, an
    act or a question whatever its values, for the verdict sees those. Whoever reads what leads
    nowhere, or was cut off, has no end: a turn that puts the decision off earns nothing.

    Args:
        fork: where it was said.
        reply: the turn; `None` for one that was cut off.
        stage: where the scenario is played.
    """
    episode = stage.open(fork.scenario)
    replay(episode, fork.before)
    if reply is None:
        return episode.judge()
    calls = reply.get("tool_calls") or ()
    if not calls:
        episode.say(str(reply.get("content") or ""))
        return episode.judge()
    left = [list(step.calls) for step in fork.after]
    if not _take_turn(episode, calls, left):
        return episode.judge()
    rest = [
        step.model_copy(update={"calls": tuple(uses)})
        for step, uses in zip(fork.after, left, strict=True)
        if uses or not step.calls
    ]
    return replay(episode, rest)[1]


def _take_turn(
    episode: Episode, calls: Sequence[Mapping[str, Any]], left: Sequence[list[ToolUse]]
) -> bool:
    """Make the calls, and take what the reference need not do any more from what is left.

    Returns:
        Whether the episode can go on.
    """
    useful = True
    for call in calls:
        function = call["function"]
        episode.act(str(function["name"]), read_arguments(function.get("arguments")))
        event = episode.sandbox.events[-1]
        spec = episode.sandbox.tools.get(event.tool)
        reads = event.kind is EventKind.CALL and (spec is None or not spec.changes_state)
        name = event.tool if event.kind is EventKind.CALL else str(function["name"])
        pile, use = next(
            ((pile, use) for pile in left for use in pile
             if use.tool == name and (not reads or use.result == event.result)),
            (None, None),
        )  # fmt: skip
        if pile is not None and use is not None:
            pile.remove(use)
        elif reads:
            useful = False
    return useful


def judge_forks(
    forks: Sequence[Fork], tokenizer: Any, stage: Stage
) -> Callable[..., list[Verdict]]:
    """The verdicts on the turns of a step; each is judged once, whoever asks."""
    known: dict[tuple[int, ...], Verdict] = {}
    end = int(tokenizer.eos_token_id)

    def read(prompt: str, ids: Sequence[int]) -> ChatMessage | None:
        if not ids or ids[-1] != end:
            return None
        prefix = tokenizer(prompt[-_START:], add_special_tokens=False)["input_ids"]
        return read_reply(tokenizer, ids, prefix)

    def judge(
        prompts: Sequence[str],
        completion_ids: Sequence[Sequence[int]],
        fork: Sequence[int],
        **_: Any,
    ) -> list[Verdict]:
        keys = [(number, *ids) for number, ids in zip(fork, completion_ids, strict=True)]
        fresh = {
            key: known[key] if key in known
            else judge_turn(forks[key[0]], read(prompt, key[1:]), stage)
            for key, prompt in zip(keys, prompts, strict=True)
        }  # fmt: skip
        known.clear()
        known.update(fresh)
        return [known[key] for key in keys]

    return judge
