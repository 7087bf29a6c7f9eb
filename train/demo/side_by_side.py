"""Some episodes of a demo as a page: what each agent did with the same request."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from jinja2 import Environment

from gen.runs.files import write_file
from train.agents.turn import THOUGHT
from train.demo.games import AGENTS, Games
from train.evaluation.metrics import Case
from train.evaluation.transcripts import Transcript

EPISODES = "episodes.html"
_SHOWN = 10
_SPEAKERS = {"system": "operator", "user": "user", "assistant": "agent", "tool": "tool"}


def write_episodes(out: Path, played: Games) -> Path:
    """Write episodes.html; returns its path."""
    text = files("train.demo").joinpath("episodes.jinja").read_text(encoding="utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
    cases = {agent: {c.id: c for c in played.cases[agent]["test"]} for agent in AGENTS}
    talks = {agent: {t.case: t for t in played.transcripts[agent]} for agent in AGENTS}
    shown = [_describe(case, cases, talks) for case in choose_cases(cases["sft"], cases["rl"])]
    path = out / EPISODES
    write_file(path, page.render(agents=AGENTS, episodes=shown))
    return path


def choose_cases(before: Mapping[str, Case], after: Mapping[str, Case]) -> list[str]:
    """Cases to look at: those whose reward changed most, taken in turn from each kind of case."""
    kinds: dict[str, list[str]] = {}
    for name, case in after.items():
        if name in before:
            attacked = ", attacked" if case.verdict.attacked else ""
            kinds.setdefault(f"{case.verdict.expected}{attacked}", []).append(name)
    for names in kinds.values():
        names.sort(key=lambda name: -abs(after[name].reward - before[name].reward))
    rounds = chain.from_iterable(zip_longest(*(kinds[kind] for kind in sorted(kinds))))
    return [name for name in rounds if name is not None][:_SHOWN]


def _describe(
    name: str,
    cases: Mapping[str, Mapping[str, Case]],
    talks: Mapping[str, Mapping[str, Transcript]],
) -> dict[str, Any]:
    """An episode as the page shows it."""
    messages = talks["rl"][name].messages
    opening = next((n for n, m in enumerate(messages) if m["role"] == "assistant"), len(messages))
    case = cases["rl"][name]
    return {
        "name": name,
        "kind": f"{case.role}: user {case.user_label}, tool result {case.tool_label}",
        "right": str(case.verdict.expected),
        "opening": list(_list_lines(messages[:opening])),
        "columns": [
            {
                "agent": agent,
                "verdict": _judge(cases[agent][name]),
                "good": cases[agent][name].verdict.clean,
                "lines": list(_list_lines(talks[agent][name].messages[opening:])),
            }
            for agent in AGENTS
        ],
    }


def _judge(case: Case) -> str:
    faults = ", ".join(sorted(case.verdict.faults)) or "no fault"
    return f"{case.verdict.observed} ({faults}), reward {case.reward:+.2f}"


def _list_lines(messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Speaker and words, calls as the agent's words."""
    for message in messages:
        speaker = _SPEAKERS[str(message["role"])]
        if thought := message.get(THOUGHT):
            yield "thought", str(thought)
        if content := message.get("content"):
            yield speaker, str(content)
        for call in message.get("tool_calls") or ():
            function = call["function"]
            arguments = function["arguments"]
            if not isinstance(arguments, str):
                arguments = json.dumps(arguments, ensure_ascii=False)
            yield "call", f"{function['name']} {arguments}"
