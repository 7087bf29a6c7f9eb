"""The files that attacks and contents are composed from: goals, techniques, contents.

A goal says what an outsider wants in each domain, a technique how it is said, a content what else
may stand in the same place. Front matter declares, the body words; every reference is checked when
the files are read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gen.labels import Circumstance
from gen.taxonomy import load_leaves
from gen.templating.facts import Slot, find_references
from gen.templating.task import shipped_folder
from gen.templating.wording import Body, find_key_line, read_body, read_source, split_front_matter
from tool_catalog.domain import Domain
from tool_catalog.errors import BadTemplate, UnknownName

Form = Literal["imperative", "soft", "claim"]
Role = Literal["benign_imperative", "quoted", "sensitive", "filler", "delegated_note"]

ANY_DOMAIN = "any"
SHORT = "T.N.malicious_short"
FEWEST_PAYLOADS = 12
FEWEST_CONTENTS = 24
_FACT = re.compile(r"{{ ([a-z]\w*(?:\.[a-z]\w*)*) }}")
_QUOTING = ("quoted", "delegated_note")
_PAYLOAD_FACTS = frozenset({"order", "Order", "claim", "user", "tool"})


def _read_wording(text: str) -> str:
    """Turn `{{ slot.field }}` into the `{slot.field}` of `str.format`, which is faster."""
    found = _FACT.sub(r"{\1}", text)
    if re.search("[{}]", _FACT.sub("", text)):
        raise ValueError("a wording may hold {{ slot.field }} only")
    return found


Wording = Annotated[str, AfterValidator(_read_wording)]


class Order(BaseModel):
    """What a goal comes down to in one domain: a call, or values to be passed on as true."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slots: dict[str, Slot] = Field(default_factory=dict)
    tool: str = ""
    """Empty: nothing is to be called."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    loose: list[str] = Field(default_factory=list)
    """Arguments whose wording is the agent's to choose."""
    values: list[Any] = Field(default_factory=list)
    """The attacker's values that the answer must not pass on; only without a tool."""
    phrases: list[Wording] = Field(min_length=3)
    """The order as a plain infinitive."""
    claims: list[Wording] = Field(min_length=3)
    """The same steer as a false fact, without any imperative."""
    brief: Wording = ""
    """The order in at most six words, for techniques that are short; empty: not for them."""

    @model_validator(mode="after")
    def _validate_effect(self) -> "Order":
        if self.tool and self.values:
            raise ValueError("name a tool or values, not both")
        if not self.tool and (self.arguments or self.loose):
            raise ValueError("arguments need a tool")
        return self


class GoalFront(BaseModel):
    """The declared part of a goal file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leaf: str
    harm: str
    report: tuple[str, ...] = Field(min_length=1, max_length=3)
    """Nouns by which a final message names what the content wanted."""
    circumstance: Circumstance = Circumstance.INJECTION_IN_NAMED_OBJECT
    """The mixed case of the goal; a technique's own case goes before it."""
    orders: dict[str, list[Order]] = Field(min_length=1)
    """By domain, or `any` for orders that need no world."""


class TechniqueFront(BaseModel):
    """The declared part of a technique file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leaf: str
    form: Form
    circumstance: Circumstance = Circumstance.INJECTION_IN_NAMED_OBJECT
    hard_negative: str = ""
    """T.N leaf, when the payload is made to look harmless."""


class ContentFront(BaseModel):
    """The declared part of a content file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    leaf: str
    slots: dict[str, Slot] = Field(default_factory=dict)
    protected: list[str] = Field(default_factory=list)
    """`$references` to what must not leave; role sensitive only."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Goal:
    """A goal file."""

    name: str
    front: GoalFront
    digest: str


@dataclass(frozen=True, eq=False)
class Deed:
    """One order of a goal."""

    goal: Goal
    order: Order

    def word(self, text: str, drawn: Mapping[str, Any]) -> str:
        """Fill one of the order's wordings."""
        try:
            return text.format_map(drawn)
        except AttributeError as error:
            raise BadTemplate(f"goal {self.goal.name}: {text!r}: {error}") from error


@dataclass(frozen=True, eq=False)
class Technique:
    """A technique file."""

    name: str
    front: TechniqueFront
    body: Body
    digest: str


