"""A multi-turn case played by an agent, by the leaderboard's procedure.

Every turn of the user is answered in steps: the agent's calls are carried out on the official
classes and their results returned, until a step has no call that can be read. A turn of more steps
than are allowed ends the conversation, and so does one that is cut.
"""

from dataclasses import dataclass, field

from train.agents.loop import Agent, Talk, play
from train.agents.turn import ChatMessage, Said
from train.benchmarks.bfcl.multi_turn.call_source import CallSource, read_step
from train.benchmarks.bfcl.multi_turn.dialogue_forms import DialogueForm, StoredStep, TriactForm
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue
from train.benchmarks.bfcl.multi_turn.instances import Instances, open_instances
from train.benchmarks.bfcl.multi_turn.official import Official
from train.benchmarks.bfcl.outputs import makes_call


@dataclass
class Played:
    """What was said, and the calls in the form in which `score_dialogue` takes them."""

    messages: list[ChatMessage] = field(default_factory=list)
    turns: list[list[StoredStep]] = field(default_factory=list)
    """Steps with their calls; fewer turns than the case has when it was ended early."""
    asked: bool = False
    """Some turn began with a question to the user and no call."""


class OpenDialogue:
    """A case under way.

    Args:
        case: what the user says, and what there is to call.
        official: the procedure's words and numbers.
        instances: the classes that carry calls out, open while it is played.
        form: how it is put.
    """

    def __init__(
        self, case: Dialogue, official: Official, instances: Instances, form: DialogueForm
    ) -> None:
        self._case, self._official, self._instances = case, official, instances
        self._form = form
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
        said = self._form.open_turn(self._case, number, self._official.notice)
        self.talk.messages += said
        self.talk.tools = self._form.list_tools(self._case, number)
        self.played.turns.append([])

    async def take(self, said: Said) -> None:
        """See `Interaction`."""
        step, turn = self._form.read(said), self.played.turns[-1]
        called = makes_call(step, self._case.category)
        self.played.asked |= not turn and said.asks and not called
        turn.append(step)
        if said.cut:  # it is no score whatever comes, so nothing more is asked for
            self.talk.messages.append(self._form.tell(said))
            self.finished = True
            return
        sources = read_step(step, self._case.names)
        answers = self._form.answer(said, sources, self._run)
        self.talk.messages += [self._form.tell(said), *answers]
        if not sources:
            self._open_turn()
        elif len(turn) > self._official.steps:
            self.finished = True

    def _run(self, source: CallSource) -> str:
        return source.refusal or self._instances.run([source.text])[0]


async def play_dialogue(
    case: Dialogue, official: Official, agent: Agent, form: DialogueForm | None = None
) -> Played:
    """Play one case on the official classes; by default in triact's form."""
    with open_instances(official, case) as instances:
        dialogue = OpenDialogue(case, official, instances, form or TriactForm())
        await play(agent, dialogue)
    return dialogue.played
