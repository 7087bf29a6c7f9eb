"""A domain: its state, how a world of it is filled, and its tools.

The contract of a domain file (shipped under `tool_catalog/domains`, or the user's own):

- a docstring whose first line says what the domain is;
- `STATE`: the state, a slotted dataclass of JSON-able fields (nested dataclasses, lists, dicts);
- `seed(rng, pools) -> STATE`: fills a small world, from `rng` and `pools` only;
- tools: functions under `@tool(...)`, `def name(state, argument, ...)`.

Optionally `TRUSTED`: dotted state fields that only the user can have written.
"""

import importlib.util
import inspect
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter

from tool_catalog.errors import BadDomainFile
from tool_catalog.pools import Pools, load_pools
from tool_catalog.spec import ToolSpec, describe_tool, is_tool


@dataclass(frozen=True, eq=False)
class Domain:
    """One domain, loaded."""

    name: str
    summary: str
    tools: Mapping[str, ToolSpec]
    seed: Callable[[Random, Pools], Any] = field(repr=False)
    adapter: TypeAdapter[Any] = field(repr=False)
    source: Path
    """The file, so that its content hash can stand in a record's provenance."""

    def new_world(self, rng: Random) -> "World":
        """Fill a world from a random stream."""
        return World(self, pickle.dumps(self.seed(rng, load_pools()), protocol=5))

    def read_world(self, text: str | bytes) -> "World":
        """The world that `World.to_json` wrote."""
        return World(self, pickle.dumps(self.adapter.validate_json(text), protocol=5))


@dataclass(frozen=True, eq=False)
class World:
    """A domain's state at rest. Every episode that changes anything works on a clone of its own."""

    domain: Domain
    blob: bytes

    def clone(self) -> Any:
        """A fresh state, equal to the one the world was made from."""
        return pickle.loads(self.blob)  # our own bytes, made in this process

    @cached_property
    def pristine(self) -> Any:
        """One clone that is shared by everybody who only reads; `is_pristine` proves it."""
        return self.clone()

    @cached_property
    def initial_hash(self) -> str:
        """Digest of the state at rest."""
        return hash_state(self.domain, self.clone())

    def is_pristine(self) -> bool:
        """Whether the shared clone is still as it was: no tool flagged as a read changed it."""
        return hash_state(self.domain, self.pristine) == self.initial_hash

    def to_json(self) -> str:
        """The state as JSON text; field order is the class's, so equal states give equal text."""
        return dump_state(self.domain, self.pristine)


def dump_state(domain: Domain, state: Any) -> str:
    """A state as JSON text."""
    return domain.adapter.dump_json(state).decode()


def hash_state(domain: Domain, state: Any) -> str:
    """A digest that is equal exactly for equal states, in any process."""
    return blake2b(domain.adapter.dump_json(state), digest_size=16).hexdigest()


def read_domain(module: ModuleType, name: str) -> Domain:
    """Turn a module that keeps the contract into a `Domain`.

    Raises:
        BadDomainFile: what is missing, and in which file.
    """
    where = module.__file__ or name
    state, seed = getattr(module, "STATE", None), getattr(module, "seed", None)
    if not (isinstance(state, type) and is_dataclass(state)):
        raise BadDomainFile(f"{where}: STATE must be the dataclass that holds the domain's state")
    if not callable(seed):
        raise BadDomainFile(f"{where}: define seed(rng, pools), which fills and returns the state")
    functions = [
        f for _, f in inspect.getmembers(module, is_tool) if f.__module__ == module.__name__
    ]
    functions.sort(key=lambda f: f.__code__.co_firstlineno)
    if not functions:
        raise BadDomainFile(f"{where}: no tool; put @tool(...) over a function of the state")
    tools = {f.__name__: describe_tool(f, name) for f in functions}
    summary = (inspect.getdoc(module) or name).splitlines()[0]
    return Domain(name, summary, tools, seed, TypeAdapter(state), Path(where))


def read_domain_file(path: Path) -> Domain:
    """Load a domain file from outside the package; its name is the file's stem."""
    if not path.is_file():
        raise BadDomainFile(f"{path}: no such domain file")
    name = path.stem
    digest = blake2b(str(path.resolve()).encode(), digest_size=6).hexdigest()
    spec = importlib.util.spec_from_file_location(f"triact_domain_{name}_{digest}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise BadDomainFile(f"{path}:{error.lineno}: {error.msg}") from error
    except Exception as error:
        raise BadDomainFile(
            f"{path}: cannot be imported: {type(error).__name__}: {error}"
        ) from error
    return read_domain(module, name)