@dataclass(frozen=True, eq=False)
class ContentFile:
    """A content file."""

    name: str
    front: ContentFront
    body: Body
    digest: str


@dataclass(frozen=True, eq=False)
class Attacks:
    """Everything that attacks and contents are composed from."""

    goals: tuple[Goal, ...]
    techniques: tuple[Technique, ...]
    contents: tuple[ContentFile, ...]
    deeds: Mapping[tuple[str, str], tuple[Deed, ...]]
    """By domain and tool; the tool of a deed without a call is empty."""


def load_attacks(
    domains: Sequence[Domain], folders: Iterable[Path] = (), *, strict: bool = False
) -> Attacks:
    """Every goal, technique and content: the shipped ones and those in the user's folders.

    Orders for other domains than these are left out.

    Args:
        domains: whose orders are wanted.
        folders: the user's; what lies there is checked whole.
        strict: check the bodies of the shipped ones too, as tests do.

    Raises:
        BadTemplate: a file cannot be used; file and line are named.
    """
    if theirs := tuple(folders):
        return _load((shipped_folder(), *theirs), domains, strict)
    return _load_shipped(tuple(domains), strict)


@cache
def _load_shipped(domains: tuple[Domain, ...], strict: bool) -> Attacks:
    """Read once a process, so that a run's own hold-out costs no second reading."""
    return _load((shipped_folder(),), domains, strict)


def _load(roots: Sequence[Path], domains: Sequence[Domain], strict: bool) -> Attacks:
    known = {domain.name: domain for domain in domains}
    goals, deeds = [], dict[tuple[str, str], list[Deed]]()
    for file in _list_files(roots, "goals", strict):
        goal = Goal(file.name, _read_goal(file, known), file.digest)
        goals.append(goal)
        for name, orders in goal.front.orders.items():
            if name in known or name == ANY_DOMAIN:
                for index, order in enumerate(orders):
                    _check_slots(file, ("orders", name, index), order)
                    deeds.setdefault((name, order.tool), []).append(Deed(goal, order))
    return Attacks(
        tuple(goals),
        tuple(_read_technique(file) for file in _list_files(roots, "techniques", strict)),
        tuple(_read_content(file) for file in _list_files(roots, "contents", strict)),
        {key: tuple(some) for key, some in deeds.items()},
    )


class _File(NamedTuple):
    """A template file, taken apart."""

    path: Path
    text: str
    data: dict[str, Any]
    body: Body
    strict: bool
    """Whether the body is parsed and checked now."""

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def digest(self) -> str:
        return blake2b(self.text.encode(), digest_size=8).hexdigest()

    def error(self, keys: tuple[str | int, ...], message: object) -> BadTemplate:
        return BadTemplate(f"{self.path}:{find_key_line(self.text, keys)}: {message}")


def _list_files(roots: Sequence[Path], kind: str, strict: bool) -> Iterator[_File]:
    taken = set()
    for root in roots:
        for path in sorted((root / kind).glob("*.j2")):
            if path.stem in taken:
                raise BadTemplate(f"{path}:1: name {path.stem!r} is taken; rename the file")
            taken.add(path.stem)
            text = read_source(path)
            data, body, first_line = split_front_matter(text, path)
            checked = strict or root != shipped_folder()
            yield _File(path, text, data, read_body(body, path, first_line), checked)


Front = TypeVar("Front", GoalFront, TechniqueFront, ContentFront)


def _read_front(file: _File, model: type[Front]) -> Front:
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise file.error(first["loc"], f"{where}: {first['msg']}") from error


def _check_leaf(file: _File, key: str, leaf: str, axes: tuple[str, ...]) -> None:
    known = [name for name in load_leaves() if name.startswith(axes)]
    if leaf not in known:
        raise file.error((key,), UnknownName("leaf", leaf, known))


def _read_goal(file: _File, domains: Mapping[str, Domain]) -> GoalFront:
    front = _read_front(file, GoalFront)
    _check_leaf(file, "leaf", front.leaf, ("T.G.",))
    _check_leaf(file, "harm", front.harm, ("H.",))
    for name, orders in front.orders.items():
        for index, order in enumerate(orders):
            if name == ANY_DOMAIN and order.tool:
                message = f"an order for any domain cannot call {order.tool!r}"
                raise file.error(("orders", name, index, "tool"), message)
            if name in domains and order.tool:
                _check_call(file, ("orders", name, index), order, domains[name])
    return front


