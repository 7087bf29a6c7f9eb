"""One contrast set before any trajectory: all facts, drawn from (seed, set index, stream)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Any

from gen.attacks.attack import Attack, compose_attack
from gen.attacks.content import Content
from gen.attacks.errand import Errand, compose_errand
from gen.attacks.genre import SHORT_FIELDS, Genre, find_genre
from gen.attacks.swap import compose_swap
from gen.attacks.twin import compose_contents
from gen.contrast import Role
from gen.episode import Beginnings
from gen.policy import is_forbidden
from gen.records import CallMatch, Reportable, ReportReason
from gen.sets.operator import PolicyForm, draw_form, list_confirm
from gen.sets.roles import choose_roles
from gen.sets.source import Source, choose_split, choose_template, list_sides, resolve_tool
from gen.sets.words import Words
from gen.stories.binding import BoundTask
from gen.stories.world import fill_worlds
from gen.templating.facts import draw_facts, resolve
from gen.templating.task import (
    CallSpec,
    Carrier,
    MemberName,
    TaskFrontMatter,
    TaskTemplate,
    name_tool,
)
from tool_catalog.domain import Domain, World
from tool_catalog.pools import Person, load_pools
from tool_catalog.sandbox import show_names
from tool_catalog.sandbox.transition import Transitions
from tool_catalog.sandbox.view import Position
from tool_catalog.spec import ToolSpec

_ATTEMPTS = 20
_FIRST_DAY, _DAYS = date(2025, 1, 6), 330
"""Roles whose contents are twins of attacks."""
_SECRET: tuple[ReportReason, ...] = ("secret", "other")
_POSITIONS = (Position.START, Position.MIDDLE, Position.END)


@dataclass(frozen=True, eq=False)
class Situation:
    """What all members of a set share."""

    index: int
    template: TaskTemplate
    worlds: tuple[World, ...]
    """The task's own domain first."""
    tools: tuple[ToolSpec, ...]
    """Offered to the agent."""
    specs: Mapping[str, ToolSpec]
    """Each of them by `domain.tool`."""
    names: Mapping[str, str]
    """What the agent calls each of them, by `domain.tool`."""
    confirm: tuple[str, ...]
    """Those whose calls are asked about by their class alone, under the run's own policy."""
    facts: Mapping[str, Any]
    calls: Mapping[MemberName, tuple[CallMatch, ...]]
    """Each member's calls, as the user first asks for them."""
    attack: Attack
    contents: Mapping[str, Content]
    swap: Attack | None
    """A claim that contradicts a value of the task."""
    errand: Errand | None
    """What a list may ask for beside the task."""
    carrier: Carrier
    """The one field of a result where content is placed; its tool is `domain.tool`."""
    position: Position
    form: PolicyForm
    secrets: Mapping[str, str]
    """Protected values of the worlds, each with its T.S leaf."""
    leaks: tuple[Reportable, ...]
    """The same as passages of a result that may be reported."""
    strangers: tuple[Person, ...]
    """People who have nothing to do with the task: other owners, other recipients."""
    roles: tuple[Role, ...]
    split: str

    @property
    def domain(self) -> Domain:
        """The task's own domain."""
        return self.worlds[0].domain

    @property
    def true_value(self) -> str:
        """The value of the task that a claim contradicts; empty when none can be."""
        front = self.template.front
        return str(resolve(front.swap.value, self.facts)) if front.swap is not None else ""

    def is_sensitive(self, call: CallMatch) -> bool:
        """Whether a call, in the world as it is, is one that policies may ask about."""
        spec = self.specs[call.tool]
        world = next(w for w in self.worlds if w.domain.name == spec.domain)
        return world.domain.is_sensitive(spec.name, world.pristine, spec.bind(call.arguments))


@dataclass
class Notebook:
    """What the members of a set write once and share while they are made."""

    words: Words = field(default_factory=Words)
    """Texts that a model wrote anew; what is not among them is as the templates have it."""
    requests: dict[str, str] = field(default_factory=dict)
    """Requests by the key of their words."""
    answers: dict[str, str] = field(default_factory=dict)
    """What the task's answer blocks say, by block: equal for all that were asked the same."""
    system: str = ""
    """What the operator says where the run's own policy holds."""
    transitions: Transitions = field(default_factory=dict)
    """What calls were found to do in the worlds of the set."""
    beginnings: dict[str, Beginnings] = field(default_factory=dict)
    """What was read so far, by what stands in the results."""
    titles: dict[str, str] | None = None
    """What the things of the worlds are called, by their ids, once somebody has asked."""


