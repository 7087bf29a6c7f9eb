"""The process in which published environments run: one case's tools, asked over pipes.

Started as a script, with the standard library alone. Before any published code is imported the
process gives up the network, other programs, files outside its scratch folder, and most memory
and time. That holds back code that is careless with what a model hands it; it is no prison for
code written to break out, for which there are containers.

A line in is one JSON object, and so is a line out: `open` with a folder, the environments of a
case and a seed gives `isolation` or `error`; `call` with arguments gives `reply` or `raised`.
"""

import ctypes
import importlib
import json
import os
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

_MEMORY = 1 << 30
_FILE = 16 << 20
_SECONDS = 60
_FILES = 64
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FORBIDDEN = (
    "ctypes.", "os.exec", "os.fork", "os.kill", "os.posix_spawn", "os.spawn", "os.startfile",
    "os.system", "pty.", "resource.", "signal.", "socket.", "subprocess.", "urllib.",
)  # fmt: skip
_CHANGES = (
    "os.chflags", "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename",
    "os.rmdir", "os.symlink", "os.truncate", "os.utime",
)  # fmt: skip
_LOOKS = ("os.chdir", "os.listdir", "os.scandir")


def serve(lines: Iterable[str], out: TextIO) -> None:
    """Answer line by line until there are no more."""
    tools: dict[str, Any] = {}

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        if "open" in request:
            opened = request["open"]
            isolation = isolate(Path(opened["folder"]), Path.cwd())
            try:
                tools.update(open_environments(**opened))
            except Exception as error:
                return {"error": describe(error)}
            return {"isolation": isolation}
        return call(tools[request["call"]], request["call"], request["arguments"])

    for line in lines:
        out.write(json.dumps(answer(json.loads(line))) + "\n")
        out.flush()


def open_environments(
    folder: str, setups: Iterable[Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    """The environment of each tool of a case, made by the published manager."""
    sys.path.insert(0, folder)
    random.seed(seed)
    manager = importlib.import_module("EnvManager").EnvManager()
    found = {}
    for setup in setups:
        importlib.import_module(setup["name"])  # the manager would hide why it fails
        environment = manager.init_env(setup["name"], setup["parameters"] or None)
        found.update(dict.fromkeys(setup["tools"], environment))
    return found


def call(environment: Any, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a tool returned as JSON text, or what it raised."""
    try:
        return {"reply": json.dumps(environment.call_tool(tool, dict(arguments)))}
    except Exception as error:
        return {"raised": describe(error)}


def describe(error: BaseException) -> str:
    """An error on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def isolate(folder: Path, scratch: Path) -> str:
    """Give up what is not needed, for good; returns how the network was cut off."""
    limit_resources()
    isolation = "namespace" if leave_network() else "sockets"
    library = map(Path, filter(None, sys.path))
    readable = [str(path.resolve()) for path in (scratch, folder, *library)]
    sys.addaudithook(make_guard(readable, str(scratch.resolve())))
    return isolation


def limit_resources() -> None:
    """Bound memory, computing time and files, where the system can."""
    try:
        import resource
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):  # some systems know a limit and take none
            continue


def leave_network() -> bool:
    """Move to a network namespace with nothing in it, where the system permits."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK) == 0)
    except (OSError, AttributeError):
        return False


def make_guard(readable: list[str], writable: str) -> Callable[[str, tuple[Any, ...]], None]:
    """A hook that refuses whatever reaches outside; Python calls it before the thing is done."""

    def is_within(path: Any, roots: Iterable[str]) -> bool:
        real = os.path.realpath(os.fsdecode(path))
        return any(real == root or real.startswith(root + os.sep) for root in roots)

    def guard(event: str, given: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"{event} is not permitted here")
        if event == "open":
            path, _, flags = given
            roots = [writable] if (flags or 0) & _WRITES else readable
        elif event in _CHANGES or event in _LOOKS:
            path, roots = given[0], [writable] if event in _CHANGES else readable
        else:
            return
        paths = [path, *given[1:2]] if event in ("os.rename", "os.link", "os.symlink") else [path]
        for path in paths:
            if isinstance(path, str | bytes | os.PathLike) and not is_within(path, roots):
                raise PermissionError(f"{event} outside the scratch folder is not permitted here")

    return guard


def _take_channel() -> tuple[TextIO, TextIO]:
    """The pipes, taken away from published code: what it prints goes nowhere, it reads nothing."""
    heard = os.fdopen(os.dup(0), encoding="utf-8")
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    return heard, said


if __name__ == "__main__":
    serve(*_take_channel())
