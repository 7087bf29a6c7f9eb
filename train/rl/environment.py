"""The adapter to TRL's `environment_factory`: tool bundles as classes.

TRL takes every public function of an environment's class for a tool and reads its schema from
signature and docstring, so a class is made per bundle of offered tools. Arguments reach the
sandbox as the model wrote them: a call that does not fit the signature is an event like any other.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import TypeAdapter

from gen.episode import SHIPPED, Episode, Stage, list_schemas, replay
from gen.records import Scenario, Step
from gen.verdict import Verdict
from tool_catalog.spec import ToolSpec

_HISTORY = TypeAdapter(tuple[Step, ...])


class BaseEnvironment:
    """One episode at a time; TRL pools instances and resets them for ever."""

    _stage: ClassVar[Stage] = SHIPPED

    def __init__(self) -> None:
        self._episode: Episode | None = None
        self._verdict: Verdict | None = None

    def reset(self, **row: Any) -> None:
        """Open the row's scenario where its prompt ends; nothing of the last episode is kept.

        The turns before the user's last are played as they were recorded: they set the stage, and
        are no part of what the model says.
        """
        scenario = Scenario.model_validate_json(row["scenario"])
        self._episode = self._stage.open(scenario)
        replay(self._episode, _HISTORY.validate_json(row["history"]))
        self._verdict = None

    def _act(self, tool: str, arguments: Mapping[str, Any]) -> str:
        assert self._episode is not None, "reset comes first"
        return self._episode.act(tool, dict(arguments))

    def _judge(self, completion: Sequence[Mapping[str, Any]], *, ended: bool = True) -> Verdict:
        """The verdict on this episode; judged once, whoever asks.

        Args:
            completion: the episode's messages as TRL gives them to reward functions.
            ended: whether the model ended its last turn itself. A turn that was cut off, or an
                episode that stops at a call, has no final message and is broken.
        """
        assert self._episode is not None, "reset comes first"
        if self._verdict is None:
            text = read_final(completion) if ended else ""
            if text:
                self._episode.say(text)
            self._verdict = self._episode.judge()
        return self._verdict


def judge_environments(end: int) -> Callable[..., list[Verdict]]:
    """The verdicts on the episodes of a step, each where it was played; `end` ends a turn."""

    def judge(
        completions: Sequence[Sequence[Mapping[str, Any]]],
        completion_ids: Sequence[Sequence[int]],
        environments: Sequence[BaseEnvironment],
        **_: Any,
    ) -> list[Verdict]:
        return [
            environment._judge(messages, ended=bool(ids) and ids[-1] == end)
            for environment, messages, ids in zip(
                environments, completions, completion_ids, strict=True
            )
        ]

    return judge


def read_final(completion: Sequence[Mapping[str, Any]]) -> str:
    """The final message's text; empty when the episode ends in a call or a result."""
    last = completion[-1] if completion else {}
    if last.get("role") != "assistant" or last.get("tool_calls"):
        return ""
    return str(last.get("content") or "")


def make_environments(
    bundles: Mapping[str, Sequence[ToolSpec]], stage: Stage = SHIPPED
) -> dict[str, type[BaseEnvironment]]:
    """An environment class per bundle of offered tools, with those that stand beside them.

    Tools are methods by the names that a model is shown: two domains may share a bare one.
    """
    return {name: _make_class(name, list_schemas(tools), stage) for name, tools in bundles.items()}


def _make_class(
    name: str, schemas: Sequence[Mapping[str, Any]], stage: Stage
) -> type[BaseEnvironment]:
    methods = [_make_method(schema["function"]) for schema in schemas]
    inside: dict[str, Any] = {method.__name__: method for method in methods}
    named = re.sub(r"\W", "_", f"Environment_{name}")  # bundles are told apart by their key
    return type(named, (BaseEnvironment,), {**inside, "_stage": stage})


def _make_method(function: Mapping[str, Any]) -> Callable[..., str]:
    """A function that TRL shows as this tool."""
    described, parameters = str(function["description"]), function["parameters"]
    nodes: Mapping[str, Any] = parameters.get("properties", {})
    lines = [f"    {name}: {node.get('description', name)}" for name, node in nodes.items()]
    doc = f"{described}\n\nArgs:\n" + "\n".join(lines) if lines else described
    required = parameters.get("required", ())
    return _dress(
        str(function["name"]), doc, [_read_parameter(n, nodes[n], n in required) for n in nodes]
    )


_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _read_parameter(name: str, node: Mapping[str, Any], required: bool) -> inspect.Parameter:
    default = inspect.Parameter.empty if required else node.get("default")
    return inspect.Parameter(name, _KEYWORD, default=default, annotation=_read_type(node))


_TYPES: Mapping[str, Any] = {
    "string": str, "integer": int, "number": float, "boolean": bool, "object": dict, "array": list,
}  # fmt: skip


def _read_type(node: Mapping[str, Any]) -> Any:
    """The Python type that transformers shows as the schema; whatever it has none for is `Any`."""
    kind: Any = _TYPES.get(str(node.get("type")), Any)
    if kind is str and "enum" in node:
        kind = Literal[tuple(node["enum"])]
    elif kind is list and "items" in node:
        kind = list[_read_type(node["items"])]  # type: ignore[misc]
    return kind | None if node.get("nullable") else kind


def _dress(name: str, doc: str, parameters: list[inspect.Parameter]) -> Callable[..., str]:
    """A method that takes whatever it is called with and says what it should be called with."""

    def method(self: BaseEnvironment, /, **arguments: Any) -> str:
        return self._act(name, arguments)

    method.__name__ = name
    method.__qualname__ = name
    method.__doc__ = doc
    method.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": str}
    own = inspect.Parameter("self", _KEYWORD)
    method.__dict__["__signature__"] = inspect.Signature([own, *parameters], return_annotation=str)
    return method
