"""A finished run as a log of Inspect, which `inspect view` shows.

Written in version 2 of its JSON format, so that Inspect need not be installed here.
Source: https://inspect.aisi.org.uk/eval-logs.html.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gen.checks.bootstrap import Interval
from gen.runs.files import write_file
from train.agents.turn import THOUGHT, ChatMessage, Cut, read_arguments
from train.evaluation.benchmark import REPORT, Report, read_report
from train.evaluation.transcripts import Store, Transcript

_VERSION = 2


def write_inspect_log(folder: Path, *, most_unscored: float) -> Path:
    """Write the run in `folder` as a log beside its report; returns the file.

    Args:
        folder: of the run.
        most_unscored: with a larger share of cases unscored the log has no results.

    Raises:
        BadRun: the run is unfinished.
    """
    report = read_report(folder)
    ended = datetime.fromtimestamp((folder / REPORT).stat().st_mtime, tz=UTC)
    log = make_log(report, [*Store(folder).read().values()], ended, most_unscored=most_unscored)
    name = f"{ended:%Y-%m-%dT%H-%M-%S}_{report.benchmark}_{log['eval']['eval_id']}.json"
    path = folder / "inspect" / name
    path.parent.mkdir(exist_ok=True)
    write_file(path, json.dumps(log, ensure_ascii=False, indent=1) + "\n")
    return path


def make_log(
    report: Report, episodes: Sequence[Transcript], ended: datetime, *, most_unscored: float
) -> dict[str, Any]:
    """The log as JSON values."""
    known = hashlib.sha256(repr((report.benchmark, report.agent, ended)).encode()).hexdigest()[:22]
    time = ended.isoformat()
    return {
        "version": _VERSION,
        "status": "success",
        "eval": {
            "eval_id": known,
            "run_id": known,
            "created": time,
            "task": report.benchmark,
            "task_id": report.benchmark,
            "task_args": dict(report.settings),
            "dataset": {
                "name": report.benchmark,
                "samples": len(episodes),
                "sample_ids": [e.case for e in episodes],
            },
            "model": f"triact/{report.agent}",
            "config": {},
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": _write_results(report, most_unscored),
        "stats": {"started_at": time, "completed_at": time},
        "samples": [_write_sample(episode, report.agent) for episode in episodes],
    }


def _write_results(report: Report, most_unscored: float) -> dict[str, Any]:
    return {
        "total_samples": report.figures.cases,
        "completed_samples": report.figures.scored,
        "scores": [
            {"name": name, "scorer": name, "scored_samples": e.count, "metrics": _write_metrics(e)}
            for name, e in report.figures.measures.items()
            if report.figures.is_score(name, most_unscored)
        ],
    }


def _write_metrics(estimate: Interval) -> dict[str, Any]:
    found = {"mean": estimate.value, "low": estimate.low, "high": estimate.high}
    return {k: {"name": k, "value": v} for k, v in found.items() if v is not None}


def _write_sample(episode: Transcript, agent: str) -> dict[str, Any]:
    messages = [_write_message(m) for m in episode.messages]
    opening = next((i for i, m in enumerate(messages) if m["role"] == "assistant"), len(messages))
    sample = {
        "id": episode.case,
        "epoch": 1,
        "input": messages[:opening] or "",
        "target": "",
        "messages": messages,
        "output": {"model": agent, "choices": _write_choices(messages, episode.cut)},
        "scores": {
            name: {"value": value, "explanation": json.dumps(episode.verdict, ensure_ascii=False)}
            for name, value in episode.measures.items()
            if value is not None and episode.scored
        },
        "metadata": {
            "part": episode.part,
            "group": episode.group,
            "verdict": episode.verdict,
            "outcome": str(episode.outcome),
            "reason": episode.reason,
        },
        "total_time": episode.seconds,
    }
    if not episode.scored:
        why = f"{episode.outcome}: {episode.reason}"
        sample["error"] = {"message": why, "traceback": "", "traceback_ansi": ""}
    return sample


_STOPS = {Cut.LENGTH: "max_tokens", Cut.FILTER: "content_filter", Cut.CONTEXT: "model_length"}


def _write_choices(messages: Sequence[ChatMessage], cut: Cut | None) -> list[dict[str, Any]]:
    if not messages or messages[-1]["role"] != "assistant":
        return []
    return [{"message": messages[-1], "stop_reason": _STOPS[cut] if cut else "stop"}]


def _write_message(message: ChatMessage) -> ChatMessage:
    """A message in Inspect's form: arguments an object, a thought a part of the content."""
    content: Any = str(message.get("content") or "")
    role = str(message["role"])
    if message.get(THOUGHT):
        thought = {"type": "reasoning", "reasoning": str(message[THOUGHT])}
        content = [thought, {"type": "text", "text": content}]
    written: ChatMessage = {"role": role, "content": content}
    if role == "tool":
        written |= {"tool_call_id": message.get("tool_call_id"), "function": message.get("name")}
    if message.get("tool_calls"):
        written["tool_calls"] = [_write_call(call) for call in message["tool_calls"]]
    return written


def _write_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    given = read_arguments(function["arguments"])
    written = {"id": call.get("id", ""), "function": function["name"], "type": "function"}
    if isinstance(given, str):
        return {**written, "arguments": {}, "parse_error": f"no JSON object: {given}"}
    return {**written, "arguments": dict(given)}
