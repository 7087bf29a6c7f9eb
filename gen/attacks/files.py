"""The files that attacks and contents are composed from: goals, techniques, contents.

A goal says what an outsider wants (each domain has its own orders, see `gen.attacks.orders`), a
technique how it is said, a content what else may stand in the same place. Every reference is
checked when the files are read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gen.attacks.chores import Chores, read_chores
from gen.attacks.front_matter import (
    ANY_DOMAIN,
    ContentFileRole,
    ContentFront,
    GoalFront,
    Order,
    TechniqueFront,
)
from gen.attacks.genre import Genre
from gen.attacks.manner import CUT, check_lines
from gen.attacks.orders import OrderFile, read_order_file
from gen.attacks.template_file import (
    TemplateFile,
    check_leaf,
    list_files,
    read_front,
)
from gen.records import SourceFile
from gen.templating.facts import find_references
from gen.templating.folder import shipped_folder
from tool_catalog.domain import Domain
from tool_catalog.errors import BadTemplate, UnknownName

_ORDER_FACTS = frozenset({"order", "Order"})
_SPOKEN_FACTS = frozenset({"order", "Order", "statement", "Statement", "call", "call_json"})
_CLAIM_FACTS = frozenset({"claim", "what", "What", "value", "other"})
_HELD = {"quoted": frozenset({"payload"}), "errand_note": _ORDER_FACTS}
"""What a content of a role holds, by role; each of its lines speaks of one of them."""


@dataclass(frozen=True, eq=False)
class Goal:
    """A goal file."""

    name: str
    front: GoalFront
    source: SourceFile


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
    source: SourceFile

    def serves(self, genre: Genre) -> bool:
        """Whether it can speak in a genre."""
        return genre in self.front.texts

    def has_twins(self, genre: Genre, kind: str) -> bool:
        """Whether it has harmless lines of a kind in a genre."""
        return genre in self.front.texts and bool(getattr(self.front.texts[genre], kind))

    def cut(self, line: str) -> tuple[str, str]:
        """What stands before a line of its, in another place, and the line itself."""
        lead, found, core = line.partition(CUT) if self.front.split else ("", "", line)
        return (lead, core) if found else ("", line)

    def mentions(self, name: str, genre: Genre) -> bool:
        """Whether some line of a genre speaks of a fact."""
        return any(name in find_references(line) for line in self.front.texts[genre].payload)


@dataclass(frozen=True, eq=False)
class ContentFile:
    """A content file."""

    name: str
    front: ContentFront
    source: SourceFile


@dataclass(frozen=True, eq=False)
class Attacks:
    """Everything that attacks and contents are composed from."""

    goals: tuple[Goal, ...]
    techniques: tuple[Technique, ...]
    contents: tuple[ContentFile, ...]
    chores: tuple[Chores, ...]
    deeds: Mapping[tuple[str, str], tuple[Deed, ...]]
    """By domain and tool; the tool of a deed without a call is empty."""
    errands: Mapping[str, tuple[Deed, ...]]
    """By domain: what may stand on a user's own list."""

    def list_contents(self, role: ContentFileRole) -> Sequence[ContentFile]:
        """The contents of a role."""
        return self._by_role.get(role, ())

    @cached_property
    def _by_role(self) -> Mapping[ContentFileRole, Sequence[ContentFile]]:
        found: dict[ContentFileRole, list[ContentFile]] = {}
        for content in self.contents:
            found.setdefault(content.front.role, []).append(content)
        return found


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
    own = [file for file in map(read_order_file, domains) if file is not None]
    goals, deeds, errands = [], dict[tuple[str, str], list[Deed]](), dict[str, list[Deed]]()
    for file in list_files(roots, "goals", strict):
        goal = Goal(file.name, _read_goal(file, known), file.describe("goal"))
        goals.append(goal)
        for name, order in (*_list_orders(file, goal, known), *_list_own(own, goal.name, known)):
            deed = Deed(goal, order)
            if order.scope:
                errands.setdefault(name, []).append(deed)
            else:
                deeds.setdefault((name, order.tool), []).append(deed)
    for orders in own:
        names = {goal.name for goal in goals}
        for unknown in (name for name in orders.data if name not in names):
            raise orders.error((unknown,), UnknownName("goal", unknown, names))
    return Attacks(
        tuple(goals),
        tuple(_read_technique(file) for file in list_files(roots, "techniques", strict)),
        tuple(_read_content(file) for file in list_files(roots, "contents", strict)),
        tuple(read_chores(file) for file in list_files(roots, "chores", strict)),
        {key: tuple(some) for key, some in deeds.items()},
        {name: tuple(some) for name, some in errands.items()},
    )


def _read_goal(file: TemplateFile, domains: Mapping[str, Domain]) -> GoalFront:
    front = read_front(file, GoalFront)
    check_leaf(file, "leaf", front.leaf, ("T.G.",))
    check_leaf(file, "harm", front.harm, ("H.",))
    for name, orders in front.orders.items():
        for index, order in enumerate(orders):
            if name == ANY_DOMAIN and order.tool:
                message = f"an order for any domain cannot call {order.tool!r}"
                raise file.error(("orders", name, index, "tool"), message)
            if name in domains and order.tool:
                _check_call(file, ("orders", name, index), order, domains[name])
    return front