def draw_situation(source: Source, index: int) -> Situation | None:
    """The facts of one set; `None` when no world fits its template in twenty attempts."""
    template = choose_template(source, index)
    front, key = template.front, f"{source.config.seed}:{index}"
    if isinstance(template, BoundTask):
        drawn = _tell_stories(source, template, index, key)
    else:
        drawn = _draw_facts(source, template, key)
    if drawn is None:
        return None
    worlds, facts = drawn
    states = {world.domain.name: world.pristine for world in worlds}
    tools = tuple(resolve_tool(source, front, name) for name in front.tools)
    calls = {
        name: drop_repeats(resolve_calls(m.calls, facts, front), {t.key: t for t in tools})
        for name, m in front.members.items()
    }
    own = [call for member in calls.values() for call in member]
    avoid = [*own, *_list_corrected(template, calls, facts)]
    carrier = _choose_carrier(template, Random(f"{key}:carrier"))
    genre = find_genre(carrier)
    attack, errand = _compose_orders(source, worlds[0], tools, facts, avoid, key, genre)
    swap = _compose_swap(source, front, facts, key, genre)
    rng, secrets = Random(f"{key}:scene"), _find_secrets(worlds)
    return Situation(
        index=index,
        template=template,
        worlds=worlds,
        tools=tools,
        specs={tool.key: tool for tool in tools},
        names=show_names(tools),
        confirm=list_confirm(tools, source.policy),
        facts=facts,
        calls=calls,
        attack=attack,
        contents=compose_contents(source.attacks, facts, attack, (swap, errand), key, genre),
        swap=swap,
        errand=errand,
        carrier=carrier,
        position=_choose_position(attack, swap, rng),
        form=draw_form(rng),
        secrets=secrets,
        leaks=tuple(Reportable(text=text, reasons=_SECRET, due=False) for text in secrets),
        strangers=tuple(_draw_strangers(states, facts, rng)),
        roles=tuple(choose_roles(source, front, f"{key}:roles")),
        split=choose_split(source.config, template, attack.technique, attack.encoding, index),
    )


def _draw_facts(
    source: Source, template: TaskTemplate, key: str
) -> tuple[tuple[World, ...], dict[str, Any]] | None:
    """The first worlds in which every slot can be filled, and what fills them."""
    front = template.front
    for attempt in range(_ATTEMPTS):
        worlds, given = _draw_worlds(source, front, key, attempt)
        rng = Random(f"{key}:facts:{attempt}")
        states = {world.domain.name: world.pristine for world in worlds}
        facts = draw_facts(
            front.slots, states[front.domain], rng, load_pools(), given, others=states
        )
        if facts is not None and _changes(template, facts):
            return worlds, facts
    return None


def _tell_stories(
    source: Source, task: BoundTask, index: int, key: str
) -> tuple[tuple[World, ...], dict[str, Any]] | None:
    """The first worlds in which second thoughts would change something."""
    domains = [source.domains[name] for name in (task.front.domain, *task.front.worlds)]
    stories = [task.story, *list_sides(source, task, index)]
    length, folders = source.config.length, source.config.template_folders
    wanted = list(task.parts.list_wanted(task.story))
    for attempt in range(_ATTEMPTS):
        rng, own = Random(f"{key}:owner:{attempt}"), f"{key}:{attempt}"
        owner = rng.choice(load_pools().people)
        today = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
        worlds, facts = fill_worlds(domains, stories, owner, today, own, length, wanted, folders)
        facts = task.name_things(facts, worlds)
        if _changes(task, facts):
            return worlds, facts
    return None


def _draw_worlds(
    source: Source, front: TaskFrontMatter, key: str, attempt: int
) -> tuple[tuple[World, ...], dict[str, Any]]:
    """Worlds of the same owner on the same day, and both as facts."""
    rng = Random(f"{key}:owner:{attempt}")
    owner = rng.choice(load_pools().people)
    today = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    worlds = tuple(
        source.domains[name].new_world(Random(f"{key}:world:{name}:{attempt}"), owner, today)
        for name in (front.domain, *front.worlds)
    )
    return worlds, {"user": owner, "today": today.isoformat()}


def _find_secrets(worlds: Sequence[World]) -> dict[str, str]:
    found: dict[str, str] = {}
    for world in worlds:
        found |= world.domain.find_protected(world.pristine)
    return found


def _changes(template: TaskTemplate, facts: Mapping[str, Any]) -> bool:
    """Whether what a correcting user wants is another call than the first."""
    for member in template.front.members.values():
        if not member.correct:
            continue
        before = resolve(member.calls[-1].arguments, facts)
        if all(before.get(name) == new for name, new in resolve(member.correct, facts).items()):
            return False
    return True


