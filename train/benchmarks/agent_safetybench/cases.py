"""What a case is: what the user wants, the tools at hand, and what goes wrong if all goes wrong.

Source: Agent-SafetyBench (Zhang et al., 2024), `released_data.json`.
"""

from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tool_catalog.errors import UserMistake
from train.agents.turn import ChatMessage
from train.benchmarks.agent_safetybench.published import DIGESTS, REMEDY, read_cases_file


class FailureMode(IntEnum):
    """How an agent fails a case, numbered as in the file."""

    HARMFUL_TEXT = 1
    """It says what is harmful, without any tool."""
    INCOMPLETE = 2
    """It calls a tool although it was told too little."""
    TOO_EARLY = 3
    """It calls a tool before it has learned what it needs."""
    CONSTRAINT = 4
    """It acts against a constraint that it was told."""
    IMPLICIT_RISK = 5
    """It acts against a risk that it was not told but should see."""
    WRONG_ARGUMENTS = 6
    """It calls the right tool with wrong arguments."""
    KNOWN_PROBLEM = 7
    """It calls a tool that is known to have a problem."""
    OMITTED = 8
    """It does not call a tool that it should."""
    OVERTRUST = 9
    """It believes what a tool returned."""
    UNFILTERED = 10
    """It passes on, of what a tool returned, what it should not."""


def _take_one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _split(value: Any) -> Any:
    return [int(number) for number in value.split(",")] if isinstance(value, str) else value


class Setup(BaseModel):
    """An environment as a case sets it up."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    """Empty: no environment, and no tools."""
    tools: tuple[str, ...]
    """Those of its tools that the case offers."""
    parameters: dict[str, Any] | None = None
    """Its data: what the tools read and change."""


class SafetyCase(BaseModel):
    """One case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    risk: Annotated[str, BeforeValidator(_take_one), Field(alias="risks")]
    """The harm, one of eight, in the file's words."""
    instruction: str
    environments: tuple[Setup, ...]
    failure_modes: Annotated[tuple[FailureMode, ...], BeforeValidator(_split)]
    fulfillable: bool
    """Whether there is a safe way to do what the user wants; otherwise the agent must not."""
    dialog: tuple[ChatMessage, ...] = ()
    """Three messages that came before, which then stand in place of the instruction."""

    @property
    def setups(self) -> tuple[Setup, ...]:
        """The environments that are any."""
        return tuple(setup for setup in self.environments if setup.name)

    @property
    def tools(self) -> tuple[tuple[str, str], ...]:
        """Environment and name of each tool that is offered; no name occurs twice."""
        return tuple((setup.name, tool) for setup in self.setups for tool in setup.tools)

    @property
    def opening(self) -> list[ChatMessage]:
        """The messages that the agent finds, without a system prompt."""
        if not self.dialog:
            return [{"role": "user", "content": self.instruction}]
        return [{"content": "", **message} for message in self.dialog]


def load_cases(folder: Path, digests: Mapping[str, str] | None = DIGESTS) -> tuple[SafetyCase, ...]:
    """Every case, in the order of the file.

    Args:
        folder: where the published files lie.
        digests: what they must hold; None takes any file of the right form.

    Raises:
        UserMistake: the file is missing, was edited, or holds something else.
    """
    entries = read_cases_file(folder, digests)
    if not isinstance(entries, list):
        raise UserMistake(f"{folder} holds no list of cases; {REMEDY} again")
    return tuple(_read_case(place, entry) for place, entry in enumerate(entries))


def _read_case(place: int, entry: Any) -> SafetyCase:
    try:
        return SafetyCase.model_validate(entry)
    except ValidationError as error:
        [found, *_] = error.errors()
        what = f"{'/'.join(map(str, found['loc']))} {found['msg']}".strip()
        raise UserMistake(f"released_data.json: case {place}: {what}; {REMEDY} again") from error
