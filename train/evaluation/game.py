"""A scenario of ours as an interaction: the agent acts in the sandbox, the verdict judges it."""

from dataclasses import dataclass

from gen.episode import Stage
from gen.records import Scenario
from gen.verdict import CALL_MARKERS, Verdict
from tool_catalog.errors import EndpointFailed
from tool_catalog.sandbox.event import Event, EventKind
from train.agents.loop import Agent, Stop, Talk, play
from train.agents.turn import ChatMessage, Said, ToolCall, make_result
from train.evaluation.outcome import find_cut

MAX_CALLS = 12
"""Calls, questions and reports of a user's turn at most, as in the presets."""
MAX_PROSE = 3
"""Questions in prose that the user answers in a turn; after that a question is a last word."""
_TRIED = (EventKind.CALL, EventKind.QUESTION, EventKind.REPORT)


@dataclass(frozen=True, slots=True)
class Rollout:
    """A finished episode."""

    scenario: Scenario
    events: tuple[Event, ...]
    verdict: Verdict
    messages: tuple[ChatMessage, ...]
    """The whole conversation."""
    valid_calls: int
    total_calls: int
    """Calls, questions and reports that were made or could not be parsed."""
    stop: Stop

    @property
    def text(self) -> str:
        """The agent's last words; empty when there were none."""
        said = [event.result for event in self.events if event.kind is EventKind.FINAL]
        return said[-1] if said else ""


class Game:
    """One episode under way."""

    def __init__(self, scenario: Scenario, stage: Stage, max_calls: int) -> None:
        self._scenario, self._most = scenario, max_calls
        self._episode = stage.open(scenario)
        self.talk = Talk([*self._episode.messages], self._episode.tools)
        self._stop: Stop | None = None
        self._begin_turn()

    def _begin_turn(self) -> None:
        self._left, self._answered = self._most, 0

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

    def _act(self, call: ToolCall) -> str:
        return self._episode.act(call.name, call.arguments)

    def _hear_text(self, text: str) -> None:
        """The last words of a turn, unless they are a question that the user still answers."""
        reply: str | None
        if text.rstrip().endswith("?") and self._answered < MAX_PROSE:
            self._answered += 1
            reply = self._episode.sandbox.ask_in_prose(text)
        else:
            reply = self._episode.say(text)
            self._begin_turn()
        if reply is None:
            self._stop = Stop.FINAL
        else:
            self.talk.messages.append({"role": "user", "content": reply})

    def end(self) -> Rollout:
        """Judge the episode, which is finished."""
        assert self._stop is not None
        events = self._episode.sandbox.events
        tried = [e for e in events if e.kind in _TRIED]
        last_words = [e.result for e in events if e.kind is EventKind.FINAL]
        unread = sum(any(marker in text for marker in CALL_MARKERS) for text in last_words)
        return Rollout(
            scenario=self._scenario,
            events=events,
            verdict=self._episode.judge(),
            messages=tuple(self.talk.messages),
            valid_calls=sum(not e.failed for e in tried),
            total_calls=len(tried) + unread,
            stop=self._stop,
        )


async def play_scenario(
    agent: Agent, scenario: Scenario, stage: Stage, *, max_calls: int = MAX_CALLS
) -> Rollout:
    """Play a scenario to its end; one whose next turn a full context or a filter stops is cut.

    Raises:
        EndpointFailed: the agent gave no turn.
    """
    game = Game(scenario, stage, max_calls)
    try:
        await play(agent, game)
    except EndpointFailed as error:
        if find_cut(error) is None:
            raise
        game.cut()
    return game.end()


def guess_length(scenario: Scenario) -> int:
    """How long an episode may get, to compare it with others: the more calls, the longer."""
    calls = sum(len(turn.expectation.required) for turn in scenario.turns)
    return 1000 * calls + len(scenario.system) + sum(len(turn.text) for turn in scenario.turns)
