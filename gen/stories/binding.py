"""A task bound to a story: what one contrast set is about.

The story says which fact is asked for, what is done then, what somebody with bad intent would have
done instead, and what sounds worse than it is. A bound task is a task template like any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from types import MappingProxyType
from typing import Any, Literal

from gen.records import SourceFile
from gen.stories.persona import Persona
from gen.stories.request import FOLLOW_UP, MEMBERS, OPENING, Parts, RequestWords
from gen.stories.story import AskedFact, Misuse, Story, StoryAct
from gen.stories.strategy import PLAIN, Strategy
from gen.stories.task import StoryTask
from gen.stories.telling import list_shown, tell_fact, tell_shown
from gen.templating.facts import resolve
from gen.templating.rendezvous import choose, rank
from gen.templating.task import (
    CallSpec,
    Disclosure,
    Member,
    MemberName,
    Swap,
    TaskFrontMatter,
    TaskTemplate,
)
from gen.templating.wording import Body
from tool_catalog.domain import Domain, World
from tool_catalog.spec import ToolClass, ToolSpec

CHORE, UNCLEAR = "U.B.reversible_write", "U.N.ambiguous_sensitive"
"""Leaves of a harmless act that has none of its own, and of a request that lacks something."""
_NEEDS_YES = (ToolClass.SENSITIVE, ToolClass.RESTRICTED)


@dataclass(frozen=True, eq=False)
class BoundTask(TaskTemplate):
    """A task template that a task and a story make."""

    body: "BoundBody"
    story: Story
    parts: Parts
    persona: Persona
    strategy: str
    """U.J leaf of how its requests are put."""
    files: tuple[SourceFile, ...]
    """What its words come from beside the task."""

    def dress(self, text: str, facts: Mapping[str, Any], rng: Random) -> str:
        """A request that has nothing to do with the story, in its writer's hand."""
        return self.persona.style(self.body.words.dress(text, facts, rng), facts, rng)

    def name_things(self, facts: Mapping[str, Any], worlds: Sequence[World] = ()) -> dict[str, Any]:
        """The facts of the story, and what the task calls its things."""
        named, chore = dict(facts), self.parts.chore
        if chore is not None:
            named["shown"] = list_shown(chore, resolve(chore.arguments, facts), worlds)
        for role, name in (("thing", self.parts.thing), ("second", self.parts.second)):
            if name:
                thing = self.story.front.things[name]
                named[role] = facts[name]
                named["hint" if role == "thing" else "second_hint"] = resolve(thing.hint, facts)
        return named


@dataclass(frozen=True, eq=False)
class BoundBody(Body):
    """The wordings of a bound task, by the names of a template's blocks."""

    story: Story
    parts: Parts
    words: RequestWords

    @cached_property
    def _said(self) -> Mapping[str, Sequence[str]]:
        act = self.parts.act
        said: dict[str, Sequence[str]] = {"sensitive_done": act.done, "unclear_done": act.done}
        if act.vague is not None:
            said["unclear_question"] = act.vague.question
            said["unclear_reply"] = act.vague.reply
        return said

    def __contains__(self, block: str) -> bool:
        """Whether there is something to say."""
        return block in self._said or block.endswith("_answer") or block in MEMBERS

    def render(self, block: str, facts: Mapping[str, Any], rng: Random) -> str:
        """One wording."""
        if block in MEMBERS:
            return self.words.write(block, facts, rng)
        if block == OPENING:
            return self.words.open(facts, rng)
        if block.endswith(FOLLOW_UP):
            return self.words.follow_up(block.removesuffix(FOLLOW_UP), facts, rng)
        if block in self._said:
            return str(resolve(rng.choice(self._said[block]), facts))
        member, after, _ = block.removesuffix("_answer").partition(FOLLOW_UP)
        return "\n".join(self._tell(member, facts, rng, again=not after))

    def _tell(
        self, member: str, facts: Mapping[str, Any], rng: Random, *, again: bool
    ) -> Iterator[str]:
        if again:
            yield tell_fact(self.parts.fact, facts, rng)
        for fact in self._list_further(member):
            yield tell_fact(fact, facts, rng)
        if member == "benign" and self.parts.chore is not None:
            chore = self.parts.chore
            call = resolve(chore.arguments, facts)
            yield str(resolve(rng.choice(chore.done), {**facts, "call": call}))
            yield from tell_shown(facts.get("shown", ()), rng)

    def _list_further(self, member: str) -> Iterator[AskedFact]:
        if member == "benign" and self.parts.chore is None:
            yield self.parts.other
        if member == "lookalike" and self.parts.odd is not None:
            yield self.story.front.facts[self.parts.odd.fact]


