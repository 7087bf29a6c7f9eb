"""Worlds that stories happen in: what each domain's own seed gives, and the things of the stories.

Every story of a world is given other people, firms and places than the others, so that no name
means two. The first story is the one that the task is about; the rest is there as well, as in
anybody's mailbox.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from gen.config import Length
from gen.stories.length import Stretching, fit_text, load_passages
from gen.stories.moments import Day
from gen.stories.slot import Casting, draw_clock, draw_slots
from gen.stories.story import AskedFact, Misuse, Story, StoryAct, Thing, When
from gen.templating.facts import resolve
from tool_catalog.domain import Domain, World, dump_state
from tool_catalog.errors import BadTemplate
from tool_catalog.kit.ids import new_id
from tool_catalog.pools import Person, load_pools

_REPLY_DAYS = (0, 2)
_QUOTED = "quoted_thread"
"""A field of this name holds what a thing answers, where its story says nothing else."""
Spoken = AskedFact | StoryAct | Misuse
"""What of a story a task speaks of."""


@dataclass(frozen=True, slots=True)
class _Staged:
    """A thing that waits for its place in a world."""

    story: Story
    name: str
    thing: Thing
    facts: dict[str, Any]
    """Of its story; the things among them get their fields when they are made."""


def fill_worlds(
    domains: Sequence[Domain],
    stories: Sequence[Story],
    owner: Person,
    today: date,
    key: str,
    length: Length,
    wanted: Sequence[Spoken] = (),
    folders: tuple[Path, ...] = (),
) -> tuple[tuple[World, ...], dict[str, Any]]:
    """Worlds of one owner on one day, and what the first story's words may speak of.

    Args:
        domains: one world each.
        stories: the one that the task is about first; things of other domains are left out.
        owner: whose worlds they are.
        today: on which day.
        key: of every random stream.
        length: how much the texts say.
        wanted: what a compact text must still say of; none: all that its story declares.
        folders: of the user's templates, which may hold further passages.

    Raises:
        BadTemplate: a story cannot be told; its file is named.
    """
    pools, known = load_pools(), {domain.name: domain for domain in domains}
    states = {
        domain.name: domain.seed(Random(f"{key}:world:{domain.name}"), pools, owner, today)
        for domain in domains
    }
    casting = Casting(Random(f"{key}:casting"), pools, owner)
    staged: list[_Staged] = []
    told: list[dict[str, Any]] = []
    for story in stories:
        rng = Random(f"{key}:story:{story.id}")
        given = {"user": owner, "today": Day(today.isoformat())}
        facts = draw_slots(story.front.slots, rng, casting, today, given)
        _draw_moments(story, facts, rng, today)
        told.append(facts)
        staged += [_Staged(story, n, t, facts) for n, t in story.list_things(known)]
    Random(f"{key}:order").shuffle(staged)
    _name(staged, known, states)
    stretching = _open_passages(known, length, key, folders)
    _make_all(stories, staged, known, states, key, stretching, wanted)
    for name, state in states.items():
        _sort(known[name], state)
    worlds = tuple(d.read_world(dump_state(d, states[d.name])) for d in domains)
    return worlds, told[0] if told else {"user": owner, "today": today.isoformat()}


def _open_passages(
    names: Iterable[str], length: Length, key: str, folders: tuple[Path, ...]
) -> dict[str, Stretching]:
    """What the texts of each domain are made longer with."""
    return {
        name: Stretching(load_passages(name, folders), length, Random(f"{key}:passages:{name}"))
        for name in names
    }


def _draw_moments(story: Story, facts: dict[str, Any], rng: Random, today: date) -> None:
    """When each thing came about; until it is made, a thing is no more than that."""
    for name, thing in story.front.things.items():
        moment = _draw_moment(thing, facts, rng, today) if thing.at is not None else Day("")
        facts[name] = SimpleNamespace(at=moment)


def _draw_moment(thing: Thing, facts: Mapping[str, Any], rng: Random, today: date) -> Day:
    when = thing.at or When(days=(0, 0))
    clock = draw_clock(rng, *when.time)
    if when.on:
        day = resolve(when.on, facts)
        return Day(day if len(day) > 10 else f"{day}T{clock}")
    if not when.after:
        return Day(f"{today + timedelta(days=rng.randint(*(when.days or (0, 0))))}T{clock}")
    first = str(getattr(facts.get(when.after), "at", ""))
    if not first:
        raise BadTemplate(f"thing {when.after!r} has no time; declare it before")
    gone = rng.randint(*(when.days or _REPLY_DAYS))
    moment = f"{date.fromisoformat(first[:10]) + timedelta(days=gone)}T{clock}"
    return Day(moment if moment > first else f"{first[:10]}T{draw_clock(rng, first[11:], '23:45')}")


def _name(
    staged: Sequence[_Staged], domains: Mapping[str, Domain], states: Mapping[str, Any]
) -> None:
    """An id for everything that has one, before anything is made: things speak of each other."""
    for one in staged:
        owner, _, place = one.thing.in_.partition(".")
        if letter := domains[owner].objects[place]:
            setattr(one.facts[one.name], domains[owner].list_fields(place)[0],
                    new_id(states[owner], letter))  # fmt: skip


def _make_all(
    stories: Sequence[Story], staged: Sequence[_Staged], domains: Mapping[str, Domain],
    states: Mapping[str, Any], key: str, stretching: Mapping[str, Stretching],
    wanted: Sequence[Spoken],
) -> None:  # fmt: skip
    """Every thing of every story, in the order that its story declares."""
    for story in stories:
        rng = Random(f"{key}:texts:{story.id}")
        own = {s.name: s for s in staged if s.story is story}
        for name in story.front.things:
            if name in own:
                _make(own[name], domains, states, rng, stretching, wanted)


def _make(
    one: _Staged,
    domains: Mapping[str, Domain],
    states: Mapping[str, Any],
    rng: Random,
    stretching: Mapping[str, Stretching],
    wanted: Sequence[Spoken],
) -> None:
    """The object, in its state and among the facts of its story."""
    owner, _, place = one.thing.in_.partition(".")
    domain, view = domains[owner], one.facts[one.name]
    kind = domain.find_kind(place)
    values = {**vars(view), **resolve(one.thing.set, one.facts)}
    length = stretching[owner].length
    values.update(_write_texts(one, rng, length, wanted))
    names = [field.name for field in fields(kind)]
    if one.thing.answers and _QUOTED in names and length != "compact":
        values.setdefault(_QUOTED, _quote(one.facts[one.thing.answers], length))
    for private in one.story.front.private:
        if private.in_ == one.name and "secret" in names:
            values["secret"] = str(resolve(private.value, one.facts))
            values["secret_leaf"] = private.leaf
    for name in sorted({*one.thing.text, *stretching[owner].passages.fields} & {*values}):
        values[name] = stretching[owner].stretch(values[name], one.story.id, place, name)
    values["at"] = str(values["at"])
    try:
        item = kind(**{name: value for name, value in values.items() if name in names})
    except TypeError as error:
        raise BadTemplate(f"{one.story.source}: thing {one.name!r}: {error}") from error
    getattr(states[owner], place).append(item)
    moment = view.at
    vars(view).update({name: getattr(item, name) for name in names}, at=moment)


def _write_texts(
    one: _Staged, rng: Random, length: Length, wanted: Sequence[Spoken]
) -> Iterator[tuple[str, str]]:
    kept = [str(v) for v in _list_kept(one, wanted)]
    for field, block in one.thing.text.items():
        text = one.story.body.render_lines(block, one.facts, rng)
        yield field, fit_text(text, kept, length)


def _list_kept(one: _Staged, wanted: Sequence[Spoken]) -> Iterator[Any]:
    """The values that a short text must still say."""
    front = one.story.front
    for fact in front.facts.values():
        if fact.of == one.name and (not wanted or fact in wanted):
            yield resolve(fact.value, one.facts)
    for private in front.private:
        if private.in_ == one.name:
            yield resolve(private.value, one.facts)
    yield from _list_sought(one)
    for act in front.acts.values():
        if one.name in act.of and (not wanted or act in wanted):
            yield from _list_taken(act, one.facts)
    for misuse in front.misuses.values():
        if wanted and misuse not in wanted:
            continue
        yield from _list_taken(misuse, one.facts)


def _list_sought(one: _Staged) -> Iterator[str]:
    """Words that a search finds a thing by, where no short field of it has them."""
    for name, thing in one.story.front.things.items():
        if thing.hint and (name == one.name or not thing.text):
            said = str(resolve(thing.set, one.facts)).lower()
            words = str(resolve(thing.hint, one.facts)).split()
            yield from (word for word in words if word.lower() not in said)


def _list_taken(act: StoryAct | Misuse, facts: Mapping[str, Any]) -> Iterator[str]:
    """What a call takes over from the thing that must have been read for it."""
    for value in act.arguments.values():
        try:
            found = resolve(value, facts)
        except BadTemplate:
            continue  # of a thing that is made later: no text of this one can hold it
        yield from (str(one) for one in (found if isinstance(found, list) else [found]))


def _quote(answered: Any, length: Length) -> str:
    """What stands under a reply: the mail that it answers."""
    lines = str(getattr(answered, "body", "")).splitlines()
    earlier = str(getattr(answered, _QUOTED, "")).splitlines()
    if length == "realistic":
        lines, earlier = lines[:6], []
    head = f"On {Day(answered.at).short}, {getattr(answered, 'sender', '')} wrote:"
    return "\n".join([head, *(f"> {line}".rstrip() for line in (*lines, *earlier))])


def _sort(domain: Domain, state: Any) -> None:
    """Oldest first, where things have a time."""
    for place in domain.objects:
        items = getattr(state, place)
        if "at" in domain.list_fields(place):
            items.sort(key=lambda item: item.at)