def _list_orders(
    file: TemplateFile, goal: Goal, domains: Mapping[str, Domain]
) -> Iterator[tuple[str, Order]]:
    """Orders that stand in the goal's own file, by domain."""
    if not goal.front.orders and file.strict and file.path.parent.parent != shipped_folder():
        raise file.error(("orders",), "no orders; name a domain and what the goal wants there")
    for name, orders in goal.front.orders.items():
        if name in domains or name == ANY_DOMAIN:
            for index, order in enumerate(orders):
                _check_slots(file, ("orders", name, index), order)
                yield name, order


def _list_own(
    files: Sequence[OrderFile], goal: str, domains: Mapping[str, Domain]
) -> Iterator[tuple[str, Order]]:
    """Orders of a goal that stand with the domains."""
    for file in files:
        for index, data in enumerate(file.data.get(goal, ())):
            try:
                order = Order.model_validate(data)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                raise file.error(
                    (goal, index, *first["loc"]), f"{where}: {first['msg']}"
                ) from error
            if order.tool:
                _check_call(file, (goal, index), order, domains[file.domain])
            _check_slots(file, (goal, index), order)
            yield file.domain, order


def _check_call(
    file: TemplateFile | OrderFile, keys: tuple[str | int, ...], order: Order, domain: Domain
) -> None:
    """The tool exists, and its arguments are complete and its own."""
    if order.tool not in domain.tools:
        error = UnknownName(f"tool in {domain.name}", order.tool, domain.tools)
        raise file.error((*keys, "tool"), error)
    spec = domain.tools[order.tool]
    for name in (*order.arguments, *order.loose):
        if name not in spec.argument_names:
            error = UnknownName(f"argument of {order.tool}", name, spec.argument_names)
            raise file.error((*keys, "arguments", name), error)
    missing = [name for name in spec.required if name not in order.arguments]
    if missing:
        raise file.error((*keys, "arguments"), f"{order.tool} needs {', '.join(missing)}")


def _check_slots(file: TemplateFile | OrderFile, keys: tuple[str | int, ...], order: Order) -> None:
    """Every slot is used, and nothing is used that is not a slot."""
    wordings = " ".join((*order.phrases, *order.statements, order.brief, order.subject))
    used = find_references([order.arguments, order.values])
    used |= set(re.findall(r"{(\w+)", wordings))
    for name in sorted(used - set(order.slots)):
        raise file.error(keys, UnknownName("slot", name, order.slots))
    excepted = {name for slot in order.slots.values() for name in slot.except_}
    for name in sorted(set(order.slots) - used - excepted):
        raise file.error((*keys, "slots", name), f"slot {name!r} is never used")


def _read_technique(file: TemplateFile) -> Technique:
    front = read_front(file, TechniqueFront)
    check_leaf(file, "leaf", front.leaf, ("T.K.",))
    if front.hard_negative:
        check_leaf(file, "hard_negative", front.hard_negative, ("T.N.malicious_",))
    if file.strict:
        _check_texts(file, front)
    return Technique(file.name, front, file.describe("technique"))


def _check_texts(file: TemplateFile, front: TechniqueFront) -> None:
    """Every line speaks of what it is for."""
    wanted = _CLAIM_FACTS if front.form == "claim" else _SPOKEN_FACTS
    needed = frozenset({"claim", "other"}) if front.form == "claim" else _SPOKEN_FACTS
    for genre, manner in front.texts.items():
        keys = ("texts", genre)
        check_lines(file, (*keys, "payload"), manner.payload, {*wanted, "user", "tool"}, needed)
        for kind in ("chore", "note"):
            spoken = frozenset({kind, kind.capitalize()})
            lines = getattr(manner, kind)
            check_lines(file, (*keys, kind), lines, {*spoken, "user"}, spoken)
        for kind in ("payload", "chore", "note") if front.split else ():
            for index, line in enumerate(getattr(manner, kind)):
                if line.count(CUT) != 1:
                    raise file.error((*keys, kind, index), f"mark once with {CUT!r} where to cut")


def _read_content(file: TemplateFile) -> ContentFile:
    front = read_front(file, ContentFront)
    check_leaf(file, "leaf", front.leaf, ("T.N.", "T.B.", "T.S."))
    if file.strict:
        _check_content(file, front)
    return ContentFile(file.name, front, file.describe("content"))


def _check_content(file: TemplateFile, front: ContentFront) -> None:
    held, spoken = _HELD.get(front.role, frozenset()), set[str]()
    for genre, lines in front.texts.items():
        check_lines(file, ("texts", genre), lines, {*front.slots, "user", *held}, held)
        spoken |= {name for line in lines for name in find_references(line)}
    if (front.role == "sensitive") != bool(front.protected):
        raise file.error(("protected",), "name what is protected, in role sensitive only")
    for name, slot in front.slots.items():
        if slot.from_ is not None or slot.field is not None:
            message = "a content may draw from pool, choice, integer or days only"
            raise file.error(("slots", name), message)
        if name not in spoken:
            raise file.error(("slots", name), f"slot {name!r} is never used")
    if unknown := find_references(front.protected) - set(front.slots):
        error = UnknownName("slot", sorted(unknown)[0], front.slots)
        raise file.error(("protected",), error)
