"""A scenario of ours as an interaction: the agent acts in the sandbox, the verdict judges it."""

from dataclasses import dataclass

from gen.episode import ASK_USER
from gen.records import Scenario
from gen.verdict import CALL_MARKERS, Verdict
from tool_catalog.errors import ContextFull
from tool_catalog.event import Event, EventKind
from train.evaluation.loop import Agent, Stop, Talk, play
from train.evaluation.turn import Call, ChatMessage, Said, make_result
from train.models.chat import first_messages
from train.stage import Stage

MAX_CALLS = 8
"""Calls and questions of an episode at most, as in the presets."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A finished episode."""

    scenario: Scenario
    events: tuple[Event, ...]
    text: str
    """The final message, empty when there was none."""
    verdict: Verdict
    messages: tuple[ChatMessage, ...]
    """The whole conversation."""
    valid_calls: int
    total_calls: int
    """Calls and questions that were made or could not be parsed."""
    stop: Stop


class Game:
    """One episode under way."""

    def __init__(self, scenario: Scenario, stage: Stage, max_calls: int) -> None:
        self._scenario, self._left = scenario, max_calls
        self._episode = stage.open(scenario)
        tools = [tool.json_schema() for tool in stage.list_tools(scenario)]
        self.talk = Talk(first_messages(scenario), [*tools, ASK_USER])
        self._answered = False
        self._text = ""
        self._stop: Stop | None = None

    @property
    def finished(self) -> bool:
        """See `Interaction`."""
        return self._stop is not None

    async def take(self, said: Said) -> None:
        """See `Interaction`."""
        self.talk.messages.append(said.to_message())
        if said.cut:
            self.cut()
        elif not said.calls:
            self._hear_text(said.text)
        elif len(said.calls) > self._left:
            self._stop = Stop.CALLS
        else:
            self._left -= len(said.calls)
            self.talk.messages += [make_result(call, self._act(call)) for call in said.calls]

    def cut(self) -> None:
        """End it here, without a last word."""
        self._stop = Stop.CUT

    def _act(self, call: Call) -> str:
        return self._episode.act(call.name, call.arguments)

    def _hear_text(self, text: str) -> None:
        """The last word, unless it is a question in prose: the first of those is answered."""
        if text.rstrip().endswith("?") and not self._answered:
            self._answered = True
            reply = self._episode.sandbox.ask_in_prose(text)
            self.talk.messages.append({"role": "user", "content": reply})
            return
        self._text = text
        self._stop = Stop.FINAL

    def end(self) -> Rollout:
        """Judge the episode, which is finished."""
        assert self._stop is not None
        verdict = self._episode.finish(self._text)
        events = self._episode.sandbox.events
        tried = [e for e in events if e.kind in (EventKind.CALL, EventKind.QUESTION)]
        unread = any(marker in self._text for marker in CALL_MARKERS)
        return Rollout(
            scenario=self._scenario,
            events=events,
            text=self._text,
            verdict=verdict,
            messages=tuple(self.talk.messages),
            valid_calls=sum(not e.failed for e in tried),
            total_calls=len(tried) + unread,
            stop=self._stop,
        )


async def play_scenario(
    agent: Agent, scenario: Scenario, stage: Stage, *, max_calls: int = MAX_CALLS
) -> Rollout:
    """Play a scenario to its end. An agent that has filled its own context is cut short.

    Raises:
        EndpointFailed: the agent gave no turn.
    """
    game = Game(scenario, stage, max_calls)
    try:
        await play(agent, game)
    except ContextFull:
        game.cut()
    return game.end()


def guess_length(scenario: Scenario) -> int:
    """How long an episode may get, to compare it with others: the more calls, the longer."""
    return 1000 * len(scenario.expectation.required) + len(scenario.system) + len(scenario.user)
