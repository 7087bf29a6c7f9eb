"""The model's place in upstream's pipeline, taken by an agent."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentdojo.agent_pipeline.base_pipeline_element import BasePipelineElement

from train.agents.loop import Talk
from train.agents.react import read_answer
from train.agents.turn import ChatMessage, Said, Schema
from train.benchmarks.agentdojo.line import NextTurn
from train.benchmarks.agentdojo.messages import read_turn, write_message, write_tool


class OwnBug(BaseException):
    """Something of ours failed inside upstream's code, whose handlers must not take it."""


class CutShort(BaseException):
    """A turn was cut: whatever it calls is not carried out, and the case is no score."""


class Schemas:
    """Tools in OpenAI's form, each written once."""

    def __init__(self) -> None:
        self._written: dict[int, tuple[Any, Schema]] = {}

    def write(self, functions: Sequence[Any]) -> list[Schema]:
        """The schemas of some functions of upstream's."""
        for function in functions:
            if id(function) not in self._written:  # kept with it, so that no other one gets its id
                self._written[id(function)] = (function, write_tool(function))
        return [self._written[id(function)][1] for function in functions]


class AgentElement(BasePipelineElement):  # type: ignore[misc]  # the package may be absent
    """An agent as one case's model.

    The talk only grows, its own turns kept as it said them. It is a new one where what was told
    before is not what is told now: a defense rewrote something, or upstream starts again.

    Args:
        name: what upstream shall know the model by.
        ask: for the agent's next turn.
        schemas: of tools.
        react: whether the agent is a `ReactAgent`: its answer is then what it marks as one.
    """

    def __init__(self, name: str, ask: NextTurn, schemas: Schemas, *, react: bool = False) -> None:
        self.name = name
        self.talk = Talk([])
        self.starts = 0
        """How often the conversation began."""
        self._ask, self._schemas, self._react = ask, schemas, react
        self._own: dict[int, tuple[Mapping[str, Any], ChatMessage, ChatMessage]] = {}

    def query(
        self,
        query: str,
        runtime: Any,
        env: Any,
        messages: Sequence[Mapping[str, Any]] = (),
        extra_args: Any = None,
    ) -> tuple[str, Any, Any, Sequence[Mapping[str, Any]], Any]:
        """See upstream."""
        try:
            self._hear(messages, runtime)
        except Exception as bug:
            raise OwnBug from bug
        said = self._ask(self.talk)
        try:
            turn = self._keep(said)
        except Exception as bug:
            raise OwnBug from bug
        if said.cut:
            raise CutShort
        return query, runtime, env, [*messages, turn], {} if extra_args is None else extra_args

    def _hear(self, messages: Sequence[Mapping[str, Any]], runtime: Any) -> None:
        heard = [*map(self._write, messages)]
        tools = self._schemas.write([*runtime.functions.values()])
        known = self.talk.messages
        self.starts += not any(message["role"] == "assistant" for message in heard)
        if known and heard[: len(known)] == known and tools == self.talk.tools:
            known += heard[len(known) :]
        else:
            self.talk = Talk(heard, tools)

    def _write(self, message: Mapping[str, Any]) -> ChatMessage:
        """A message; the agent's own as it was said, unless somebody changed it since."""
        written = write_message(message)
        known = self._own.get(id(message))
        if known is not None and _tell_apart(written) == _tell_apart(known[1]):
            return known[2]
        return written

    def _keep(self, said: Said) -> Mapping[str, Any]:
        answers = self._react and not said.calls
        heard = replace(said, text=read_answer(said.text)) if answers else said
        turn: Mapping[str, Any] = read_turn(heard)
        spoken = said.to_message()
        self._own[id(turn)] = (turn, write_message(turn), spoken)
        self.talk.messages.append(spoken)
        return turn


def _tell_apart(message: ChatMessage) -> tuple[Any, ...]:
    """What a turn is known by.

    Not its arguments: upstream's executor makes lists of those that are text and look like one.
    """
    calls = message.get("tool_calls") or ()
    return message["content"], [(call["id"], call["function"]["name"]) for call in calls]
