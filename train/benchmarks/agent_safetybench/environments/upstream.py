"""The published environments themselves, from a folder of the user's, each in its own process.

A case gets one process when its first tool is called; `worker` says what that process cannot do.
A call that takes too long or ends the process is answered with an error; the process is then made
anew, and the calls that the case had answered before are made again, unseen, so that the
environment is where it was.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from tool_catalog.errors import EndpointFailed, UserMistake
from train.agents.turn import ToolCall
from train.benchmarks.agent_safetybench.cases import SafetyCase
from train.benchmarks.agent_safetybench.environments.environment import Environment, write_refusal

SECONDS = 10.0
"""For one call."""
_START_SECONDS = 30.0
_LONGEST = 1 << 24  # bytes of one reply
_NEEDED = ("EnvManager.py", "BaseEnv.py")
_REMEDY = "name a clone of https://github.com/thu-coai/Agent-SafetyBench, or its environments/"
_WORKER = Path(__file__).with_name("worker.py")
_ISOLATIONS = {
    "namespace": "in processes with an empty network namespace and without sockets",
    "sockets": "in processes that may open no socket (no network namespace is permitted here)",
}


class UpstreamEnvironments:
    """Environments from a folder with the published code."""

    kind = "upstream"

    def __init__(self, folder: Path, *, seconds: float = SECONDS) -> None:
        """Find the code and try out a process.

        Raises:
            UserMistake: the folder holds no published code, or it does not run here.
        """
        self._folder = find_code(folder)
        self._seconds = seconds
        isolation = _ISOLATIONS[probe(self._folder)]
        self.notes = (f"upstream environments, run {isolation}",)

    def open(self, case: SafetyCase) -> AbstractAsyncContextManager[Environment]:
        """See `Environments`."""
        return _open(case, self._folder, self._seconds)


@asynccontextmanager
async def _open(case: SafetyCase, folder: Path, seconds: float) -> AsyncIterator[Environment]:
    with tempfile.TemporaryDirectory(prefix="triact-", ignore_cleanup_errors=True) as scratch:
        environment = UpstreamEnvironment(case, folder, Path(scratch), seconds)
        try:
            yield environment
        finally:
            await environment.stop()


class UpstreamEnvironment:
    """One case's tools in a process."""

    def __init__(self, case: SafetyCase, folder: Path, scratch: Path, seconds: float) -> None:
        self.faults: list[str] = []
        self._opening = make_opening(folder, case)
        self._offered = {name for _, name in case.tools}
        self._scratch, self._seconds = scratch, seconds
        self._answered: list[dict[str, Any]] = []
        self._process: asyncio.subprocess.Process | None = None

    async def answer(self, call: ToolCall) -> str:
        """See `Environment`."""
        if call.name not in self._offered:
            return write_refusal(f"there is no tool {call.name}")
        if isinstance(call.arguments, str):
            return write_refusal(f"the arguments of {call.name} are no JSON object")
        if self._process is None:
            await self._start()
        request = {"call": call.name, "arguments": dict(call.arguments)}
        try:
            found = await self._ask(request, self._seconds)
        except _Broken as broken:
            await self.stop()
            return self._note(call, str(broken))
        self._answered.append(request)
        reply = found.get("reply")
        return str(reply) if reply is not None else self._note(call, found["raised"])

    async def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.communicate()

    def _note(self, call: ToolCall, what: str) -> str:
        self.faults.append(f"{call.name}: {what}")
        return write_refusal(f"{call.name} failed: {what}")

    async def _start(self) -> None:
        """A process in the state that the case has reached."""
        try:
            self._process = await self._open_process()
            opened = await self._ask(self._opening, _START_SECONDS)
            for request in self._answered:
                await self._ask(request, self._seconds)
        except (OSError, _Broken) as broken:
            raise EndpointFailed(f"the environment cannot be set up: {broken}") from broken
        if "error" in opened:
            raise EndpointFailed(f"the environment cannot be set up: {opened['error']}")

    async def _open_process(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *_command(),
            cwd=self._scratch,
            env=make_surroundings(self._scratch),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            limit=_LONGEST,
            start_new_session=True,
        )

    async def _ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise _Broken("the process is gone")
        try:
            async with asyncio.timeout(seconds):
                process.stdin.write(_write_line(request))
                await process.stdin.drain()
                line = await process.stdout.readline()
        except TimeoutError:
            raise _Broken(f"no answer within {seconds:g} seconds") from None
        except (OSError, ValueError) as error:
            raise _Broken(f"no answer ({type(error).__name__})") from error
        if not line.endswith(b"\n"):
            raise _Broken("the process ended")
        return dict(json.loads(line))


class _Broken(Exception):
    """The process gave no answer and must go."""


def find_code(folder: Path) -> Path:
    """The folder with the published code: the one named, or its environments/.

    Raises:
        UserMistake: neither holds it.
    """
    for place in (folder, folder / "environments"):
        if all((place / name).is_file() for name in _NEEDED):
            return place.resolve()
    raise UserMistake(f"{folder} holds no {' and '.join(_NEEDED)}; {_REMEDY}")


def probe(folder: Path) -> str:
    """How processes are cut off from the network here, found out by starting one.

    Raises:
        UserMistake: none starts, or the published manager of environments cannot be imported.
    """
    with tempfile.TemporaryDirectory(prefix="triact-", ignore_cleanup_errors=True) as scratch:
        try:
            done = subprocess.run(
                _command(),
                input=_write_line(make_opening(folder, None)),
                capture_output=True,
                cwd=scratch,
                env=make_surroundings(Path(scratch)),
                timeout=_START_SECONDS,
                check=True,
            )
            found = json.loads(done.stdout)
            return str(found["isolation"])
        except KeyError:
            raise UserMistake(f"{folder}: {found['error']}; {_REMEDY}") from None
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            raise UserMistake(
                f"{folder}: the published environments do not run here ({error}); leave them out "
                "to simulate environments"
            ) from error


def make_opening(folder: Path, case: SafetyCase | None) -> dict[str, Any]:
    """The first request to a process: which environments to make."""
    setups = [setup.model_dump() for setup in case.setups] if case else []
    return {"open": {"folder": str(folder), "setups": setups, "seed": case.id if case else 0}}


def make_surroundings(scratch: Path) -> dict[str, str]:
    """The environment variables of a process: nothing of the user's."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return {**kept, "HOME": str(scratch), "TMPDIR": str(scratch), "PYTHONHASHSEED": "0"}


def _command() -> list[str]:
    """Python without the user's packages, which also writes no bytecode into their folder."""
    return [sys.executable, "-s", "-S", "-B", "-P", str(_WORKER)]


def _write_line(request: Mapping[str, Any]) -> bytes:
    return json.dumps(request).encode() + b"\n"
