"""The leaderboard's own package, for what has several turns: its classes and its checker.

Multi-turn calls act on Python classes that come with `bfcl-eval`. It is no dependency of triact:
installed with its own dependencies it is several gigabytes. What is used here is its checker, its
eight classes and two of its constants; of all its dependencies these need `mpmath` only. Nothing
else of it is imported, so that it opens no connection and makes no folder.
"""

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from tool_catalog.errors import UserMistake

TESTED = "2026.3.23"
INSTALL = f"pip install --no-deps bfcl-eval=={TESTED} && pip install mpmath"
"""An extra cannot say --no-deps, so this is typed."""

_NAME = "bfcl_eval"
_CHECKING = f"{_NAME}.eval_checker.multi_turn_eval"
_CLASSES = (
    "gorilla_file_system",
    "math_api",
    "message_api",
    "posting_api",
    "ticket_api",
    "trading_bot",
    "travel_booking",
    "vehicle_control",
)
"""Modules that the runner imports when it meets their class."""


@dataclass(frozen=True, slots=True)
class Official:
    """What is used of the package."""

    version: str
    notice: str
    """What the user says when functions that were held back are offered."""
    steps: int
    """Steps that a turn may have. One more ends the conversation."""
    run: Callable[..., Any]
    """Evaluates Python source; only ever give it what `call_source` made."""
    check: Callable[..., Any]
    """Evaluates Python source too."""
    instances: dict[str, Any]
    """Where the runner keeps instances for good: the global names of its module."""


def load_official(folder: Path | None = None) -> Official:
    """The package, from a folder that it was installed into or from where Python finds it.

    Args:
        folder: as given to `pip install --target`; searched before anything else.

    Raises:
        UserMistake: it cannot be imported; says how to install it.
    """
    with _search(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the parser, about the package
        try:
            checker = importlib.import_module(f"{_CHECKING}.multi_turn_checker")
            runner = importlib.import_module(f"{_CHECKING}.multi_turn_utils")
            prompts = importlib.import_module(f"{_NAME}.constants.default_prompts")
            for name in _CLASSES:
                importlib.import_module(f"{_CHECKING}.func_source_code.{name}")
        except ImportError as error:
            raise UserMistake(
                f"multi-turn categories need the leaderboard's package ({error}); {INSTALL}"
            ) from error
    return Official(
        version=_read_version(folder),
        notice=prompts.DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC,
        steps=prompts.MAXIMUM_STEP_LIMIT,
        run=runner.execute_multi_turn_func_call,
        check=checker.multi_turn_checker,
        instances=vars(runner),
    )


@contextmanager
def _search(folder: Path | None) -> Iterator[None]:
    """Let Python look into a folder first, for as long as the package is loaded."""
    if folder is None:
        yield
        return
    place = folder.resolve()
    if not (place / _NAME).is_dir():
        raise UserMistake(
            f"{folder} holds no {_NAME}; "
            f"pip install --no-deps --target {folder} bfcl-eval=={TESTED} && pip install mpmath"
        )
    loaded = sys.modules.get(_NAME)
    if loaded is not None and Path(str(loaded.__file__)).parents[1] != place:
        raise UserMistake(f"{_NAME} is loaded from {loaded.__file__} already, not from {folder}")
    sys.path.insert(0, str(place))
    try:
        yield
    finally:
        sys.path.remove(str(place))


def _read_version(folder: Path | None) -> str:
    places = [str(folder.resolve())] if folder else sys.path
    found = next(iter(metadata.distributions(name="bfcl-eval", path=places)), None)
    return found.version if found else "unknown"
