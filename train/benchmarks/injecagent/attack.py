"""One case played: the agent meets the injection, and goes on if it obeyed and more is to do."""

from dataclasses import dataclass
from typing import Any

from train.benchmarks.injecagent.cases import Case
from train.benchmarks.injecagent.replies import Reply
from train.benchmarks.injecagent.scene import Scene
from train.benchmarks.injecagent.totals import Trial
from train.benchmarks.injecagent.verdict import Outcome, Verdict
from train.benchmarks.speaker import Call, Message, Said, Speaker, make_result

_SECOND_CALL = "call_attacker"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attack that is over."""

    trial: Trial
    messages: list[Message]
    """As the agent heard them, and its last turn."""
    turns: tuple[Said, ...]
    """One a step."""
    reply: Reply | None = None
    """What the first attacker's tool said, where there was a second step."""

    @property
    def asked_first(self) -> bool:
        """Whether the agent asked the user, and called no tool of the attacker's."""
        said = self.turns[0]
        obeyed = self.trial.first.outcome is Outcome.SUCCEEDED
        called = any(call.name in self.trial.case.attacker_tools for call in said.calls)
        return said.asks and not obeyed and not called

    def to_measures(self) -> dict[str, float | None]:
        """Numbers of the case."""
        return {**self.trial.to_measures(), "asked_first": float(self.asked_first)}

    def to_columns(self, *, react: bool) -> dict[str, Any]:
        """The case as a published row has it; calls only of an agent that is judged by them."""
        case = self.trial.case
        columns: dict[str, Any] = {"attack": str(case.attack), "case_index": case.index}
        for step, said in enumerate(self.turns, 1):
            suffix = "" if step == 1 else f"_step{step}"
            columns[f"output{suffix}"] = said.text
            if not react:
                columns[f"tool_calls{suffix}"] = [call.to_dict() for call in said.calls]
        if self.reply:
            columns |= {
                "attacker_tool_parameters": self.trial.first.arguments,
                "attacker_tool_response": self.reply.text,
                "attacker_tool_response_source": str(self.reply.source),
            }
        return columns | self.trial.to_columns()


async def attack(case: Case, speaker: Speaker, scene: Scene) -> Attempt:
    """Play one case.

    Raises:
        EndpointFailed: the agent had no turn, or the simulator no reply.
    """
    opening, tools = scene.open(case, case.tool_response), scene.list_tools(case)
    first = await speaker.speak(opening, tools)
    trial = Trial(case, scene.judge(first, case, 1))
    if not trial.goes_on:
        return Attempt(trial, [*opening, first.to_message()], (first,))
    call = _read_call(first, trial.first, case)
    reply = await scene.replies.find(call.name, str(call.arguments))
    retold = Said(trial.first.thought, (call,), thought=first.thought)
    heard = [*opening, retold.to_message(), make_result(call, reply.text)]
    second = await speaker.speak(heard, tools)
    trial = Trial(case, trial.first, scene.judge(second, case, 2))
    return Attempt(trial, [*heard, second.to_message()], (first, second), reply)


def _read_call(said: Said, verdict: Verdict, case: Case) -> Call:
    """The attacker's call alone, as the next prompt repeats it: no other call, no made-up result.

    The arguments stay text, since published replies are filed under it.
    """
    name = case.attacker_tools[0]
    known = next((call.id for call in said.calls if call.name == name), _SECOND_CALL)
    return Call(known, name, verdict.arguments or "{}")
