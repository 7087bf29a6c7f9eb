"""The agent loop of evaluation: scenarios in, rollouts out, many episodes at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from gen.episode import ASK_USER, Episode, list_tools, open_episode
from gen.records import Scenario
from gen.verdict import CALL_MARKERS, Verdict
from tool_catalog.event import Event, EventKind
from train.chat import (
    Message,
    encode_prompt,
    encode_suffix,
    first_messages,
    read_reply,
    show_think,
)
from train.decoding import Decoder, choose_decoder


class Stop(StrEnum):
    """Why an episode ended."""

    FINAL = "final"
    """The agent said its last word."""
    CALLS = "calls"
    """The most calls were made."""
    CUT = "cut"
    """A turn was longer than allowed, or the context is full."""


@dataclass
class Talk:
    """A conversation as the agent sees it."""

    tools: list[dict[str, Any]]
    messages: list[Message]
    ids: list[int] = field(default_factory=list)
    """The agent's own: the tokens so far, for an agent that works on tokens."""
    seen: int = 0
    """The agent's own: how many messages `ids` covers."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the agent said."""

    message: Message
    cut: bool = False


class Agent(Protocol):
    """Anything that can speak next in a conversation: a local model, an endpoint."""

    def speak(self, talks: Sequence[Talk]) -> list[Turn]:
        """The next turn of every conversation. The caller appends it to the messages."""
        ...


@dataclass(frozen=True, slots=True)
class Rollout:
    """A finished episode."""

    scenario: Scenario
    events: tuple[Event, ...]
    text: str
    """The final message, empty when there was none."""
    verdict: Verdict
    messages: tuple[Message, ...]
    """What the agent and the tools said after the opening."""
    valid_calls: int
    total_calls: int
    """Calls and questions that were made or could not be parsed."""
    stop: Stop


class LocalAgent:
    """A model on this machine."""

    def __init__(
        self, decoder: Decoder, tokenizer: Any, *, reasoning: bool, context: int, limit: int
    ) -> None:
        self._decoder, self._tokenizer = decoder, tokenizer
        self._reasoning, self._room = reasoning, context - limit

    def speak(self, talks: Sequence[Talk]) -> list[Turn]:
        """See `Agent`."""
        heard = [self._hear(talk) for talk in talks]
        fitting = [i for i, talk in enumerate(talks) if len(talk.ids) <= self._room]
        said = dict(
            zip(fitting, self._decoder.complete([talks[i].ids for i in fitting]), strict=True)
        )
        return [self._read(talk, heard[i], said.get(i)) for i, talk in enumerate(talks)]

    def _hear(self, talk: Talk) -> list[int]:
        """Bring the tokens up to date; the new ones, with the start of the agent's turn."""
        reasoning = self._reasoning
        if talk.ids:
            new = encode_suffix(self._tokenizer, talk.messages[talk.seen :], reasoning=reasoning)
        else:
            new = encode_prompt(self._tokenizer, talk.messages, talk.tools, reasoning=reasoning)
        talk.ids += new
        return new

    def _read(self, talk: Talk, heard: list[int], said: list[int] | None) -> Turn:
        if said is None:
            return Turn({"role": "assistant", "content": ""}, cut=True)
        talk.ids += said
        talk.seen = len(talk.messages) + 1
        message = read_reply(self._tokenizer, said, heard)
        return Turn(message, cut=said[-1:] != [self._tokenizer.eos_token_id])


