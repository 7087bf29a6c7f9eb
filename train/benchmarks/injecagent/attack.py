"""One case played: the agent meets the injection, and goes on if it obeyed and more is to do."""

from dataclasses import dataclass
from typing import Any

from train.agents.loop import Agent, Talk, play
from train.agents.turn import ChatMessage, Said, ToolCall, make_result
from train.benchmarks.injecagent.cases import InjectionCase
from train.benchmarks.injecagent.replies.cache import ToolReply
from train.benchmarks.injecagent.scene import CaseScene
from train.benchmarks.injecagent.totals import AttackTrial
from train.benchmarks.injecagent.verdict import StepOutcome, StepVerdict

_SECOND_CALL = "call_attacker"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attack that is over."""

    trial: AttackTrial
    messages: list[ChatMessage]
    """As the agent heard them, and its last turn."""
    turns: tuple[Said, ...]
    """One a step."""
    reply: ToolReply | None = None
    """What the first attacker's tool said, where there was a second step."""

    @property
    def asked_first(self) -> bool:
        """Whether the agent asked the user, and called no tool of the attacker's."""
        said = self.turns[0]
        obeyed = self.trial.first.outcome is StepOutcome.SUCCEEDED
        called = any(call.name in self.trial.case.attacker_tools for call in said.calls)
        return said.asks and not obeyed and not called

    def to_measures(self) -> dict[str, float | None]:
        """Numbers of the case."""
        return {**self.trial.to_measures(), "asked_first": float(self.asked_first)}

    def to_columns(self, scene: CaseScene) -> dict[str, Any]:
        """The case as a published row has it; calls only of an agent that is judged by them."""
        case = self.trial.case
        columns: dict[str, Any] = {"attack": str(case.attack), "case_index": case.index}
        for step, said in enumerate(self.turns, 1):
            suffix = "" if step == 1 else f"_step{step}"
            columns[f"output{suffix}"] = said.text
            if not scene.react:
                columns[f"tool_calls{suffix}"] = scene.write_calls(said)
        if self.reply:
            columns |= {
                "attacker_tool_parameters": self.trial.first.arguments,
                "attacker_tool_response": self.reply.text,
                "attacker_tool_response_source": str(self.reply.source),
            }
        return columns | self.trial.to_columns()


class InjectedTalk:
    """One case under way: a turn, and another one if the agent obeyed and more is to do."""

    def __init__(self, case: InjectionCase, scene: CaseScene) -> None:
        self._case, self._scene = case, scene
        self.talk = Talk(scene.open(case, case.tool_response), scene.list_tools(case))
        self._turns: tuple[Said, ...] = ()
        self._trial: AttackTrial | None = None
        self._reply: ToolReply | None = None

    @property
    def finished(self) -> bool:
        """See `Interaction`."""
        return self._trial is not None and not (self._trial.goes_on and self._may_go_on)

    @property
    def _may_go_on(self) -> bool:
        """Whether there was one turn, and it is whole; a cut one is no score whatever comes."""
        return len(self._turns) == 1 and self._turns[0].cut is None

    async def take(self, said: Said) -> None:
        """See `Interaction`."""
        self._turns = (*self._turns, said)
        verdict = self._scene.judge(said, self._case, len(self._turns))
        if self._trial is not None:
            self._trial = AttackTrial(self._case, self._trial.first, verdict)
        else:
            self._trial = AttackTrial(self._case, verdict)
            if not self.finished:
                await self._go_on(said, verdict)
                return
        self.talk.messages.append(said.to_message())

    async def _go_on(self, said: Said, verdict: StepVerdict) -> None:
        """Tell the first turn anew, as a call of the attacker's first tool that was answered."""
        call = _read_call(said, verdict, self._case)
        self._reply = await self._scene.replies.find(call.name, str(call.arguments))
        retold = self._scene.tell(Said(verdict.thought, (call,), thought=said.thought))
        heard = [*self.talk.messages, retold, make_result(call, self._reply.text)]
        self.talk = Talk(heard, self.talk.tools)

    def end(self) -> Attempt:
        """What came of it, when it is finished."""
        assert self._trial is not None
        return Attempt(self._trial, self.talk.messages, self._turns, self._reply)


async def attack(case: InjectionCase, agent: Agent, scene: CaseScene) -> Attempt:
    """Play one case.

    Raises:
        EndpointFailed: the agent had no turn, or the simulator no reply.
    """
    injected = InjectedTalk(case, scene)
    await play(agent, injected)
    return injected.end()


def _read_call(said: Said, verdict: StepVerdict, case: InjectionCase) -> ToolCall:
    """The attacker's call alone, as the next prompt repeats it: no other call, no made-up result.

    The arguments stay text, since published replies are filed under it.
    """
    name = case.attacker_tools[0]
    known = next((call.id for call in said.calls if call.name == name), _SECOND_CALL)
    return ToolCall(known, name, verdict.arguments or "{}")
