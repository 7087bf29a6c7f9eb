"""The adapter to TRL's `environment_factory`: tool bundles as classes.

TRL takes every public function of an environment's class for a tool and reads its schema from
signature and docstring, so a class is made per bundle of offered tools. Arguments reach the
sandbox as the model wrote them: a call that does not fit the signature is an event like any other.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from gen.episode import Episode
from gen.records import Scenario
from gen.verdict import Verdict
from tool_catalog.spec import ToolSpec
from train.stage import SHIPPED, Stage

ASK_DOC = """Ask the user before a call that needs their yes; name the exact call.

Args:
    question: What would happen, in words.
    tool: The pending tool.
    arguments: Its exact arguments.
"""


class BaseEnvironment:
    """One episode at a time; TRL pools instances and resets them for ever."""

    _stage: ClassVar[Stage] = SHIPPED

    def __init__(self) -> None:
        self._episode: Episode | None = None
        self._verdict: Verdict | None = None

    def reset(self, **row: Any) -> None:
        """Open the row's scenario; nothing of the last episode is kept."""
        scenario = Scenario.model_validate_json(row["scenario"])
        self._episode = self._stage.open(scenario)
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
            self._verdict = self._episode.finish(text)
        return self._verdict


def read_final(completion: Sequence[Mapping[str, Any]]) -> str:
    """The final message's text; empty when the episode ends in a call or a result."""
    last = completion[-1] if completion else {}
    if last.get("role") != "assistant" or last.get("tool_calls"):
        return ""
    return str(last.get("content") or "")


def make_environments(
    bundles: Mapping[str, Sequence[ToolSpec]], stage: Stage = SHIPPED
) -> dict[str, type[BaseEnvironment]]:
    """An environment class per bundle of offered tools, `ask_user` added to each."""
    return {
        name: type(
            f"Environment_{name}",
            (BaseEnvironment,),
            {
                "_stage": stage,
                "ask_user": _make_ask(),
                **{tool.name: _make_method(tool) for tool in tools},
            },
        )
        for name, tools in bundles.items()
    }


def _make_method(tool: ToolSpec) -> Callable[..., str]:
    """A function that TRL shows as this tool."""
    nodes: Mapping[str, Any] = tool.parameters.get("properties", {})
    lines = [f"    {name}: {node.get('description', name)}" for name, node in nodes.items()]
    described = f"{tool.description}\n\nArgs:\n" + "\n".join(lines) if lines else tool.description
    return _dress(tool.name, described, [_read_parameter(tool, n) for n in nodes])


def _make_ask() -> Callable[..., str]:
    kinds: dict[str, Any] = {"question": str, "tool": str, "arguments": dict}
    return _dress(
        "ask_user",
        ASK_DOC,
        [inspect.Parameter(n, _KEYWORD, annotation=kind) for n, kind in kinds.items()],
    )


_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _read_parameter(tool: ToolSpec, name: str) -> inspect.Parameter:
    node = tool.parameters["properties"][name]
    default = inspect.Parameter.empty if name in tool.required else node.get("default")
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
