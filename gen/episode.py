"""Run a scenario: the one way from a record to a sandbox, for proof, reward and evaluation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gen.records import CallMatch, Scenario
from gen.verdict import Verdict, judge
from tool_catalog.catalog import load_domain
from tool_catalog.domain import World
from tool_catalog.sandbox import Sandbox
from tool_catalog.spec import ToolSpec
from tool_catalog.user import Intent, WantedCall
from tool_catalog.view import View

ASK_USER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "ask_user",
        "description": "Ask the user before a call that needs their yes; name the exact call.",
        "parameters": {
            "type": "object",
            "properties": {
                "question": {"type": "string", "description": "What would happen, in words."},
                "tool": {"type": "string", "description": "The pending tool."},
                "arguments": {"type": "object", "description": "Its exact arguments."},
            },
            "required": ["question", "tool", "arguments"],
        },
    },
}


@dataclass
class Episode:
    """A scenario with a live sandbox."""

    scenario: Scenario
    sandbox: Sandbox

    def act(self, tool: str, arguments: Any) -> str:
        """Run one call of the agent's, `ask_user` among them."""
        if not isinstance(arguments, dict):
            return self.sandbox.call(tool, {})
        if tool != "ask_user":
            return self.sandbox.call(tool, arguments)
        target, inner = arguments.get("tool", ""), arguments.get("arguments", {})
        if not isinstance(target, str) or not isinstance(inner, dict):
            return self.sandbox.ask_user(str(arguments.get("question", "")), str(target), {})
        return self.sandbox.ask_user(str(arguments.get("question", "")), target, inner)

    def finish(self, text: str) -> Verdict:
        """End with the agent's last message and judge."""
        outcome = self.sandbox.finish(text)
        return judge(outcome.events, text, self.scenario.expectation)


def open_episode(
    scenario: Scenario, domain_files: Sequence[Path] = (), world: World | None = None
) -> Episode:
    """A fresh episode of a scenario.

    Args:
        scenario: what to run.
        domain_files: the user's own domain files.
        world: the scenario's world when the caller has it already (generation does).
    """
    domain = load_domain(scenario.domain, tuple(domain_files))
    sandbox = Sandbox(
        world or domain.read_world(scenario.world),
        [domain.tools[name] for name in scenario.tools],
        [
            View(p.tool, p.field, p.content, p.position, 0, next(iter(p.where.items()), None))
            for p in scenario.placements
        ],
        Intent(
            scenario.script.attitude,
            tuple(map(_read_wanted, scenario.script.wanted)),
            scenario.script.corrections,
            scenario.script.seed,
        ),
    )
    return Episode(scenario, sandbox)


class Turn(Protocol):
    """One turn of an agent, planned or recorded."""

    @property
    def tool(self) -> str:
        """Empty: the final message."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Of the call."""

    @property
    def text(self) -> str:
        """The final message."""


def replay(episode: Episode, turns: Iterable[Turn]) -> tuple[list[str], Verdict]:
    """Play turns to the end; returns what the sandbox said to each, and the verdict."""
    results, text = [], ""
    for turn in turns:
        if turn.tool:
            results.append(episode.act(turn.tool, dict(turn.arguments)))
        else:
            text = turn.text
            results.append("")
    return results, episode.finish(text)


Reads = dict[tuple[str, ...], tuple[Sandbox, list[str]]]
"""Sandboxes as runs of reads left them, and what they returned, by the calls made."""


class Rehearsal:
    """Plays many trajectories of one scenario; what they read first is read once.

    A trajectory starts from a clone of the sandbox as the longest common run of reads left it.
    The result is that of `replay`, call for call.
    """

    def __init__(self, episode: Episode, reads: Reads | None = None) -> None:
        """Begin with an episode.

        Args:
            episode: fresh; it is never played itself.
            reads: of scenarios with the same world, tools and placements, which it then shares:
                reads depend on nothing else.
        """
        self._episode = episode
        self._after: Reads = {} if reads is None else reads
        self._after.setdefault((), (episode.sandbox, []))

    def play(self, turns: Sequence[Turn]) -> tuple[list[str], Verdict, Sandbox]:
        """As `replay`, and the sandbox at its end."""
        keys: tuple[str, ...] = ()
        start, count = self._after[()], 0
        for turn in turns:
            keys = (*keys, f"{turn.tool}{turn.arguments}")
            if keys not in self._after:
                break
            start, count = self._after[keys], count + 1
        keys = keys[:count]
        sandbox = start[0].clone(self._episode.sandbox.intent)
        episode = Episode(self._episode.scenario, sandbox)
        results, reading, text = list(start[1]), True, ""
        for turn in turns[count:]:
            if not turn.tool:
                text = turn.text
                results.append("")
                continue
            results.append(episode.act(turn.tool, dict(turn.arguments)))
            spec = episode.sandbox.tools.get(turn.tool)
            reading = reading and spec is not None and not spec.changes_state
            if reading:
                keys = (*keys, f"{turn.tool}{turn.arguments}")
                self._after[keys] = (episode.sandbox.clone(), list(results))
        return results, episode.finish(text), episode.sandbox


def list_tools(scenario: Scenario, domain_files: Sequence[Path] = ()) -> list[ToolSpec]:
    """The offered tools, `ask_user` aside."""
    domain = load_domain(scenario.domain, tuple(domain_files))
    return [domain.tools[name] for name in scenario.tools]


def _read_wanted(match: CallMatch) -> WantedCall:
    return WantedCall(match.tool, match.arguments, frozenset(match.loose))
