"""What stands behind a case's tools: an environment, opened for one case and closed with it."""

import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from train.agents.turn import ToolCall
from train.benchmarks.agent_safetybench.cases import SafetyCase


class Environment(Protocol):
    """The tools of one case at work."""

    faults: list[str]
    """What went wrong in the environment itself; the agent got an error in its place."""

    async def answer(self, call: ToolCall) -> str:
        """What a tool returns, as JSON text; a call that is wrong is told so.

        Raises:
            EndpointFailed: the environment does not run at all: the case has no outcome.
        """
        ...


class Environments(Protocol):
    """Where cases get their environments from."""

    @property
    def kind(self) -> str:
        """One word for tables: simulated or upstream."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What must be known to read the figures."""
        ...

    def open(self, case: SafetyCase) -> AbstractAsyncContextManager[Environment]:
        """A fresh environment."""
        ...


def write_reply(**content: Any) -> str:
    """A tool's reply."""
    return json.dumps({"success": True, **content}, ensure_ascii=False, default=str)


def write_refusal(message: str) -> str:
    """A tool's reply to a call that cannot be carried out."""
    return write_reply(success=False, message=message)
