"""Running a domain that is somebody's own: under a limit of time and size, and held to its word.

Whatever goes wrong in such code is one line that names the file and the tool. A call that hangs
is ended by a timer, which only the main thread has; elsewhere it may hang, and so may a loop that
runs inside one call of C code. A loop that catches everything, the timer too, ends the process.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import TypeAdapter

from tool_catalog.errors import BadDomainFile, ToolError
from tool_catalog.tool import Runner, Scope

SECONDS = 3.0
LARGEST_RESULT = 1_000_000
_LONGEST_TOLD = 200
_GRACE = 10.0
"""Seconds after which code that went on when its time was over ends with the process."""

Made = TypeVar("Made")


class _TookTooLong(BaseException):
    """Not an `Exception`, so that the code that hangs cannot swallow it."""


@contextmanager
def limit_time(seconds: float, where: str = "this") -> Iterator[None]:
    """End what runs inside with `TimeoutError` when the time is over, in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    over = False

    def stop(*_: object) -> None:
        nonlocal over
        if over:
            sys.stderr.write(
                f"triact: {where}: takes longer than {seconds:g} seconds and cannot be stopped\n"
            )
            sys.stderr.flush()
            os._exit(2)
        over = True
        raise _TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, _GRACE)
    try:
        yield
    except _TookTooLong as error:
        raise TimeoutError(f"takes longer than {seconds:g} seconds") from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


def run_theirs(where: str, work: Callable[[], Made], seconds: float = SECONDS) -> Made:
    """Run somebody's code.

    Args:
        where: what the error starts with: the file, and the tool or function.
        work: what to run.
        seconds: the limit.

    Raises:
        ToolError: the code refused a call, as tools do.
        BadDomainFile: it took too long, raised or wanted to exit.
    """
    try:
        with limit_time(seconds, where):
            return work()
    except (ToolError, BadDomainFile):
        raise
    except TimeoutError as error:
        raise BadDomainFile(f"{where}: {error}") from error
    except SystemExit as error:
        raise BadDomainFile(f"{where}: wants to end the program; remove sys.exit()") from error
    except Exception as error:
        raise BadDomainFile(f"{where}: {describe(error)}") from error


def describe(error: Exception) -> str:
    """An error of somebody's code on one line; its own words may fail as well."""
    kind = type(error).__name__
    try:
        told = str(error)
    except Exception:
        return kind
    return " ".join(f"{kind}: {told}".split())[:_LONGEST_TOLD]


def guard_run(where: str, run: Runner, adapter: TypeAdapter[Any], *, reads: bool) -> Runner:
    """A tool's function under limits; one that is declared a read is held to it.

    Args:
        where: the file and the tool.
        run: the function.
        adapter: writes the state, so that a change shows.
        reads: whether the tool is declared a read.
    """

    def guarded(state: Any, bound: Mapping[str, Any]) -> Any:
        before = adapter.dump_json(state) if reads else b""
        result = run_theirs(where, lambda: run(state, bound))
        if reads and adapter.dump_json(state) != before:
            raise BadDomainFile(f"{where}: flagged R, but it changed the state; give it flag W")
        _check_result(where, result)
        return result

    return guarded


def guard_scope(where: str, scope: Scope) -> Scope:
    """What makes a call sensitive, under limits."""
    return lambda state, bound: bool(run_theirs(where, lambda: scope(state, bound)))


def _check_result(where: str, result: Any) -> None:
    try:
        size = len(json.dumps(result, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise BadDomainFile(f"{where}: its result is no JSON: {error}") from error
    if size > LARGEST_RESULT:
        raise BadDomainFile(
            f"{where}: its result has {size} bytes; at most {LARGEST_RESULT} are allowed"
        )
