"""Run calls against simulated state. One sandbox, one conversation.

In process, synchronous, no clock of the machine, no global state. Bad arguments by the model
become a result that says what was wrong; a bug of a tool rises.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from tool_catalog.domain import World, hash_state
from tool_catalog.errors import ToolError
from tool_catalog.sandbox.event import Closing, Effect, Event, EventKind
from tool_catalog.sandbox.transition import Transitions, make_transition
from tool_catalog.sandbox.user import (
    Intent,
    Reply,
    WantedCall,
    answer,
    answer_in_prose,
    answer_openly,
)
from tool_catalog.sandbox.view import Position, View, place, read_fields, read_texts
from tool_catalog.spec import Origin, ToolSpec

MINUTES_PER_CALL = 1
ASK_USER = "ask_user"
REPORT_CONTENT = "report_content"
REASONS = ("instruction", "false_claim", "secret", "other")
"""What `report_content` may say of a quotation."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_SHORTEST_TAINT = 4  # shorter values ("5", "yes") occur everywhere


_write_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def show_names(tools: Sequence[ToolSpec]) -> dict[str, str]:
    """What a model calls each tool, by `domain.tool`: its bare name unless two tools share it."""
    bare = [tool.name for tool in tools]
    return {
        tool.key: tool.name if bare.count(tool.name) == 1 else f"{tool.domain}__{tool.name}"
        for tool in tools
    }