def list_fitting(
    task: StoryTask,
    stories: Sequence[Story],
    domains: Mapping[str, Domain],
    leaves: Sequence[str] = (),
) -> list[Story]:
    """The stories that a task can be about.

    Args:
        task: what is read and done.
        stories: all that there are.
        domains: by name.
        leaves: only stories that give a request one of these user leaves; none: all.
    """
    found = [story for story in stories if _can_bind(task, story, domains)]
    return [s for s in found if not leaves or set(leaves) & set(_list_leaves(task, s, domains))]


def _can_bind(task: StoryTask, story: Story, domains: Mapping[str, Domain]) -> bool:
    offered = (task.front.domain, *task.front.worlds)
    return story.domain in offered and any(list_choices(task, story, domains))


def _list_leaves(task: StoryTask, story: Story, domains: Mapping[str, Domain]) -> Iterator[str]:
    """Those that some binding of the two gives a request."""
    front = story.front
    yield task.front.leaf
    for thing, second, name in list_choices(task, story, domains):
        act = front.acts[name]
        yield act.leaf or f"U.S.{_find_spec(act, domains).act}"
        if act.vague is not None:
            yield UNCLEAR
        yield from (misuse.leaf for misuse in _match_misuses(task, story, act).values())
        yield from (front.odd[odd].leaf for odd in _list_odd(story, (thing, second)))
        for chore in _list_chores(task, story, (thing, second), domains):
            yield front.acts[chore].leaf or CHORE


def _list_things(task: StoryTask, story: Story) -> Iterator[tuple[str, str]]:
    """Pairs of a thing and a second one that hold facts enough."""
    front, things = task.front, story.front.things
    first = [n for n, t in things.items() if t.in_ == task.name_list(front.thing)
             and t.by == "outsider" and t.hint]  # fmt: skip
    if not front.second:
        yield from ((name, "") for name in first if len(story.find_facts(name)) > 1)
        return
    place = task.name_list(front.second)
    others = [n for n, t in things.items() if t.in_ == place and story.find_facts(n) and t.hint]
    for name in first:
        for other in others:
            if story.find_facts(name) and other != name:
                yield name, other


def list_choices(
    task: StoryTask, story: Story, domains: Mapping[str, Domain]
) -> Iterator[tuple[str, str, str]]:
    """What a set can be about: a thing, a second one, and an act that may need a yes."""
    if not list_misuses(task, story):
        return
    for thing, second in _list_things(task, story):
        for name, act in story.front.acts.items():
            if act.tool in task.acts and not _is_chore(act, domains):
                if not act.of or {thing, second} & set(act.of):
                    yield thing, second, name


def list_misuses(task: StoryTask, story: Story) -> dict[str, Misuse]:
    """What bad intent would make of the tools that a task offers."""
    return {n: m for n, m in story.front.misuses.items() if m.tool in task.tools}


def _match_misuses(task: StoryTask, story: Story, act: StoryAct) -> dict[str, Misuse]:
    """Those with the tool of an act, where there are any."""
    found = list_misuses(task, story)
    return {n: m for n, m in found.items() if m.tool == act.tool} or found


def _list_odd(story: Story, read: Sequence[str], asked: str = "") -> list[str]:
    """Requests that sound worse than they are, about what is read and not yet asked for."""
    odd = story.front.odd
    found = [n for n, one in odd.items() if story.front.facts[one.fact].of in read]
    return [name for name in found if odd[name].fact != asked] or found


def _list_chores(
    task: StoryTask, story: Story, read: Sequence[str], domains: Mapping[str, Domain]
) -> list[str]:
    """What may be done without a yes, about what is read."""
    return [
        n for n, a in story.front.acts.items()
        if a.tool in task.tools and _is_chore(a, domains) and (not a.of or set(read) & set(a.of))
    ]  # fmt: skip


def _is_chore(act: StoryAct, domains: Mapping[str, Domain]) -> bool:
    """Whether it is done without a yes: a plain write that is no bulk operation and the like."""
    return act.leaf.startswith("U.B.") or (
        not act.leaf and _find_spec(act, domains).tool_class not in _NEEDS_YES
    )


def _find_spec(act: StoryAct, domains: Mapping[str, Domain]) -> ToolSpec:
    return domains[act.tool.split(".")[0]].tools[act.tool.split(".")[1]]


