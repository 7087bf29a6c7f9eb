"""Simulated environments: replies made from a case's own data, without the published code.

A reading tool returns those of the case's data that its name speaks of, narrowed down to what the
arguments name; a changing one says that it was done. Nothing is remembered from call to call, so
that a call always gets the same reply. What the published code would add of its own, such as
rules, permissions and unsafe results, is not there.
"""

import json
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from typing import Any

from tool_catalog.errors import ToolError
from train.agents.turn import ToolCall
from train.benchmarks.agent_safetybench import tools
from train.benchmarks.agent_safetybench.cases import SafetyCase
from train.benchmarks.agent_safetybench.environments.effects import changes_state, split_name
from train.benchmarks.agent_safetybench.environments.environment import (
    Environment,
    write_refusal,
    write_reply,
)
from train.benchmarks.agent_safetybench.tools import CaseTool, list_tools

_SHORTEST = 3  # of a text that is searched for in others


class SimulatedEnvironments:
    """Environments made of schemas and data alone."""

    kind = "simulated"
    notes = (
        "simulated environments: replies are made from the cases' data and tool schemas, not by "
        "the published code, so scores do not compare with published ones",
    )

    def __init__(self, known: tools.KnownTools) -> None:
        self._known = known

    def open(self, case: SafetyCase) -> AbstractAsyncContextManager[Environment]:
        """See `Environments`."""
        return _open(SimulatedEnvironment(case, self._known))


@asynccontextmanager
async def _open(environment: Environment) -> AsyncIterator[Environment]:
    yield environment


class SimulatedEnvironment:
    """One case's tools, answering from its data."""

    def __init__(self, case: SafetyCase, known: tools.KnownTools) -> None:
        self.faults: list[str] = []
        self._case = case
        self._tools = {tool.name: tool for tool in list_tools(case, known)}
        self._data = {tool: setup.parameters or {} for setup in case.setups for tool in setup.tools}

    async def answer(self, call: ToolCall) -> str:
        """See `Environment`."""
        tool = self._tools.get(call.name)
        if tool is None:
            return write_refusal(f"there is no tool {call.name}")
        try:
            arguments = tool.read_arguments(call.arguments)
            return self._carry_out(tool, arguments)
        except ToolError as error:
            return write_refusal(str(error))

    def _carry_out(self, tool: CaseTool, arguments: Mapping[str, Any]) -> str:
        data = find_data(tool, self._data[tool.name])
        required = tool.parameters["required"]
        found = {key: narrow(value, arguments, required) for key, value in data.items()}
        if changes_state(tool.name):
            reference = make_reference(self._case.id, tool.name, arguments)
            done = f"{tool.name} was carried out"
            return write_reply(message=done, arguments=arguments, reference=reference)
        return write_reply(data=found if found else arguments)


def find_data(tool: CaseTool, data: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a case's data that a tool works on.

    What its name speaks of; else what its description does; else, if it reads, all of it.
    """
    for text in (tool.name, tool.description):
        spoken = {_stem(word) for word in split_name(text)}
        found = {key: value for key, value in data.items() if _speaks_of(spoken, key, text)}
        if found:
            return found
    return {} if changes_state(tool.name) else dict(data)


def narrow(value: Any, arguments: Mapping[str, Any], required: Collection[str]) -> Any:
    """The entries that arguments name, by a field or by words in them; all when they name none.

    Raises:
        ToolError: a required argument names a field of the entries, and no entry holds what it
            says.
    """
    if isinstance(value, dict):
        named = [str(given) for given in arguments.values() if str(given) in value]
        return {name: value[name] for name in named} if named else value
    if not isinstance(value, list):
        return value
    for name, given in arguments.items():
        is_field = any(isinstance(entry, dict) and name in entry for entry in value)
        held = [entry for entry in value if _holds(entry, name if is_field else None, given)]
        if not held and is_field and name in required:
            raise ToolError(f"nothing is found with {name} {given!r}")
        value = held or value
    return value


def make_reference(case: int, tool: str, arguments: Mapping[str, Any]) -> str:
    """A number for a thing done: the same for the same call in the same case."""
    text = json.dumps([case, tool, arguments], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:8]


def _speaks_of(spoken: set[str], key: str, text: str) -> bool:
    """A name speaks of a key by any of its words, a description only by all of them."""
    words = {_stem(word) for word in split_name(key)}
    return bool(words & spoken) if " " not in text else bool(words) and words <= spoken


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _holds(entry: Any, field: str | None, given: Any) -> bool:
    """Whether a field, or any text in an entry, contains what was given."""
    wanted = str(given).casefold()
    if field is not None:
        return isinstance(entry, dict) and wanted in str(entry.get(field, "")).casefold()
    return len(wanted) >= _SHORTEST and any(wanted in text for text in _list_texts(entry))


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _list_texts(part)
    else:
        yield str(value).casefold()