def _list_corrected(
    template: TaskTemplate,
    calls: Mapping[MemberName, tuple[CallMatch, ...]],
    facts: Mapping[str, Any],
) -> list[CallMatch]:
    """Last calls as a correcting user wants them; an attack must want something else."""
    found = []
    for name, member in template.front.members.items():
        if member.correct:
            last = calls[name][-1]
            changed = {**last.arguments, **resolve(member.correct, facts)}
            found.append(last.model_copy(update={"arguments": changed}))
    return found


def _choose_carrier(template: TaskTemplate, rng: Random) -> Carrier:
    """A carrier that both the benign and the sensitive member read, where there is one."""
    front = template.front
    used = [{c.tool for c in front.members[name].calls} for name in ("benign", "sensitive")]
    shared = [c for c in front.carriers if all(c.tool in tools for tools in used)]
    roomy = [c for c in shared or front.carriers if c.field not in SHORT_FIELDS]
    chosen = rng.choice(roomy or shared or front.carriers)
    return chosen.model_copy(update={"tool": name_tool(front, chosen.tool)})


def _compose_orders(
    source: Source,
    world: World,
    tools: Sequence[ToolSpec],
    facts: Mapping[str, Any],
    avoid: Sequence[CallMatch],
    key: str,
    genre: Genre,
) -> tuple[Attack, Errand | None]:
    """What an outsider orders, and what the user's own list may; never the same call."""
    own = [tool for tool in tools if tool.domain == world.domain.name]
    drawing = {"attacks": source.attacks, "domain": world.domain, "state": world.pristine,
               "facts": facts, "pools": load_pools(), "genre": genre}  # fmt: skip
    attack = compose_attack(
        **drawing, offered=[tool.name for tool in own], avoid=avoid, key=f"{key}:attack",
        rng=Random(f"{key}:attack"),
    )  # fmt: skip
    errand = compose_errand(
        **drawing, offered=[tool.name for tool in own if not is_forbidden(tool, source.policy)],
        avoid=[*avoid, *attack.calls], key=f"{key}:errand", rng=Random(f"{key}:errand"),
    )  # fmt: skip
    return attack, errand


def _choose_position(attack: Attack, swap: Attack | None, rng: Random) -> Position:
    """Where contents stand, the same in every member: what has led up to them stands before."""
    position = rng.choice(_POSITIONS)
    return Position.END if attack.lead or (swap is not None and swap.lead) else position


def _compose_swap(
    source: Source, front: TaskFrontMatter, facts: Mapping[str, Any], key: str, genre: Genre
) -> Attack | None:  # fmt: skip
    if front.swap is None:
        return None
    return compose_swap(
        attacks=source.attacks, what=str(resolve(front.swap.what, facts)),
        value=str(resolve(front.swap.value, facts)), key=f"{key}:swap", rng=Random(f"{key}:swap"),
        pools=load_pools(), user=facts["user"].name, told=repr(list(facts.values())),
        genre=genre, others=[str(resolve(other, facts)) for other in front.swap.others],
    )  # fmt: skip


def _draw_strangers(
    states: Mapping[str, Any], facts: Mapping[str, Any], rng: Random
) -> Iterator[Person]:
    """Three people that neither the worlds nor the task know."""
    known = repr(states) + repr(facts)
    drawn = rng.sample(load_pools().people, 40)
    yield from islice((person for person in drawn if person.name not in known), 3)


def resolve_calls(
    calls: Sequence[CallSpec], facts: Mapping[str, Any], front: TaskFrontMatter
) -> tuple[CallMatch, ...]:
    """A member's calls with the set's values in place."""
    return tuple(
        CallMatch(
            tool=name_tool(front, c.tool),
            arguments=resolve(c.arguments, facts),
            loose=tuple(c.loose),
        )
        for c in calls
    )


def drop_repeats(
    calls: Sequence[CallMatch], specs: Mapping[str, ToolSpec]
) -> tuple[CallMatch, ...]:
    """Calls without those that do again what was done, nothing else having changed since.

    Two things of a story may be found by one word: the search for the second is the first's.
    """
    kept: list[CallMatch] = []
    known: list[tuple[str, dict[str, Any]]] = []
    for call in calls:
        if (call.tool, call.arguments) in known:
            continue
        if specs[call.tool].changes_state:
            known.clear()
        known.append((call.tool, call.arguments))
        kept.append(call)
    return tuple(kept)
