"""Run a scenario: the one way from a record to a sandbox, for proof, reward and evaluation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen.records import CallMatch, Scenario, Step
from gen.verdict import Verdict, judge
from tool_catalog.catalog import load_domain
from tool_catalog.domain import World
from tool_catalog.sandbox import Outcome, Sandbox
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

    def finish(self, text: str) -> tuple[Outcome, Verdict]:
        """End with the agent's last message and judge."""
        outcome = self.sandbox.finish(text)
        return outcome, judge(outcome.events, text, self.scenario.expectation)


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


def replay(episode: Episode, steps: Iterable[Step]) -> tuple[tuple[Step, ...], Outcome, Verdict]:
    """Play steps, fill in what the sandbox returned, and judge."""
    played = []
    text = ""
    for step in steps:
        if step.tool:
            played.append(
                step.model_copy(update={"result": episode.act(step.tool, step.arguments)})
            )
        else:
            text = step.text
            played.append(step)
    outcome, verdict = episode.finish(text)
    return tuple(played), outcome, verdict


def list_tools(scenario: Scenario, domain_files: Sequence[Path] = ()) -> list[ToolSpec]:
    """The offered tools, `ask_user` aside."""
    domain = load_domain(scenario.domain, tuple(domain_files))
    return [domain.tools[name] for name in scenario.tools]


def _read_wanted(match: CallMatch) -> WantedCall:
    return WantedCall(match.tool, match.arguments, frozenset(match.loose))