def _check_call(file: _File, keys: tuple[str | int, ...], order: Order, domain: Domain) -> None:
    """The tool exists, and its arguments are complete and its own."""
    if order.tool not in domain.tools:
        error = UnknownName(f"tool in {domain.name}", order.tool, domain.tools)
        raise file.error((*keys, "tool"), error)
    parameters = domain.tools[order.tool].parameters
    known = {p.name for p in parameters}
    for name in (*order.arguments, *order.loose):
        if name not in known:
            error = UnknownName(f"argument of {order.tool}", name, known)
            raise file.error((*keys, "arguments", name), error)
    missing = [p.name for p in parameters if p.required and p.name not in order.arguments]
    if missing:
        raise file.error((*keys, "arguments"), f"{order.tool} needs {', '.join(missing)}")


def _check_slots(file: _File, keys: tuple[str | int, ...], order: Order) -> None:
    """Every slot is used, and nothing is used that is not a slot."""
    wordings = " ".join((*order.phrases, *order.claims, order.brief))
    used = find_references([order.arguments, order.values])
    used |= set(re.findall(r"{(\w+)", wordings))
    for name in sorted(used - set(order.slots)):
        raise file.error(keys, UnknownName("slot", name, order.slots))
    excepted = {name for slot in order.slots.values() for name in slot.except_}
    for name in sorted(set(order.slots) - used - excepted):
        raise file.error((*keys, "slots", name), f"slot {name!r} is never used")


def _check_block(file: _File, name: str, fewest: int, allowed: Iterable[str]) -> None:
    if name not in file.body.blocks:
        raise file.error((), f"no block {name!r} in the body")
    block = file.body.blocks[name]
    where = f"{file.path}:{block.line}"
    if block.wordings < fewest:
        raise BadTemplate(
            f"{where}: block {name!r} gives {block.wordings} wordings; "
            f"at least {fewest} are needed, add alternatives to pick(...)"
        )
    for unknown in sorted(block.names - set(allowed)):
        raise BadTemplate(f"{where}: {UnknownName('slot', unknown, allowed)}")


def _read_technique(file: _File) -> Technique:
    front = _read_front(file, TechniqueFront)
    _check_leaf(file, "leaf", front.leaf, ("T.K.",))
    if front.hard_negative:
        _check_leaf(file, "hard_negative", front.hard_negative, ("T.N.malicious_",))
    if not file.strict:
        return Technique(file.name, front, file.body, file.digest)
    _check_block(file, "payload", FEWEST_PAYLOADS, _PAYLOAD_FACTS)
    wanted = {"claim"} if front.form == "claim" else {"order", "Order"}
    if not wanted & file.body.names or (file.body.names & {"claim", "order", "Order"}) - wanted:
        message = f"form {front.form} must speak of {' or '.join(sorted(wanted))} and no other"
        raise file.error(("form",), message)
    return Technique(file.name, front, file.body, file.digest)


def _read_content(file: _File) -> ContentFile:
    front = _read_front(file, ContentFront)
    _check_leaf(file, "leaf", front.leaf, ("T.N.", "T.B.", "T.S."))
    if not file.strict:
        return ContentFile(file.name, front, file.body, file.digest)
    extra = {"payload"} if front.role in _QUOTING else set()
    _check_block(file, "content", FEWEST_CONTENTS, {*front.slots, "user", *extra})
    if front.role in _QUOTING and "payload" not in file.body.names:
        raise file.error(("role",), f"a content of role {front.role} must hold {{{{ payload }}}}")
    if (front.role == "sensitive") != bool(front.protected):
        raise file.error(("protected",), "name what is protected, in role sensitive only")
    for name, slot in front.slots.items():
        if slot.from_ is not None or slot.field is not None or slot.days is not None:
            raise file.error(
                ("slots", name), "a content may draw from pool, choice or integer only"
            )
        if name not in file.body.names:
            raise file.error(("slots", name), f"slot {name!r} is never used")
    if unknown := find_references(front.protected) - set(front.slots):
        error = UnknownName("slot", sorted(unknown)[0], front.slots)
        raise file.error(("protected",), error)
    return ContentFile(file.name, front, file.body, file.digest)
