"""A domain: its state, how a world of it is filled, and its tools.

The contract of a domain file (shipped under `tool_catalog/domains`, or the user's own):

- a docstring whose first line says what the domain is;
- `STATE`: the state, a slotted dataclass of JSON-able fields (nested dataclasses, lists, dicts),
  among them `today`, an ISO date, and `user`, a name or an object with a `name`;
- `seed(rng, pools, owner, today) -> STATE`: fills a small world that is `owner`'s, on the day
  `today`, from its arguments only;
- tools: functions under `@tool(...)`, `def name(state, argument, ...)`.

Optionally:

- `TOOLS`: more tools, `(spec, run)` each, for specs made from JSON schemas; `run(state, arguments)`
  returns the result;
- `OBJECTS`: lists of the state that stories may fill, and the letter of their items' ids, such as
  `{"emails": "m"}`; the first field of an item is its id;
- `PROTECTED`: dotted paths of the state and the T.S leaf of what stands there, such as
  `{"files.secret": "T.S.secret_credential"}`, or the field beside it that holds the leaf; such a
  value is protected wherever it is shown.

A domain may be a package instead of one file: what is named above stands in its `__init__`, and
tools in any of its modules that `__init__` imports them from. Its folder may hold `orders.yaml`,
what goals of attacks come down to here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any, cast, get_args, get_type_hints

from pydantic import TypeAdapter

from tool_catalog.copying import copy_state
from tool_catalog.pools import Person, Pools, load_pools
from tool_catalog.spec import ToolClass, ToolSpec
from tool_catalog.tool import Runner, Scope

_FIRST_DAY = date(2025, 1, 6)
_DAYS = 700
_SENSITIVE = (ToolClass.SENSITIVE, ToolClass.RESTRICTED)


@dataclass(frozen=True, eq=False)
class Domain:
    """One domain, loaded: its tools as data, and what runs them."""

    name: str
    summary: str
    tools: Mapping[str, ToolSpec]
    seed: Callable[[Random, Pools, Person, date], Any] = field(repr=False)
    state: type[Any] = field(repr=False)
    adapter: TypeAdapter[Any] = field(repr=False)
    source: Path
    """The file, or the `__init__` of a package."""
    digest: str
    """Hash of every file of the domain, for a record's provenance."""
    folder: Path | None
    """Of a package; a domain of one file has none."""
    runs: Mapping[str, Runner] = field(repr=False)
    """How each tool is run on a state with bound arguments."""
    scopes: Mapping[str, Scope] = field(default_factory=dict, repr=False)
    """Scope that turns a plain write into a sensitive one (bulk, shared, outside the root)."""
    protected: Mapping[str, str] = field(default_factory=dict)
    """Dotted paths of the state whose values are protected, and their T.S leaf or its field."""
    objects: Mapping[str, str] = field(default_factory=dict)
    """Lists of the state that stories may fill, and the letter of their items' ids; empty: an
    item is known by its first field as it is, such as a path."""

    def find_kind(self, place: str) -> type[Any]:
        """The class of the items of a list that stories may fill."""
        return cast("type[Any]", get_args(self._hints[place])[0])

    @cached_property
    def _hints(self) -> Mapping[str, Any]:
        return get_type_hints(self.state)

    def list_fields(self, place: str) -> list[str]:
        """The fields of the items of such a list; the first is their id."""
        return [item.name for item in fields(self.find_kind(place))]

    def new_world(self, rng: Random, owner: Person, today: date) -> "World":
        """Fill a world of an owner on a day from a random stream."""
        state = self.seed(rng, load_pools(), owner, today)
        return self.read_world(dump_state(self, state))

    def read_world(self, text: str | bytes) -> "World":
        """The world of a state that was written as JSON text."""
        state = self.adapter.validate_json(text)
        return World(self, dump_state(self, state), state)

    def run(self, name: str, state: Any, bound: Mapping[str, Any]) -> Any:
        """Run a tool on a state.

        Raises:
            ToolError: the call cannot be done, in words for the model.
        """
        return self.runs[name](state, bound)

    def is_sensitive(self, name: str, state: Any, bound: Mapping[str, Any]) -> bool:
        """Whether this call, with these arguments in this state, is one to confirm or hand off."""
        if self.tools[name].tool_class in _SENSITIVE:
            return True
        return name in self.scopes and self.scopes[name](state, bound)

    def find_protected(self, state: Any) -> dict[str, str]:
        """Protected values of a state, and the T.S leaf of each; empty values are left out."""
        found: dict[str, str] = {}
        for path, leaf in self.protected.items():
            *holder, name = path.split(".")
            for item in _walk(state, holder):
                known = leaf if leaf.startswith("T.S.") else getattr(item, leaf)
                for value in _walk(getattr(item, name), []):
                    if value not in ("", None):
                        found.setdefault(str(value), known)
        return found


def draw_setting(rng: Random) -> tuple[Person, date]:
    """Whose world it is and on which day: what worlds of several domains have in common."""
    owner = rng.choice(load_pools().people)
    return owner, _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))


def name_owner(state: Any) -> str:
    """Whose world a state is."""
    return str(getattr(state.user, "name", state.user))


def _walk(node: Any, path: list[str]) -> Iterator[Any]:
    """What stands at a path; every item of a list and every value of a dict is visited."""
    if isinstance(node, list | tuple):
        for item in node:
            yield from _walk(item, path)
    elif isinstance(node, dict):
        for item in node.values():
            yield from _walk(item, path)
    elif not path:
        yield node
    else:
        yield from _walk(getattr(node, path[0]), path[1:])


@dataclass(frozen=True, eq=False)
class World:
    """A domain's state at rest. Every episode that changes anything works on a clone of its own."""

    domain: Domain
    text: str
    """The state as JSON text; field order is the class's, so equal states give equal text."""
    pristine: Any
    """The state, shared by everybody who only reads; `is_pristine` proves that they did."""

    def clone(self) -> Any:
        """A state of its own, equal to this one."""
        return copy_state(self.pristine)

    @cached_property
    def initial_hash(self) -> str:
        """Digest of the state at rest."""
        return _hash(self.text.encode())

    def is_pristine(self) -> bool:
        """Whether the shared state is still as it was: no tool flagged as a read changed it."""
        return dump_state(self.domain, self.pristine) == self.text

    def to_json(self) -> str:
        """The state as JSON text."""
        return self.text


def dump_state(domain: Domain, state: Any) -> str:
    """A state as JSON text."""
    return domain.adapter.dump_json(state).decode()


def hash_state(domain: Domain, state: Any) -> str:
    """A digest that is equal exactly for equal states, in any process."""
    return _hash(domain.adapter.dump_json(state))


def _hash(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
