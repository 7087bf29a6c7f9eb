"""The contract of a domain, checked when it is loaded; each breach is one line with the file.

`tool_catalog.domain` says what the contract is.
"""

import inspect
import typing
from dataclasses import is_dataclass
from datetime import date
from random import Random
from types import ModuleType
from typing import Any

from tool_catalog.domain import Domain, World, draw_setting, name_owner
from tool_catalog.errors import BadDomainFile
from tool_catalog.pools import Person
from tool_catalog.spec import ToolSpec

_DRAWS = 3


def check_module(module: ModuleType, where: str) -> None:
    """What can be said without running anything.

    Raises:
        BadDomainFile: the first breach.
    """
    state, seed = getattr(module, "STATE", None), getattr(module, "seed", None)
    if not (inspect.getdoc(module) or "").strip():
        raise BadDomainFile(f"{where}: begin with a docstring whose first line says what it is")
    if not (isinstance(state, type) and is_dataclass(state)):
        raise BadDomainFile(f"{where}: STATE must be the dataclass that holds the domain's state")
    hints = typing.get_type_hints(state)
    for name in ("today", "user"):
        if name not in hints:
            raise BadDomainFile(f"{where}: {state.__name__} needs a field {name!r}")
    if hints["today"] is not str:
        raise BadDomainFile(f"{where}: {state.__name__}.today must be a str, an ISO date")
    if not callable(seed) or len(inspect.signature(seed).parameters) != 4:
        raise BadDomainFile(
            f"{where}: define seed(rng, pools, owner, today), which fills and returns the state"
        )
    _check_protected(getattr(module, "PROTECTED", {}), state, where)
    _check_tools(getattr(module, "TOOLS", ()), where)


def check_worlds(domain: Domain) -> None:
    """Draw some worlds: each comes back from JSON as it was, and equal streams give equal worlds.

    Raises:
        BadDomainFile: the first breach.
    """
    where = domain.source
    for number in range(_DRAWS):
        owner, today = draw_setting(Random(f"contract:{number}"))
        first, again = (_draw(domain, number, owner, today) for _ in range(2))
        if first.to_json() != again.to_json():
            raise BadDomainFile(
                f"{where}: seed gave two worlds for one stream; draw from rng only, and take the "
                "day from today"
            )
        if domain.read_world(first.to_json()).to_json() != first.to_json():
            raise BadDomainFile(f"{where}: a world does not come back from JSON as it was")
        state = first.clone()
        if state.today != today.isoformat() or name_owner(state) != owner.name:
            raise BadDomainFile(
                f"{where}: seed must set today to today.isoformat() and user to owner.name"
            )
        domain.find_protected(state)


def _draw(domain: Domain, number: int, owner: Person, today: date) -> World:
    try:
        world = domain.new_world(Random(f"contract:{number}"), owner, today)
        world.to_json()
    except BadDomainFile:
        raise
    except Exception as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise BadDomainFile(f"{domain.source}: seed gave no state of STATE: {told}") from error
    return world


def _check_protected(protected: Any, state: type, where: str) -> None:
    if not isinstance(protected, dict):
        raise BadDomainFile(f"{where}: PROTECTED must be a dict of state paths and T.S leaves")
    for path, leaf in protected.items():
        *holder, name = str(path).split(".")
        names = [name] if str(leaf).startswith("T.S.") else [name, str(leaf)]
        for last in names:
            kinds: list[Any] = [state]
            for step in (*holder, last):
                kinds = [h for kind in kinds for h in _list_fields(kind, step)]
                if not kinds:
                    raise BadDomainFile(f"{where}: PROTECTED: {path!r}: the state has no {step!r}")


def _list_fields(kind: Any, name: str) -> list[Any]:
    """Types that a field may have, through the lists and dicts around its class."""
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return [hints[name]] if name in hints else []
    inner = typing.get_args(kind)
    if typing.get_origin(kind) is dict:
        inner = inner[1:]
    return [hint for one in inner for hint in _list_fields(one, name)]


def _check_tools(tools: Any, where: str) -> None:
    for entry in tools:
        pair = isinstance(entry, tuple) and len(entry) == 2
        if not pair or not isinstance(entry[0], ToolSpec) or not callable(entry[1]):
            raise BadDomainFile(f"{where}: TOOLS must hold (spec, run) pairs")