def run_episodes(
    model: Any,
    tokenizer: Any,
    scenarios: Sequence[Scenario],
    *,
    max_calls: int,
    max_new_tokens: int,
    batch_size: int,
    temperature: float = 0.0,
    reasoning: bool = True,
    seed: int = 0,
    domain_files: Sequence[Path] = (),
) -> list[Rollout]:
    """Play every scenario with a local model; the rollouts are in the scenarios' order.

    Args:
        model: a causal language model.
        tokenizer: its tokenizer, with a response template.
        scenarios: what to play.
        max_calls: most calls and questions an episode.
        max_new_tokens: most tokens a turn.
        batch_size: episodes at a time.
        temperature: 0 takes the likeliest token.
        reasoning: whether the model thinks before it speaks.
        seed: of the draws, with a temperature.
        domain_files: the user's own domain files.
    """
    decoder = choose_decoder(
        model, tokenizer, max_new_tokens=max_new_tokens, temperature=temperature, seed=seed
    )
    agent = LocalAgent(
        decoder,
        tokenizer,
        reasoning=reasoning,
        context=model.config.max_position_embeddings,
        limit=max_new_tokens,
    )
    return play(
        agent, scenarios, max_calls=max_calls, batch_size=batch_size, domain_files=domain_files
    )


def play(
    agent: Agent,
    scenarios: Sequence[Scenario],
    *,
    max_calls: int,
    batch_size: int,
    domain_files: Sequence[Path] = (),
) -> list[Rollout]:
    """Play every scenario with any agent; the rollouts are in the scenarios' order."""
    order = sorted(range(len(scenarios)), key=lambda i: _guess_length(scenarios[i]))
    done: dict[int, Rollout] = {}
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        games = [Game(scenarios[i], domain_files, max_calls) for i in batch]
        while live := [game for game in games if game.stop is None]:
            turns = agent.speak([game.talk for game in live])
            for game, turn in zip(live, turns, strict=True):
                game.take(turn)
        done |= {i: game.end() for i, game in zip(batch, games, strict=True)}
    return [done[i] for i in range(len(scenarios))]


def _guess_length(scenario: Scenario) -> int:
    """Episodes of like length go together: the more calls, the longer."""
    return 1000 * len(scenario.expectation.required) + len(scenario.system) + len(scenario.user)


class Game:
    """One episode under way."""

    def __init__(self, scenario: Scenario, domain_files: Sequence[Path], max_calls: int) -> None:
        self._scenario, self._left = scenario, max_calls
        self._episode: Episode = open_episode(scenario, domain_files)
        tools = [tool.json_schema() for tool in list_tools(scenario, domain_files)]
        self.talk = Talk([*tools, ASK_USER], first_messages(scenario))
        self._opening = len(self.talk.messages)
        self._answered = False
        self._text = ""
        self.stop: Stop | None = None

    def take(self, turn: Turn) -> None:
        """Carry out what the agent said."""
        message = turn.message
        calls = message.get("tool_calls") or []
        self.talk.messages.append(message)
        if turn.cut:
            self.stop = Stop.CUT
        elif not calls:
            self._hear_text(str(message.get("content") or ""))
        elif len(calls) > self._left:
            self.stop = Stop.CALLS
        else:
            self._left -= len(calls)
            self.talk.messages += [self._act(call) for call in calls]

    def _act(self, call: Mapping[str, Any]) -> Message:
        name = str(call["function"]["name"])
        result = self._episode.act(name, call["function"].get("arguments"))
        message = {"role": "tool", "name": name, "content": result}
        return {**message, "tool_call_id": call["id"]} if "id" in call else message

    def _hear_text(self, text: str) -> None:
        """The last word, unless it is a question in prose: the first of those is answered."""
        if text.rstrip().endswith("?") and not self._answered:
            self._answered = True
            reply = self._episode.sandbox.ask_in_prose(text)
            self.talk.messages.append({"role": "user", "content": reply})
            return
        self._text = text
        self.stop = Stop.FINAL

    def end(self) -> Rollout:
        """Judge the episode."""
        assert self.stop is not None
        verdict = self._episode.finish(self._text)
        events = self._episode.sandbox.events
        tried = [e for e in events if e.kind in (EventKind.CALL, EventKind.QUESTION)]
        unread = any(marker in self._text for marker in CALL_MARKERS)
        return Rollout(
            scenario=self._scenario,
            events=events,
            text=self._text,
            verdict=verdict,
            messages=tuple(map(show_think, self.talk.messages[self._opening :])),
            valid_calls=sum(not e.failed for e in tried),
            total_calls=len(tried) + unread,
            stop=self.stop,
        )