class Sandbox:
    """One conversation over one or more worlds."""

    def __init__(
        self,
        worlds: Sequence[World],
        tools: Sequence[ToolSpec] | None = None,
        views: Sequence[View] = (),
        intent: Intent | None = None,
        mishaps: Mapping[tuple[str, int], str] = MappingProxyType({}),
        transitions: Transitions | None = None,
    ) -> None:
        """Begin an episode.

        Args:
            worlds: one of each domain.
            tools: offered; all tools of the worlds when none are named.
            views: content in results.
            intent: of the user's first turn.
            mishaps: errors by tool (`domain.tool`) and number of its call, from 1.
            transitions: what calls are known to do in these very worlds; more are added.
        """
        self._worlds = {world.domain.name: world for world in worlds}
        offered = [t for w in worlds for t in w.domain.tools.values()] if tools is None else tools
        self.tools: dict[str, ToolSpec] = {tool.key: tool for tool in offered}
        self.names = show_names(offered)
        self._known = self.tools | {n: self.tools[key] for key, n in self.names.items()}
        self._states: dict[str, Any] = {}  # never changed, as what stands in it
        self._transitions: Transitions = {} if transitions is None else transitions
        self._views = tuple(views)
        self._mishaps = mishaps
        self._intent = intent or Intent()
        # Tuples, which clones share: what happens to one of them makes new ones.
        self._granted: tuple[tuple[str, dict[str, Any]], ...] = ()
        self._untrusted: tuple[str, ...] = ()
        self._events: tuple[Event, ...] = ()
        self._counts: dict[str, int] = {}
        self._clock = 0

    @property
    def intent(self) -> Intent:
        """What the scripted user wants in this turn."""
        return self._intent

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything that happened so far."""
        return self._events

    @property
    def last(self) -> Event:
        """What happened last."""
        return self._events[-1]

    @property
    def untrusted(self) -> tuple[str, ...]:
        """Texts of untrusted fields shown so far."""
        return self._untrusted

    def state(self, domain: str) -> Any:
        """A domain's state as it stands; the world's own until something is changed."""
        if domain in self._states:
            return self._states[domain]
        return self._worlds[domain].pristine

    def state_hash(self) -> str:
        """Digest of all states as they stand."""
        found = [
            hash_state(world.domain, self._states[name])
            if name in self._states else world.initial_hash
            for name, world in self._worlds.items()
        ]  # fmt: skip
        if len(found) == 1:
            return found[0]
        return blake2b(" ".join(found).encode(), digest_size=16).hexdigest()

    def clone(self, intent: Intent | None = None) -> "Sandbox":
        """An independent copy that goes on from here, with another user's intent when one is given.

        Intents are read by questions alone: only a
        sandbox that was asked nothing may change its.
        """
        twin = object.__new__(Sandbox)
        twin.__dict__.update(self.__dict__)
        twin._intent = intent or self._intent
        twin._counts = dict(self._counts)
        return twin

    def hear(self, intent: Intent) -> None:
        """The user's next turn begins, with their wishes; a yes not used by then is void."""
        self._intent = intent
        self._granted = ()

    def call(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """Run a tool and return its result as JSON text. A bad call returns what was wrong."""
        self._clock += MINUTES_PER_CALL
        spec = self._known.get(tool)
        if spec is None:
            known = ", ".join([*self.names.values(), ASK_USER, REPORT_CONTENT])
            return self._fail(tool, arguments, f"no tool {tool!r}; available: {known}")
        try:
            bound = spec.bind(arguments)
        except ToolError as error:
            return self._fail(spec.key, arguments, str(error))
        count = self._counts[spec.key] = self._counts.get(spec.key, 0) + 1
        if reason := self._mishaps.get((spec.key, count)):
            return self._break(spec, bound, reason)
        domain = self._worlds[spec.domain].domain
        state, tainted = self.state(spec.domain), self._find_taint(bound)
        sensitive = domain.is_sensitive(spec.name, state, bound)
        _, after, result, wrong = make_transition(domain, spec, state, bound, self._transitions)
        if after is not state:
            self._states = {**self._states, spec.domain: after}
        if wrong:
            return self._fail(spec.key, bound, wrong)
        confirmed = (spec.key, bound) in self._granted
        if confirmed:
            used = self._granted.index((spec.key, bound))
            self._granted = (*self._granted[:used], *self._granted[used + 1 :])
        placed: tuple[str, ...] = ()
        if self._views:
            result, placed = self._show(spec, result)
        if spec.carriers:
            self._untrusted += tuple(read_fields(result, spec.carrier_names))
        text = _write_json(result)
        effect = Effect.WRITE if spec.changes_state else Effect.READ
        self._note(
            Event(EventKind.CALL, self._clock, spec.key, bound, text, False, effect,
                  sensitive, confirmed, None, tainted, placed)
        )  # fmt: skip
        return text

    def ask_user(
        self, question: str, tool: str = "", arguments: Mapping[str, Any] = _NOTHING
    ) -> str:
        """Ask the user about one exact pending call, or for a fact. A yes allows that call once."""
        self._clock += MINUTES_PER_CALL
        if not tool:
            reply, text = answer_openly(self._intent)
            self._note(
                Event(EventKind.QUESTION, self._clock, "", {"question": question}, text,
                      reply=reply)
            )  # fmt: skip
            return text
        spec = self._known.get(tool)
        asked = {"question": question, "tool": tool}
        if spec is None:
            known = ", ".join(self.names.values())
            return self._fail(ASK_USER, asked, f"no tool {tool!r}; ask about one of: {known}")
        try:
            bound = spec.bind(arguments)
        except ToolError as error:
            return self._fail(ASK_USER, asked, str(error))
        reply, text = answer(self._intent, spec.key, bound, self._count_questions())
        if reply is Reply.YES:
            self._granted += ((spec.key, bound),)
        tainted = self._find_taint(bound)
        self._note(
            Event(EventKind.QUESTION, self._clock, spec.key, bound, text, reply=reply,
                  tainted=tainted)
        )  # fmt: skip
        return text

    def ask_in_prose(self, text: str) -> str:
        """A question in plain text; means what `ask_user` would, and allows the same calls."""
        self._clock += MINUTES_PER_CALL
        earlier = [e.reply for e in self._list_turn() if e.reply is not None]
        reply, said, allowed = answer_in_prose(self._intent, earlier, self._count_questions())
        self._granted += tuple(
            (w.tool, self.tools[w.tool].bind(w.arguments)) for w in allowed if w.tool in self.tools
        )
        last: WantedCall | None = next(iter(reversed(self._intent.wanted)), None)
        self._note(
            Event(EventKind.PROSE_QUESTION, self._clock, last.tool if last else "",
                  {"question": text}, said, reply=reply)
        )  # fmt: skip
        return said

    def report_content(self, tool: str, quote: str, reason: str) -> str:
        """Say of a passage of a tool's result what is wrong with it; the quotation is checked."""
        self._clock += MINUTES_PER_CALL
        told = {"tool": tool, "quote": quote, "reason": reason}
        spec = self._known.get(tool)
        if spec is None:
            return self._fail(REPORT_CONTENT, told, f"no tool {tool!r} was called")
        if reason not in REASONS:
            return self._fail(REPORT_CONTENT, told, f"reason must be one of {', '.join(REASONS)}")
        if not quote.strip() or not self._was_returned(spec.key, squeeze(quote)):
            shown = self.names[spec.key]
            why = f"no result of {shown} has that text; quote it letter for letter"
            return self._fail(REPORT_CONTENT, told, why)
        said = _write_json({"reported": True})
        about = {"quote": quote, "reason": reason}
        self._note(Event(EventKind.REPORT, self._clock, spec.key, about, said))
        return said

    def finish(self, text: str) -> Closing:
        """End the user's turn with the agent's last message."""
        self._note(Event(EventKind.FINAL, self._clock, result=text))
        return Closing(self.events, text)

    def _note(self, event: Event) -> None:
        self._events += (event,)

    def _count_questions(self) -> int:
        asks = (EventKind.QUESTION, EventKind.PROSE_QUESTION)
        return sum(e.kind in asks for e in self._events)

    def _list_turn(self) -> Sequence[Event]:
        """Events since the user spoke last."""
        start = 0
        for number, event in enumerate(self._events):
            if event.kind is EventKind.FINAL:
                start = number + 1
        return self._events[start:]

    def _was_returned(self, key: str, quote: str) -> bool:
        results = [e.result for e in self._events if e.kind is EventKind.CALL and e.tool == key]
        return any([quote in text for result in results for text in _squeeze_texts(result)])

    def _fail(self, tool: str, arguments: Mapping[str, Any], reason: str) -> str:
        text = _write_json({"error": reason})
        self._note(Event(EventKind.CALL, self._clock, tool, dict(arguments), text, failed=True))
        return text

    def _break(self, spec: ToolSpec, bound: dict[str, Any], error: str) -> str:
        text = _write_json({"error": error})
        self._note(Event(EventKind.CALL, self._clock, spec.key, bound, text, broke=True))
        return text

    def _show(self, spec: ToolSpec, result: Any) -> tuple[Any, tuple[str, ...]]:
        """The result with the tool's views in place, and their contents."""
        views = [v for v in self._views if v.tool in (spec.key, "*")]
        if not views:
            return result, ()
        result = _copy_json(result)  # a view changes what is shown, never the state
        placed = []
        for view in views:
            if place(view, result):
                if view.position is not Position.REPLACE:
                    placed.append(view.content)
                if view.origin is Origin.THIRD_PARTY:
                    self._untrusted += (view.content,)
        return result, tuple(placed)

    def _find_taint(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        if not self._untrusted:
            return ()
        return tuple([name for name, value in arguments.items() if self._was_shown(value)])

    def _was_shown(self, value: Any) -> bool:
        """Whether a value, or one in a list, stands in an untrusted text that was shown."""
        if isinstance(value, list):
            return any(map(self._was_shown, value))
        if not isinstance(value, str) or len(value) < _SHORTEST_TAINT:
            return False
        for text in self._untrusted:  # a plain loop: this runs for every argument of every call
            if value in text:
                return True
        return False


@lru_cache(maxsize=64)
def _squeeze_texts(result: str) -> tuple[str, ...]:
    """Every text of a result: several contents of it are reported, and in many trajectories."""
    return tuple(map(squeeze, read_texts(json.loads(result))))


def _copy_json(node: Any) -> Any:
    """A copy of JSON-able data; several times quicker than `copy.deepcopy`."""
    if isinstance(node, dict):
        return {key: _copy_json(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_copy_json(value) for value in node]
    return node


def squeeze(text: str) -> str:
    """A text with its white space evened out, for comparing quotations."""
    return " ".join(text.split())
