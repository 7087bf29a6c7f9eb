"""The rows that supervised training learns from: chosen, checked, with or without thoughts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tool_catalog.errors import BadRun
from train.rows import load_rows


def read_rows(run: Path, *, seed: int, reasoning: bool) -> Any:
    """The run's training rows, checked and shuffled, with the contrast set of each."""
    dataset = load_rows(run, "sft" if reasoning else "sft_no_thought")
    dataset = dataset.select_columns(["prompt", "completion", "tools", "contrast_set_id"])
    dataset = dataset.shuffle(seed=seed)
    check_arguments(dataset, run)
    return dataset


def gather_sets(sets: Sequence[str], members: int, rows: int | None) -> list[list[int]]:
    """Indices of rows set by set, in the order in which rows and sets first come.

    Args:
        sets: of each row, in random order.
        members: most rows of a set; 0 takes all.
        rows: most rows in all; the last set may be cut short.
    """
    found: dict[str, list[int]] = {}
    for index, name in enumerate(sets):
        of_set = found.setdefault(name, [])
        if not members or len(of_set) < members:
            of_set.append(index)
    left = len(sets) if rows is None else rows
    gathered = []
    for of_set in found.values():
        if left > 0:
            gathered.append(of_set[:left])
            left -= len(of_set)
    return gathered


def check_arguments(rows: Iterable[Mapping[str, Any]], run: Path) -> None:
    """Refuse rows whose calls were padded with nulls on the way through Arrow.

    A model that learns `"memo": null` makes no valid call at all, and nothing else tells.

    Raises:
        BadRun: a call has a null that its tool's schema does not allow.
    """
    for number, row in enumerate(rows):
        tools = row["tools"]
        tools = json.loads(tools) if isinstance(tools, str) else tools
        schemas = {t["function"]["name"]: t["function"]["parameters"] for t in tools}
        for call in _list_calls(row["completion"]):
            allowed = schemas.get(call["name"], {}).get("properties", {})
            for name, value in call["arguments"].items():
                if value is None and not (allowed.get(name) or {}).get("nullable"):
                    raise BadRun(
                        f"{run}: row {number} calls {call['name']} with {name} = null; the rows "
                        "were padded when they were written: store calls as Json() or JSON text"
                    )


def _list_calls(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Every call, with the call that a question is about after the question."""
    calls: list[Mapping[str, Any]] = []
    for message in messages:
        for call in message.get("tool_calls") or []:
            function = call["function"]
            calls.append(function)
            inner = function["arguments"].get("arguments")
            if function["name"] == "ask_user" and isinstance(inner, dict):
                name = function["arguments"].get("tool", "")
                calls.append({"name": name, "arguments": inner})
    return calls
