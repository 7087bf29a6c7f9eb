"""A multi-turn case played by an agent, by the leaderboard's procedure.

Every turn of the user is answered in steps: the agent's calls are carried out on the official
classes and their results returned, until a step has no call that can be read. A turn of more steps
than are allowed ends the conversation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gen.episode import ASK_SCHEMA
from tool_catalog.sandbox import ASK_USER
from train.agents.loop import Agent, Talk, play
from train.agents.turn import ChatMessage, Said, Schema, make_result
from train.benchmarks.bfcl.multi_turn.call_source import CallSource, read_step
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue
from train.benchmarks.bfcl.multi_turn.instances import Instances, open_instances
from train.benchmarks.bfcl.multi_turn.official import Official
from train.benchmarks.bfcl.outputs import OutputRow, write_calls
from train.benchmarks.bfcl.tools import describe_functions

_ASKED = "The user answers in the next message."
_UNREADABLE = "Error: arguments must be one JSON object. No call of this turn was carried out."


@dataclass
class Played:
    """What was said, and the calls in the form in which `score_dialogue` takes them."""

    messages: list[ChatMessage] = field(default_factory=list)
    turns: list[list[list[OutputRow]]] = field(default_factory=list)
    """Steps with their calls; fewer turns than the case has when it was ended early."""
    asked: bool = False
    """Some turn began with a question to the user and no call."""

    def take(self, said: Said, *, ask_user: bool) -> list[OutputRow]:
        """Add a step to the turn under way."""
        rows = write_calls(said, ask_user=ask_user)
        self.asked |= not self.turns[-1] and said.asks and not rows
        self.messages.append(said.to_message())
        self.turns[-1].append(rows)
        return rows


class OpenDialogue:
    """A case under way.

    Args:
        case: what the user says, and what there is to call.
        official: the procedure's words and numbers.
        instances: the classes that carry calls out, open while it is played.
        ask_user: offer `ask_user` beside the functions. Asking ends the turn, as in prose.
    """

    def __init__(
        self, case: Dialogue, official: Official, instances: Instances, *, ask_user: bool
    ) -> None:
        self._case, self._official, self._instances = case, official, instances
        self._ask_user = ask_user
        self.played = Played()
        self.talk = Talk(self.played.messages)
        self.finished = False
        self._open_turn()

    def _open_turn(self) -> None:
        """Let the user speak and offer what there is to call from then on; or end it."""
        number = len(self.played.turns)
        if number == len(self._case.turns):
            self.finished = True
            return
        notice = {"role": "user", "content": self._official.notice}
        self.talk.messages += map(dict, self._case.turns[number] or [notice])
        self.talk.tools = list_dialogue_tools(self._case, number, ask_user=self._ask_user)
        self.played.turns.append([])

    async def take(self, said: Said) -> None:
        """See `Interaction`."""
        rows = self.played.take(said, ask_user=self._ask_user)
        sources = read_step(rows, self._case.names)
        self.talk.messages += _answer(said, sources, self._instances, ask_user=self._ask_user)
        if not sources:
            self._open_turn()
        elif len(self.played.turns[-1]) > self._official.steps:
            self.finished = True


async def play_dialogue(
    case: Dialogue, official: Official, agent: Agent, *, ask_user: bool = False
) -> Played:
    """Play one case on the official classes."""
    with open_instances(official, case) as instances:
        dialogue = OpenDialogue(case, official, instances, ask_user=ask_user)
        await play(agent, dialogue)
    return dialogue.played


def list_dialogue_tools(case: Dialogue, turn: int, *, ask_user: bool) -> list[Schema]:
    """What is offered in a turn, in OpenAI's form."""
    return [*describe_functions(case.list_offered(turn)), *([ASK_SCHEMA] if ask_user else [])]


def _answer(
    said: Said, sources: Sequence[CallSource], instances: Instances, *, ask_user: bool
) -> list[ChatMessage]:
    """A result for every call, because endpoints want one."""
    results = iter([source.refusal or instances.run([source.text])[0] for source in sources])
    asked = [ask_user and call.name == ASK_USER for call in said.calls]
    return [
        make_result(call, _ASKED if asks else next(results, _UNREADABLE))
        for call, asks in zip(said.calls, asked, strict=True)
    ]