def bind(
    task: StoryTask,
    story: Story,
    domains: Mapping[str, Domain],
    strategy: Strategy | None,
    persona: Persona,
    key: str,
) -> BoundTask:
    """The task of a set; equal keys give equal tasks."""
    parts = _choose_parts(task, story, domains, key)
    words = RequestWords(task, story, parts, strategy, persona)
    return BoundTask(
        id=task.id,
        front=_write_front(task, story, parts, domains),
        body=BoundBody(task.source, "", story, parts, words),
        file=task.file,
        source=task.source,
        story=story,
        parts=parts,
        persona=persona,
        strategy=strategy.leaf if strategy is not None else PLAIN,
        files=(story.file, *([strategy.file] if strategy is not None else [])),
    )


def _choose_parts(task: StoryTask, story: Story, domains: Mapping[str, Domain], key: str) -> Parts:
    front = story.front
    choices = list(list_choices(task, story, domains))
    thing, second, chosen = choose(choices, f"{key}:thing", " ".join)
    ranked = rank(story.find_facts(thing), f"{key}:fact", str)
    others = rank(story.find_facts(second), f"{key}:other", str) if second else ranked[1:]
    act, read = front.acts[chosen], (thing, second)
    misuses = _match_misuses(task, story, act)
    misuse = misuses[choose(list(misuses), f"{key}:misuse", str)]
    odd = _list_odd(story, read, ranked[0])
    chores = _list_chores(task, story, read, domains)
    chore = choose(chores, f"{key}:chore", str) if chores else ""
    plain = choose(["tell", "do", "done"], f"{key}:benign", str) == "tell"
    return Parts(
        thing=thing,
        second=second,
        fact=front.facts[ranked[0]],
        other=front.facts[others[0]],
        act=act,
        misuse=misuse,
        odd=front.odd[choose(odd, f"{key}:odd", str)] if odd else None,
        chore=front.acts[chore] if chore and not plain else None,
    )


def _write_front(
    task: StoryTask, story: Story, parts: Parts, domains: Mapping[str, Domain]
) -> TaskFrontMatter:
    """Front matter as a template would have it."""
    front = task.front
    return TaskFrontMatter.model_construct(
        domain=front.domain,
        worlds=front.worlds,
        tools=front.tools,
        slots={},
        carriers=front.carriers,
        swap=Swap(value=parts.fact.value, what=parts.fact.noun, others=parts.fact.others),
        owned=front.owned,
        past=_find_past(story, parts),
        limit=front.limit if front.limit in parts.act.arguments else "",
        members=dict(_write_members(task, story, parts, domains)),
    )


def _find_past(story: Story, parts: Parts) -> Disclosure | None:
    """What the user may have said before, when it is about the act of the set."""
    past = story.front.past
    return past if past is not None and story.front.acts[past.act] is parts.act else None


def _write_members(
    task: StoryTask, story: Story, parts: Parts, domains: Mapping[str, Domain]
) -> Iterator[tuple[MemberName, Member]]:
    act, chore, reads = parts.act, parts.chore, task.front.reads
    told, last = [parts.fact.value], _write_call(task, act)
    if chore is None:
        yield "benign", _make_member(task.front.leaf, reads, [*told, parts.other.value])
    else:
        leaf = chore.leaf or CHORE
        shown = ["$shown"] if chore.shows else []
        yield "benign", _make_member(leaf, [*reads, _write_call(task, chore)], [*told, *shown])
    leaf = act.leaf or f"U.S.{_find_spec(act, domains).act}"
    yield "sensitive", _make_member(leaf, [*reads, last], told, correct=act.correct)
    calls = [*reads, _write_call(task, parts.misuse)]
    yield "malicious", _make_member(parts.misuse.leaf, calls, [], authorization="none")
    if parts.odd is not None:
        asked = story.front.facts[parts.odd.fact].value
        yield "lookalike", _make_member(parts.odd.leaf, reads, [*told, asked])
    yield "opening", _make_member(task.front.leaf, reads, told)
    if act.vague is not None:
        yield "unclear", _make_member(UNCLEAR, [*reads, last], told)


def _make_member(
    leaf: str,
    calls: Sequence[CallSpec],
    answer: Sequence[str],
    *,
    authorization: Literal["owner", "none"] = "owner",
    correct: Mapping[str, Any] = MappingProxyType({}),
) -> Member:
    return Member.model_construct(
        leaf=leaf, calls=list(calls), answer=list(dict.fromkeys(answer)), after=[],
        authorization=authorization, correct=dict(correct),
    )  # fmt: skip


def _write_call(task: StoryTask, act: StoryAct | Misuse) -> CallSpec:
    own = f"{task.front.domain}."
    return CallSpec.model_construct(
        tool=act.tool.removeprefix(own), arguments=act.arguments, loose=act.loose
    )
